"""What people send is checked before it is recorded; every refusal says what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.adapters.enrichment.normalising import phone_number
from baton.domain.meeting import OutcomeKind
from baton.domain.rep import Role
from baton.domain.verdict import Verdict
from baton.errors import InputError, RefusedError
from baton.rulebook.agreement import Agreement
from baton.rulebook.facts import vocabulary_of
from baton.store.tables import Rep


def checked_address(text: str, default_country: str) -> str:
    """Return a mail address in lower case, or a phone number in E.164.

    Raises:
        InputError: It is neither.
    """
    try:
        return str(validate_email(text.strip(), check_deliverability=False).normalized).lower()
    except EmailNotValidError:
        number = phone_number(text, default_country)
    if number is None:
        raise InputError("That is neither a mail address nor a phone number with its prefix.")
    return number


def rep_among(session: Session, email: str, *roles: Role) -> Rep:
    """Return the active rep with this address, if one of the roles is theirs.

    Raises:
        RefusedError: No such rep, or another role.
    """
    rep = session.scalar(select(Rep).where(Rep.email == email.strip().lower(), Rep.is_active))
    if rep is None or rep.role not in roles:
        wanted = " or ".join(role.value for role in roles)
        raise RefusedError(f"{email} is not an active {wanted}; give the address of one.")
    return rep


def checked_answers(agreement: Agreement, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers if each is a fact that a person can answer, of its type.

    Raises:
        InputError: One is not; the message lists what can be answered.
    """
    facts = vocabulary_of(agreement, with_scores=False).facts.values()
    known = {fact.name: fact.type for fact in facts if fact.answerable}
    for name, value in answers.items():
        if name not in known:
            raise InputError(
                f"'{name}' cannot be answered; facts that can: {', '.join(sorted(known))}."
            )
        if value is not None and not _fits(known[name], value):
            raise InputError(f"'{name}' wants a {known[name]}, not {value!r}.")
    return dict(answers)


def _fits(fact_type: str, value: Any) -> bool:
    if fact_type == "boolean":
        return isinstance(value, bool)
    if fact_type == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def checked_verdicts(
    agreement: Agreement, kind: OutcomeKind, verdicts: Mapping[str, str], feedback: str
) -> dict[str, str]:
    """Return the verdicts if they are complete and say what the outcome says.

    Raises:
        InputError: A criterion is missing or unknown, or verdicts and outcome contradict.
    """
    if kind in (OutcomeKind.NO_SHOW, OutcomeKind.RESCHEDULED):
        return {}
    known = {criterion.id: criterion for criterion in agreement.sales_qualified}
    strange = sorted(set(verdicts) - set(known))
    if strange:
        raise InputError(
            f"No criterion is called {', '.join(strange)}; the agreement has {', '.join(known)}."
        )
    missing = [c.id for c in known.values() if c.required and c.id not in verdicts]
    if missing:
        raise InputError(
            f"Say of each criterion whether it was met; missing: {', '.join(missing)}."
        )
    wrong = sorted(v for v in verdicts.values() if v not in set(Verdict))
    if wrong:
        raise InputError(f"A verdict is met, unmet or unknown, not {wrong[0]!r}.")
    if kind is OutcomeKind.MET:
        _check_met(agreement, verdicts)
    unmet = [name for name, said in verdicts.items() if said == Verdict.UNMET]
    if kind is OutcomeKind.NOT_MET and not unmet:
        raise InputError("The outcome says not met: say which criteria were unmet.")
    if kind is OutcomeKind.NOT_MET and not feedback.strip():
        raise InputError("A rejection needs feedback in the AE's own words (I3).")
    return dict(verdicts)


def tolerated_of(agreement: Agreement) -> set[str]:
    """Return the criteria that need not be met as long as enough others of their group are."""
    return {member for group in agreement.sales_qualified_groups for member in group.of}


def _check_met(agreement: Agreement, verdicts: Mapping[str, str]) -> None:
    """Refuse "met" unless the verdicts say so (I2)."""
    tolerated = tolerated_of(agreement)
    unmet = [n for n, said in verdicts.items() if said == Verdict.UNMET and n not in tolerated]
    if unmet:
        raise InputError(f"The outcome says met, but these are unmet: {', '.join(unmet)}.")
    required = [c.id for c in agreement.sales_qualified if c.required]
    unknown = [name for name in required if verdicts[name] == Verdict.UNKNOWN]
    if unknown:
        raise InputError(
            f"The outcome says met, but nobody knows these yet: {', '.join(unknown)} (I2)."
        )
    for group in agreement.sales_qualified_groups:
        met = [member for member in group.of if verdicts.get(member) == Verdict.MET]
        if len(met) < group.at_least:
            raise InputError(
                f"The outcome says met, but of {', '.join(group.of)} at least {group.at_least} "
                f"must be met, and {len(met)} are (I2)."
            )
