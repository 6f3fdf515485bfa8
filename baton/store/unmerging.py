"""Leads that were merged are told apart again; each has what it had, and where it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from baton.domain.lead import LeadStatus, Place
from baton.errors import RefusedError
from baton.store.leads import change_lead, keep_reason, lead_for_update, move_lead
from baton.store.merging import DUPLICATE_OF, TAKEN, copy_touches, lock_for_merge
from baton.store.suspects import tell_apart
from baton.store.tables import DueLead, Lead, LeadMerge
from baton.store.touches import mark_changed


@dataclass(frozen=True, slots=True)
class Said:
    """Who says that two leads are two people, why, and when (aware UTC)."""

    by: str
    reason: str
    at: datetime


def unmerge_lead(session: Session, drop_id: int, said: Said) -> int:
    """Put the lead back where it was before it was merged; return what it was merged into.

    Touches that came since, to whichever address, stay with the kept lead. A value that the kept
    lead took and that was changed since stays too. A duplicate that came as one with an import
    waits for qualification.

    Raises:
        NotFoundError: No such lead.
        RefusedError: It is no duplicate, its address is another lead's by now, or what it was
            merged into was itself merged into another one since.
    """
    root = session.scalar(select(Lead.duplicate_of).where(Lead.id == drop_id))
    lock_for_merge(session, [drop_id] + ([root] if root else []))
    lead = lead_for_update(session, drop_id)
    if lead.duplicate_of is None:
        raise RefusedError(f"Lead {drop_id} is not merged into another one.")
    keep = lead_for_update(session, lead.duplicate_of)
    merge = session.scalar(
        select(LeadMerge).where(LeadMerge.drop_id == drop_id, LeadMerge.undone_at.is_(None))
    )
    if merge is not None and merge.keep_id != keep.id:
        raise RefusedError(
            f"Lead {drop_id} was merged into lead {merge.keep_id}, and that into lead {keep.id} "
            f"since; tell those two apart first: baton leads unmerge {merge.keep_id}."
        )
    if merge is not None:
        _give_back(session, keep, merge, said)
    _check_address(session, lead)
    _put_back(session, lead, merge, said)
    _wishes_of_each(session, lead, keep)
    tell_apart(session, lead.id, keep.id, by=said.by, at=said.at)
    mark_changed(session, [keep.id], said.at)
    return keep.id


def _give_back(session: Session, keep: Lead, merge: LeadMerge, said: Said) -> None:
    """Take from the kept lead what it has by this merge alone."""
    gone = {"id": merge.id}
    session.execute(_FORGET_ACTIVITY, gone)
    touches = list(session.execute(_FORGET_TOUCHES, gone).scalars())
    session.execute(text("delete from touch where id = any(:ids)"), {"ids": touches})
    others = select(LeadMerge.id).where(
        LeadMerge.keep_id == keep.id, LeadMerge.undone_at.is_(None), LeadMerge.id != merge.id
    )
    # What two dropped leads both did was copied from the first of them.
    copy_touches(session, session.scalars(others.order_by(LeadMerge.id)).all())
    had: dict[str, Any] = {
        name: None
        for name in (*TAKEN, "account_id")
        if name in merge.taken and getattr(keep, name) == merge.taken[name]
    }
    for name in ("custom", "answers"):
        taken, has = merge.taken[name], getattr(keep, name)
        had[name] = {key: value for key, value in has.items() if taken.get(key, _NEVER) != value}
    change_lead(session, keep, had, by=said.by, at=said.at)


_NEVER = object()
_FORGET_ACTIVITY = text("""
    delete from later_activity where touch_id in (
        select touch_id from merged_touch where merge_id = :id)
""")
_FORGET_TOUCHES = text("delete from merged_touch where merge_id = :id returning touch_id")


def _check_address(session: Session, lead: Lead) -> None:
    if lead.email is None:
        return
    holder = session.scalar(
        select(Lead.id).where(
            Lead.email == lead.email, Lead.duplicate_of.is_(None), Lead.id != lead.id
        )
    )
    if holder is not None:
        raise RefusedError(
            f"Lead {holder} has the mail address of lead {lead.id} now, and two leads cannot share "
            "one; change one of them first, by an import of its row."
        )


def _put_back(session: Session, lead: Lead, merge: LeadMerge | None, said: Said) -> None:
    place, reason = Place.WAITING, f"told apart from lead {lead.duplicate_of}"
    # A hand-off that ended because of the merge is over; the lead begins anew.
    was_merged = merge is None or (merge.before_reason or "").startswith(DUPLICATE_OF)
    if merge is not None and not was_merged:
        place = Place(merge.before_place)
    lead.duplicate_of = None
    move_lead(
        session,
        lead,
        status=LeadStatus(lead.status),
        place=place,
        reason=reason,
        by=said.by,
        at=said.at,
        check_in_on=merge.before_check_in_on if merge else None,
    )
    if merge is None:
        return
    if not was_merged:
        keep_reason(session, lead, merge.before_reason)
    session.execute(
        text("update lead set duplicate_of = :lead where id = any(:ids) and duplicate_of = :keep"),
        {"lead": lead.id, "keep": merge.keep_id, "ids": merge.followed},
    )
    if merge.before_due_at is not None and place is Place.NURTURE:
        session.merge(DueLead(lead_id=lead.id, at=merge.before_due_at))
    merge.undone_at, merge.undone_by, merge.undone_reason = said.at, said.by, said.reason
    session.flush()


def _wishes_of_each(session: Session, *leads: Lead) -> None:
    """Leave each person the wishes of their own addresses, and take what was spread away (I4)."""
    known = select(Lead.email, Lead.phone_e164).where(
        Lead.id.in_([one.id for one in leads]) | Lead.duplicate_of.in_([one.id for one in leads])
    )
    addresses = [address for row in session.execute(known) for address in row if address]
    session.execute(_FORGET_SPREAD, {"addresses": addresses})
    for lead in leads:
        session.execute(text("select spread_wishes_of(:root)"), {"root": lead.id})


_FORGET_SPREAD = text("""
    delete from opt_out where address = any(:addresses) and spread_from = any(:addresses)
""")
