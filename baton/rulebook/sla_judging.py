"""What became of a hand-off's promises, by what happened to it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from baton.domain.promise import Event, PromiseState
from baton.rulebook.sla_part import Sla
from baton.store.promises import Happened

ON_MEETING = (Event.OUTCOME_SAID, Event.REJECTED)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a promise is measured by.

    Attributes:
        occurrence: Which of the events that start it.
        since: When that was, by what was known when the promise was opened.
        due_at: When it is due.
        responsible_id: Who owes it.
        is_broken: Whether it is known to be broken already.
    """

    occurrence: str
    since: datetime
    due_at: datetime
    responsible_id: int | None
    is_broken: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a promise.

    Attributes:
        state: Where it stands from now on.
        fulfilled_at: When it was fulfilled, in time or late; None if not.
        is_over: Whether nothing can change any more.
        why: Why it was cancelled, or is measured no further.
    """

    state: PromiseState
    fulfilled_at: datetime | None
    is_over: bool
    why: str = ""


def beginnings(sla: Sla, events: Sequence[Happened]) -> Iterator[Happened]:
    """Yield the events that start the promise; of attempts only the first one of each rep."""
    seen: set[int | None] = set()
    for one in events:
        if one.event is not sla.since:
            continue
        if one.event is Event.FIRST_TOUCH:
            if one.rep_id in seen:
                continue
            seen.add(one.rep_id)
        yield one


def judge(
    sla: Sla,
    kept: Kept,
    events: Sequence[Happened],
    *,
    closed_at: datetime | None,
    at: datetime,
) -> Verdict:
    """Return what became of a promise by now.

    Args:
        sla: The promise.
        kept: What it is measured by.
        events: All that happened to its hand-off, the earliest first.
        closed_at: When the hand-off ended (aware UTC); None while it is open.
        at: Now (aware UTC).
    """
    begun = {one.occurrence: one.at for one in beginnings(sla, events)}
    ends_at, why = _end(kept, begun, closed_at)
    done = _fulfilment(sla, kept, events, ends_at)
    if done is not None:
        in_time = done <= kept.due_at and not kept.is_broken
        state = PromiseState.KEPT if in_time else PromiseState.BREACHED
        return Verdict(state, done, is_over=True)
    if ends_at is None:
        is_broken = kept.is_broken or kept.due_at <= at
        state = PromiseState.BREACHED if is_broken else PromiseState.OPEN
        return Verdict(state, None, is_over=False)
    is_broken = kept.is_broken or kept.due_at <= min(ends_at, at)
    state = PromiseState.BREACHED if is_broken else PromiseState.CANCELLED
    return Verdict(state, None, is_over=True, why=why)


def _end(
    kept: Kept, begun: dict[str, datetime], closed_at: datetime | None
) -> tuple[datetime | None, str]:
    """Return from when on nobody owes it any more, and why."""
    if kept.occurrence not in begun:
        return kept.since, "what it began with is off"
    later = [at for name, at in begun.items() if name != kept.occurrence and at > kept.since]
    if later:
        return min(later), "it began anew"
    if closed_at is not None:
        return closed_at, "the hand-off ended"
    return None, ""


def _fulfilment(
    sla: Sla, kept: Kept, events: Sequence[Happened], ends_at: datetime | None
) -> datetime | None:
    """Return when it was fulfilled.

    The word on a meeting is that meeting's, also if it comes before the agreed end.
    """
    on_meeting = sla.since is Event.MEETING_ENDED and sla.until in ON_MEETING
    mine = sla.owed_by == "ae"
    for one in events:
        is_its = one.occurrence == kept.occurrence if on_meeting else one.at >= kept.since
        if one.event is not sla.until or not is_its:
            continue
        if mine and one.rep_id not in (None, kept.responsible_id):
            continue
        if ends_at is None or one.at <= ends_at:
            return one.at
    return None
