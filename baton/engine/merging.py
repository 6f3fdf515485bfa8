"""People say which leads are one person, and which are not (B1)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from baton.domain.lead import Place
from baton.engine.opting_in import come_back
from baton.engine.opting_out import opt_out
from baton.errors import RefusedError
from baton.runtime import Runtime
from baton.store.histories import find_lead
from baton.store.leads import known_lead
from baton.store.merging import ToMerge, lock_for_merge, merge_leads
from baton.store.opt_outs import SPREAD, has_opted_out, wishes_of_lead
from baton.store.reps import rep_by_email
from baton.store.suspects import Suspicion, suspicions, tell_apart
from baton.store.tables import Lead, Rep
from baton.store.unmerging import Said, unmerge_lead


@dataclass(frozen=True, slots=True)
class Merged:
    """The lead that was kept and the one that was merged into it, by their ids."""

    kept: int
    dropped: int


def merge(
    runtime: Runtime, keep: str | int, drop: str | int, *, by: str, reason: str = ""
) -> Merged:
    """Merge one lead into another; `unmerge` undoes it.

    The kept one gets copies of the other's touches and what it lacks itself; a wish of either not
    to be contacted counts for both, at once (I4).

    Args:
        runtime: The installation.
        keep: The lead that stays: its id as a number; or mail address, external id or id as text.
        drop: The same of the one that is closed, and points to it.
        by: Mail address of the rep who says so.
        reason: Their words.

    Raises:
        NotFoundError: No such lead.
        RefusedError: `by` is no rep of ours, or one of the leads is where it cannot be merged.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        rep = _rep(session, by)
        kept, dropped = _lead(session, keep), _lead(session, drop)
        places = lock_for_merge(session, [kept, dropped])
        _check(session, kept, dropped, places)
        said = ToMerge(dropped, kept, (reason or "somebody knows it",))
        merge_leads(session, [said], by=rep.email, at=now)
        spread = [wish for wish in wishes_of_lead(session, kept) if wish.source == SPREAD]
    for wish in spread:
        opt_out(runtime, wish.address, channel=wish.channel, source=wish.source, reason=wish.reason)
    return Merged(kept, dropped)


def _lead(session: Session, reference: str | int) -> int:
    if isinstance(reference, str):
        return find_lead(session, reference)
    return known_lead(session, reference).id


def _rep(session: Session, email: str) -> Rep:
    rep = rep_by_email(session, email)
    if rep is None:
        raise RefusedError(f"{email} is not an active rep; give the address of one.")
    return rep


def _check(session: Session, kept: int, dropped: int, places: dict[int, str]) -> None:
    if kept == dropped:
        raise RefusedError(f"Both are lead {kept}; name two leads.")
    for lead_id in (dropped, kept):
        if lead_id not in places:
            root = session.get_one(Lead, lead_id).duplicate_of
            raise RefusedError(f"Lead {lead_id} is merged into lead {root} already; name that one.")
    why_not = {
        Place.HAND_OFF: "is in an open hand-off",
        Place.WITH_AE: "is an AE's",
        Place.QUARANTINED: "is in quarantine",
    }.get(Place(places[dropped]))
    if why_not is not None:
        ends = {Place.QUARANTINED: "mend it first ('baton quarantine list')"}
        other = f"keep that one ('baton leads merge {dropped} {kept}')"
        remedy = ends.get(Place(places[dropped]), f"{other}, or let it end first")
        raise RefusedError(f"Lead {dropped} {why_not}, so it cannot be dropped: {remedy}.")
    if places[kept] == Place.CLOSED and places[dropped] != Place.CLOSED:
        raise RefusedError(
            f"Lead {kept} is closed, and lead {dropped} is not: it would be lost. Keep that one "
            f"('baton leads merge {dropped} {kept}')."
        )


def unmerge(runtime: Runtime, drop: str | int, *, by: str, reason: str = "") -> Merged:
    """Tell a lead apart from the one that it was merged into, for good.

    Each has what it had, and the dropped one is where it was; `unmerge_lead` says what cannot be
    put back. Who was closed because of the other's wish comes back.

    Raises:
        NotFoundError: No such lead.
        RefusedError: `by` is no rep of ours, or the lead cannot be told apart now.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        rep = _rep(session, by)
        dropped = _lead(session, drop)
        root = session.get_one(Lead, dropped).duplicate_of
        silent = {id_ for id_ in (dropped, root) if id_ is not None and has_opted_out(session, id_)}
        kept = unmerge_lead(session, dropped, Said(rep.email, reason or "two people", now))
        for lead_id in sorted(silent):
            if not has_opted_out(session, lead_id):
                lead = session.get_one(Lead, lead_id)
                number = f"apart:{now:%Y%m%d%H%M%S}"
                come_back(session, lead, number, reason="told apart", by=rep.email, at=now)
    return Merged(kept, dropped)


def distinct(runtime: Runtime, one: str | int, other: str | int, *, by: str) -> None:
    """Keep for good that two leads are two people, so that nothing merges or suspects them.

    Raises:
        NotFoundError: No such lead.
        RefusedError: `by` is no rep of ours, or they are merged.
    """
    with runtime.transaction() as session:
        rep = _rep(session, by)
        first, second = _lead(session, one), _lead(session, other)
        if first == second:
            raise RefusedError(f"Both are lead {first}; name two leads.")
        for lead_id, root in ((first, second), (second, first)):
            if session.get_one(Lead, lead_id).duplicate_of == root:
                raise RefusedError(
                    f"Lead {lead_id} is merged into lead {root}: baton leads unmerge {lead_id}."
                )
        tell_apart(session, first, second, by=rep.email, at=runtime.clock.now())


def suspected(runtime: Runtime, *, limit: int = 100) -> list[Suspicion]:
    """Return leads that may be one person, and that nobody has looked at, the newest first."""
    with runtime.transaction() as session:
        return suspicions(session, limit=limit)
