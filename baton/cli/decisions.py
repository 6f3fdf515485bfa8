"""What people decide: approval, answers, another address, the outcome, an opt-out, attempts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from baton.cli.options import AsJson, By, HandOffId, LeadReference, pairs
from baton.cli.output import emit
from baton.domain.meeting import OutcomeKind
from baton.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (approve, answer, contact, counter, times, choose, outcome, attempt, give_up):
        app.command()(command)
    app.command("opt-out")(opt_out)


def approve(
    hand_off: HandOffId,
    by: By,
    yes: Annotated[bool, typer.Option("--yes/--no", help="Approve, or refuse.")],
    note: Annotated[str, typer.Option("--note", help="Why; kept with the decision.")] = "",
    as_json: AsJson = False,
) -> None:
    """Give an approver's decision on a hand-off that waits for it.

    Example: baton approve 5f0c... --yes --by mara@seller.example
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    actions.approve(current(), hand_off, approved=yes, by=by, note=note)
    emit(
        {"hand_off": hand_off, "approved": yes},
        as_json=as_json,
        says=f"Recorded: hand-off {hand_off} is {'approved' if yes else 'not approved'}.",
    )


def answer(
    hand_off: HandOffId,
    by: By,
    answers: Annotated[
        list[str] | None,
        typer.Argument(metavar="FACT=VALUE...", help="Fact and value; an empty value is unknown."),
    ] = None,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Nobody can answer; the lead does not go on.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Answer the open questions of a hand-off; 'baton rules facts' names the facts.

    Example: baton answer 5f0c... employees=120 is_decision_maker=true --by sam@seller.example
    """
    if bool(answers) == give_up:
        raise InputError("Give answers as fact=value, or --give-up, and not both.")
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    given = pairs(answers or [], example="employees=120")
    facts = {name: _value(value) for name, value in given.items()}
    actions.answer_questions(current(), hand_off, answers=facts, by=by)
    emit(
        {"hand_off": hand_off, "answers": facts},
        as_json=as_json,
        says=f"Recorded for hand-off {hand_off}: {', '.join(facts) or 'given up'}.",
    )


def _value(written: str) -> Any:
    """Read true, false, null and numbers as JSON does; everything else is text."""
    if not written:
        return None
    try:
        read = json.loads(written)
    except json.JSONDecodeError:
        return written
    return written if isinstance(read, list | dict) else read


def contact(
    hand_off: HandOffId,
    email: Annotated[str, typer.Argument(help="The lead's other mail address.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Give a lead's other address after the mail server refused the first one.

    Example: baton contact 5f0c... ada.l@harbour.example --by sam@seller.example
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    actions.correct_contact(current(), hand_off, email=email, by=by)
    emit(
        {"hand_off": hand_off, "email": email},
        as_json=as_json,
        says=f"Recorded for hand-off {hand_off}: {email}.",
    )


def counter(
    hand_off: HandOffId,
    by: By,
    yes: Annotated[bool, typer.Option("--yes/--no", help="It suits, or it does not.")],
    as_json: AsJson = False,
) -> None:
    """Say as the AE whether the time that the lead proposes suits.

    With --yes both are invited to it; with --no the lead is told, and the present time stands.

    Example: baton counter 5f0c... --yes --by ida@seller.example
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    actions.answer_counter(current(), hand_off, accepted=yes, by=by)
    emit(
        {"hand_off": hand_off, "accepted": yes},
        as_json=as_json,
        says=f"Recorded for hand-off {hand_off}: the proposed time is "
        f"{'taken' if yes else 'not taken'}.",
    )


def times(hand_off: HandOffId, by: By, as_json: AsJson = False) -> None:
    """Hold some times that suit the AE while the lead, on the telephone for example, chooses.

    They are held for as many minutes as the agreement says; nobody else is offered them.

    Example: baton times 5f0c... --by sam@seller.example
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    offered = actions.offer_times(current(), hand_off, by=by)
    starts = [start.isoformat() for start, _ in offered.times]
    until = offered.held_until.isoformat()
    emit(
        {"hand_off": hand_off, "times": starts, "held_until": until},
        as_json=as_json,
        says="\n".join((*starts, f"Held until {until}.")),
    )


def choose(
    hand_off: HandOffId,
    at: Annotated[str, typer.Option(help="The start, as 'baton times' says it.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Take the one of the held times that the lead chose; both are invited to it.

    Example: baton choose 5f0c... --at 2026-03-03T13:00:00+00:00 --by sam@seller.example
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    start = _instant(at)
    actions.choose_time(current(), hand_off, start, by=by)
    emit(
        {"hand_off": hand_off, "starts_at": start.isoformat()},
        as_json=as_json,
        says=f"Recorded for hand-off {hand_off}: both are invited to {start.isoformat()}.",
    )


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"'{text}' is no time; write it as 'baton times' does.") from error
    # Without an offset it is UTC, as 'baton times' says it.
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


def outcome(  # noqa: PLR0917 (options of a command)
    hand_off: HandOffId,
    by: By,
    met: Annotated[bool, typer.Option("--met", help="The agreed definition is met.")] = False,
    not_met: Annotated[bool, typer.Option("--not-met", help="It is not met.")] = False,
    no_show: Annotated[bool, typer.Option("--no-show", help="The lead did not come.")] = False,
    rescheduled: Annotated[
        bool, typer.Option("--rescheduled", help="Another time is needed.")
    ] = False,
    criterion: Annotated[
        list[str] | None,
        typer.Option("--criterion", metavar="ID=VERDICT", help="met, unmet or unknown; repeat it."),
    ] = None,
    feedback: Annotated[
        str, typer.Option("--feedback", help="Your words for the SDR; --not-met needs them.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Say as the AE what came of the meeting, criterion by criterion.

    Example: baton outcome 5f0c... --not-met --criterion decides=unmet --criterion budget=met
    --feedback "Reports to the CFO, who decides." --by ida@seller.example
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    kind = _outcome_kind(
        {
            OutcomeKind.MET: met,
            OutcomeKind.NOT_MET: not_met,
            OutcomeKind.NO_SHOW: no_show,
            OutcomeKind.RESCHEDULED: rescheduled,
        }
    )
    verdicts = pairs(criterion or [], example="decides=unmet")
    actions.report_outcome(
        current(), hand_off, kind=kind, verdicts=verdicts, feedback=feedback, by=by
    )
    emit(
        {"hand_off": hand_off, "outcome": kind, "verdicts": verdicts},
        as_json=as_json,
        says=f"Recorded for hand-off {hand_off}: {kind.value.replace('_', ' ')}.",
    )


def _outcome_kind(flags: dict[OutcomeKind, bool]) -> OutcomeKind:
    chosen = [kind for kind, is_given in flags.items() if is_given]
    if len(chosen) != 1:
        raise InputError("Give exactly one of --met, --not-met, --no-show, --rescheduled.")
    return chosen[0]


def opt_out(
    address: Annotated[str, typer.Argument(help="Mail address or phone number.")],
    channel: Annotated[
        Literal["email", "phone", "all"], typer.Option("--channel", help="What to stop.")
    ] = "all",
    reason: Annotated[str, typer.Option("--reason", help="What the person said.")] = "",
    as_json: AsJson = False,
) -> None:
    """Respect a wish not to be contacted, at once and for ever.

    Example: baton opt-out ada@harbour.example
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    closed = actions.opt_out(
        current(), address, channel=channel, source="command line", reason=reason
    )
    emit(
        {"address": address, "channel": channel, "closed": closed},
        as_json=as_json,
        says=f"Nothing is sent to {address} any more; hand-offs closed: {len(closed)}.",
    )


def attempt(
    lead: LeadReference,
    channel: Annotated[str, typer.Option("--channel", help="phone, email, social, ...")],
    by: By,
    note: Annotated[str, typer.Option("--note", help="What came of it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Log that a rep tried to reach a lead.

    Example: baton attempt ada@harbour.example --channel phone --by sam@seller.example
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415
    from baton.store.histories import find_lead  # noqa: PLC0415

    runtime = current()
    with runtime.transaction() as session:
        lead_id = find_lead(session, lead)
    actions.log_attempt(runtime, lead_id, channel=channel, by=by, note=note)
    emit(
        {"lead": lead_id, "channel": channel},
        as_json=as_json,
        says=f"Logged: {channel}, lead {lead_id}.",
    )


def give_up(
    lead: LeadReference,
    by: By,
    reason: Annotated[
        str, typer.Option("--reason", help="A manager's, before enough was tried.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Close an AE's lead that nobody reached, once it was tried as agreed.

    Example: baton give-up ada@harbour.example --by adam@seller.example
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415
    from baton.store.histories import find_lead  # noqa: PLC0415

    runtime = current()
    with runtime.transaction() as session:
        lead_id = find_lead(session, lead)
    done = actions.give_up(runtime, lead_id, by=by, reason=reason)
    emit(
        {"lead": lead_id, "attempts": done.attempts, "channels": done.channels, "days": done.days},
        as_json=as_json,
        says=f"Lead {lead_id} is closed: no contact after {done.attempts} attempts.",
    )
