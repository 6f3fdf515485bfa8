"""Whose turn it would be for a lead at this moment; looks, and writes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from baton.errors import RefusedError
from baton.rulebook.agreement import Agreement
from baton.rulebook.routing import Routed, route
from baton.rulebook.routing_candidates import COLUMNS, Candidate
from baton.rulebook.routing_conditions import LeadSeen, needs_facts, see_leads
from baton.store.routing import Reading, aes_at

NOTHING = LeadSeen({}, (), ())


@dataclass(frozen=True, slots=True)
class Turn:
    """What routing saw of a lead and of the AEs, and what it said.

    Attributes:
        lead: The lead as its conditions see it.
        candidates: All AEs, by id.
        names: Their names by mail address.
        owner: Mail address of who has the account; None if nobody does.
        owns: What of it they have, in words.
        routed: Who gets it, and why.
    """

    lead: LeadSeen
    candidates: Sequence[Candidate]
    names: Mapping[str, str]
    owner: str | None
    owns: str
    routed: Routed


def look(
    session: Session,
    lead_id: int,
    agreement: Agreement,
    *,
    at: datetime,
    hand_off_id: uuid.UUID | None = None,
    only: Collection[int] | None = None,
) -> Turn:
    """Return who would get the lead now by this agreement, and why every other AE would not.

    Args:
        session: Only read from.
        lead_id: The lead.
        agreement: What decides.
        at: Now (aware UTC).
        hand_off_id: The hand-off; an AE who declined a meeting of it is not asked again.
        only: Ids of the AEs who may have it, such as those who are free now; None for all.

    Raises:
        RefusedError: The agreement has no section `routing`.
    """
    routing = agreement.routing
    if routing is None:
        raise RefusedError(
            "The agreement has no section 'routing': the account's owner gets the lead, else "
            "whoever was given the fewest. Add one to rules/agreement.yaml."
        )
    lead = NOTHING
    if needs_facts(routing):
        lead = see_leads(session, agreement, [lead_id], as_of=at)[lead_id]
    reading = Reading(
        lead_id,
        at,
        hand_off_id=hand_off_id,
        cool_down_days=routing.cool_down_days,
        counts_days=routing.caps.a_day is not None or routing.caps.a_week is not None,
        only=only,
        asks_owner=routing.owner_first,
    )
    aes = aes_at(session, reading, (*COLUMNS, "name"))
    *columns, names = aes.columns
    candidates = list(map(Candidate._make, zip(*columns, strict=True)))
    has = aes.owner
    owner = has.email if has else None
    return Turn(
        lead=lead,
        candidates=candidates,
        names=dict(zip((one.email for one in candidates), names, strict=True)),
        owner=owner,
        owns=has.owns if has else "",
        routed=route(routing, lead, candidates, owner),
    )
