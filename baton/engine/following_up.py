"""Sales follows its leads up: attempts, the next one, and giving up what nobody reached (D6)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.adapters.calendar.slots import propose_slots
from baton.domain.best_time import OFFICE, read_best_times
from baton.domain.hand_off import EffectKind
from baton.domain.lead import LeadStatus, Place
from baton.domain.rep import Role
from baton.engine.checking import rep_among
from baton.engine.mailing import lead_crm_intent
from baton.errors import RefusedError
from baton.runtime import Runtime
from baton.store.effects import intend
from baton.store.follow_up import FollowedUp, followed_up, record_given_up
from baton.store.leads import lead_for_update, move_lead
from baton.store.tables import Lead, Rep
from baton.store.touches import attempts_before, record_attempt

_CALL = 15
_HORIZON_DAYS = 21


class FollowUp(FollowedUp):
    """A lead of an AE with what comes next.

    Attributes:
        next_at: When to try next (aware UTC), in the lead's best hours and the AE's working ones;
            None if nothing is owed (`is_owed`), or no hour suits both within three weeks.
    """

    next_at: datetime | None


def log_attempt(
    session: Session,
    *,
    lead_id: int,
    hand_off_id: uuid.UUID | None,
    rep: Rep,
    channel: str,
    at: datetime,
    note: str,
    key: str,
) -> bool:
    """Record that a rep tried to reach the lead, here and in the CRM; return whether it is new.

    Args:
        session: Its transaction; the lead or its hand-off is locked.
        hand_off_id: The hand-off that it was for, if any.
        channel: Such as phone or email.
        at: Aware UTC.
        note: What came of it.
        key: Makes it once.
    """
    attempt_id = record_attempt(
        session,
        lead_id=lead_id,
        hand_off_id=hand_off_id,
        rep_id=rep.id,
        channel=channel,
        at=at,
        note=note,
        source_key=key,
    )
    if attempt_id is None:
        return False
    number = attempts_before(session, lead_id, attempt_id) + 1
    words = {
        "title": f"Attempt {number} by {channel}",
        "text": f"{rep.name}: {note or 'no note'}",
    }
    key = f"attempt-{attempt_id}:note"
    intend(session, lead_crm_intent(lead_id, EffectKind.CRM_NOTE, key, words), at=at)
    return True


def follow_ups(session: Session, *, now: datetime, lead_id: int | None = None) -> list[FollowUp]:
    """Return how each AE's lead is followed up, by owner; or that of one lead.

    Args:
        session: Only read from.
        now: Aware UTC; no attempt is proposed before it.
        lead_id: Only this one; nothing comes back if it is not an AE's.
    """
    found = followed_up(session, lead_id)
    pairs = select(Lead, Rep).join(Rep, Rep.id == Lead.owner_id)
    known = {
        lead.id: (lead, owner)
        for lead, owner in session.execute(pairs.where(Lead.id.in_([one.lead_id for one in found])))
    }
    return [
        FollowUp(**one.model_dump(), next_at=_next_attempt(one, *known[one.lead_id], now))
        for one in found
    ]


def give_up(runtime: Runtime, lead_id: int, *, by: str, reason: str = "") -> FollowedUp:
    """Close a lead that its AE could not reach, once it was tried as agreed.

    Args:
        by: Its owner; or a manager, whose `reason` closes it earlier.
        reason: Why it is given up before enough was tried; only a manager may say so.

    Returns:
        What was done to reach it.

    Raises:
        NotFoundError: No such lead.
        RefusedError: It is not an AE's, it answered, it was not tried enough, or `by` may not.
    """
    now, reason = runtime.clock.now(), reason.strip()
    with runtime.transaction() as session:
        rep = rep_among(session, by, Role.AE, Role.MANAGER)
        lead = lead_for_update(session, lead_id)
        _check(rep, lead, reason)
        standing = record_given_up(session, lead, by_id=rep.id, reason=reason, at=now)
        tried = (
            f"{standing.attempts} attempts over {int(standing.days)} days"
            f" by {', '.join(standing.channels) or 'nothing'}"
        )
        why = f"no contact: {reason} ({tried})" if reason else f"no contact: {tried}"
        move_lead(
            session,
            lead,
            status=LeadStatus.DISQUALIFIED,
            place=Place.CLOSED,
            reason=why,
            by=rep.email,
            at=now,
        )
        key = f"lead-{lead_id}:given-up-{now.isoformat()}"
        for kind, what, body in (
            (EffectKind.CRM_STATUS, "status", {"status": LeadStatus.DISQUALIFIED}),
            (EffectKind.CRM_NOTE, "note", {"title": "Given up", "text": f"{rep.name}: {why}"}),
        ):
            intend(session, lead_crm_intent(lead_id, kind, f"{key}:{what}", body), at=now)
    return standing


def _check(rep: Rep, lead: Lead, reason: str) -> None:
    if rep.role != Role.MANAGER and reason:
        raise RefusedError(
            f"{rep.email} is no manager; only a manager's reason gives up a lead before enough "
            "was tried. Without a reason the agreed attempts decide."
        )
    if rep.role != Role.MANAGER and rep.id != lead.owner_id:
        raise RefusedError(f"Lead {lead.id} is not {rep.email}'s; its owner or a manager decides.")


def _next_attempt(one: FollowedUp, lead: Lead, owner: Rep, now: datetime) -> datetime | None:
    if not one.is_owed:
        return None
    pause = timedelta(days=one.over_days / max(1, one.minimum_attempts - 1))
    earliest = now if one.last_at is None else max(now, one.last_at + pause)
    starts = list(
        propose_slots(
            now=earliest,
            ae_zone=owner.time_zone,
            ae_hours=owner.working_hours,
            ae_country=owner.country,
            lead_zone=lead.time_zone,
            lead_country=lead.country,
            busy=(),
            minutes=_CALL,
            lead_time_minutes=0,
            buffer_minutes=0,
            horizon_days=_HORIZON_DAYS,
        )
    )
    best = read_best_times(lead.preferred_time) or OFFICE
    there = ZoneInfo(lead.time_zone or owner.time_zone)
    suited = (start for start in starts if best.suits(start.astimezone(there)))
    return next(suited, starts[0] if starts else None)
