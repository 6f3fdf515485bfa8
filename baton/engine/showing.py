"""A routing decision as people see it: the stored one of a lead, or the one of this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from baton.domain.hand_off import HandOffState
from baton.engine.turns import look
from baton.errors import NotFoundError
from baton.rulebook.active import active_agreement, agreement_of
from baton.rulebook.routing import Line
from baton.rulebook.routing_record import lines_of
from baton.rulebook.routing_telling import reasons_of, told
from baton.store.leads import known_lead
from baton.store.tables import Decision, HandOff


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One AE.

    Attributes:
        email: Whom.
        why_not: Why they could not get the lead; None if they could.
        share: Their part of the leads among those who could.
        before: How far they were from it, in words; None if they could not.
        after: The same with this lead.
    """

    email: str
    why_not: str | None
    share: float | None
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ShownRoute:
    """Who got, or would get, a lead.

    Attributes:
        lead_id: The lead.
        agreement_id: The version that decided.
        as_of: Aware UTC instant.
        is_dry_run: True when nothing was decided.
        ae: The AE's mail address; None for the fallback queue.
        rule: What decided: owner, share, person or fallback.
        reasons: Plain sentences.
        lines: One for each AE; empty where the decision kept none.
    """

    lead_id: int
    agreement_id: int
    as_of: datetime
    is_dry_run: bool
    ae: str | None
    rule: str
    reasons: list[str]
    lines: list[ShownLine]


def stored_route(session: Session, lead_id: int) -> ShownRoute:
    """Return the lead's newest routing decision.

    Raises:
        NotFoundError: None was made yet.
    """
    row = session.scalar(
        select(Decision)
        .where(Decision.lead_id == lead_id, Decision.kind == "route")
        .order_by(Decision.id.desc())
        .limit(1)
    )
    if row is None:
        raise NotFoundError(
            f"Lead {lead_id} was not routed yet; a dry run shows who would get it now."
        )
    return ShownRoute(
        lead_id=lead_id,
        agreement_id=row.agreement_id,
        as_of=row.as_of,
        is_dry_run=False,
        ae=row.result["ae"],
        rule=row.result.get("rule", "rotation"),
        reasons=[str(reason) for reason in row.reasons],
        lines=[_line(one) for one in lines_of(row.facts, row.result)],
    )


def would_route(session: Session, lead_id: int, *, at: datetime) -> ShownRoute:
    """Return who would get the lead now, by its open hand-off's agreement or the active one.

    Raises:
        NotFoundError: No such lead.
        NotSignedError: No agreement decides yet.
        RefusedError: The agreement has no section `routing`.
    """
    hand_off = session.scalar(
        select(HandOff).where(HandOff.lead_id == lead_id, HandOff.state == HandOffState.OPEN)
    )
    hand_off_id = None if hand_off is None else hand_off.id
    agreement_id = active_agreement(session)[0] if hand_off is None else hand_off.agreement_id
    agreed = agreement_of(session, agreement_id)
    # The database itself refuses to write.
    session.execute(text("set transaction read only"))
    turn = look(session, known_lead(session, lead_id).id, agreed, at=at, hand_off_id=hand_off_id)
    routed = turn.routed
    return ShownRoute(
        lead_id=lead_id,
        agreement_id=agreement_id,
        as_of=at,
        is_dry_run=True,
        ae=routed.ae,
        rule=routed.rule.value,
        reasons=reasons_of(routed, turn.names, turn.owns),
        lines=[_line(one) for one in routed.lines],
    )


def _line(one: Line) -> ShownLine:
    if one.why_not is not None:
        return ShownLine(one.email, one.why_not, None, None, None)
    return ShownLine(one.email, None, one.share, told(one.behind), told(one.behind_after))
