"""Why this AE, as the lead may hear it: out of the stored routing decision (I8), and no more of it.

Names of territories, shares, caps and who else could not have the lead are for colleagues.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.engine.people import People
from baton.rulebook.active import agreement_of
from baton.rulebook.routing_candidates import Needs
from baton.rulebook.routing_record import read_facts
from baton.store.tables import Decision, HandOff, Rep


def why_ae(session: Session, hand_off: HandOff, people: People) -> dict[str, bool] | None:
    """Return what speaks for the hand-off's AE; None if nothing does that concerns the lead.

    Returns:
        `owns_account`: the AE has the lead's company already. `same_country`: the AE is in the
        territory that the lead's country belongs to. `same_language`: the AE speaks the lead's
        language, and not every AE does.
    """
    ae, account = people.ae, people.account
    if ae is None:
        return None
    country, language = _by_agreement(session, hand_off, ae, people.lead.country)
    said = {
        "owns_account": account is not None
        and ae.id in {account.owner_id, account.opportunity_owner_id},
        "same_country": country,
        "same_language": language,
    }
    return said if any(said.values()) else None


def _by_agreement(
    session: Session, hand_off: HandOff, ae: Rep, country: str | None
) -> tuple[bool, bool]:
    """Return whether country and language led to the AE, by the facts that the routing saw."""
    decision = session.scalar(
        select(Decision)
        .where(Decision.hand_off_id == hand_off.id, Decision.kind == "route")
        .order_by(Decision.id.desc())
        .limit(1)
    )
    if decision is None or "territories" not in decision.facts:
        # A person named the AE, or the agreement says nothing of routing.
        return False, False
    routing = agreement_of(session, decision.agreement_id).routing
    assert routing is not None
    lead, candidates, _ = read_facts(decision.facts)
    needs = Needs.of(routing, lead)
    where = needs.territory
    speaks = needs.language != "" and needs.language in ae.languages
    others = any(one.languages and needs.language not in one.languages for one in candidates)
    return where is not None and country in where.countries, speaks and others
