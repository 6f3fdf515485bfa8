"""Past assignments given anew, by their own agreement or by another one; nothing is written.

Who was there is what each decision kept; counters, caps and credits are those that the leads given
anew would have led to.
"""

from __future__ import annotations

import heapq
import uuid
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Agreement
from baton.rulebook.routing import Routed, route
from baton.rulebook.routing_candidates import COLUMNS, Candidate
from baton.rulebook.routing_conditions import LeadSeen, needs_facts, see_leads
from baton.rulebook.routing_part import Routing
from baton.rulebook.routing_record import furthest_in, read_facts
from baton.store.routing_history import KnownAe, PastRoute, known_aes, past_routes

CHUNK = 1_000
NOTHING = LeadSeen({}, (), ())
# Where the counters of a `Candidate` begin and end.
_COUNTED_FROM, _COUNTED_TO = COLUMNS.index("open"), COLUMNS.index("weight") + 1


@dataclass(frozen=True, slots=True)
class Moved:
    """A lead that would have gone elsewhere; None is the fallback queue."""

    lead_id: int
    at: datetime
    had: str | None
    would: str | None


@dataclass(slots=True)
class Simulated:
    """What came of it.

    Attributes:
        leads: How many assignments were given anew.
        skipped: Those that a person made, or that were made without anybody who is known now.
        had: Leads given, by the AE's mail address; None is the fallback queue.
        would: The same, given anew.
        furthest_had: By how many leads anybody was ever away from their share.
        furthest_would: The same, given anew.
        moved: Leads that would have gone elsewhere, in order of time.
    """

    leads: int = 0
    skipped: int = 0
    had: Counter[str | None] = field(default_factory=Counter)
    would: Counter[str | None] = field(default_factory=Counter)
    furthest_had: float = 0.0
    furthest_would: float = 0.0
    moved: list[Moved] = field(default_factory=list)


def simulate(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    agreement: Agreement | None = None,
) -> Simulated:
    """Give the leads of a period anew, in their order.

    Args:
        session: A transaction that may only read.
        since: Aware UTC instant of the first assignment.
        until: Aware UTC instant after the last.
        agreement: Another one; each assignment's own unless given. Its conditions see the leads'
            facts as they are today, because what it asks for may not have been kept.
    """
    # The database itself refuses to write.
    session.execute(text("set transaction read only"))
    book = _Book(known_aes(session))
    told, own = Simulated(), _Versions(session)
    for chunk in _chunks(past_routes(session, since=since, until=until)):
        seen = _seen(session, agreement, chunk)
        for past in chunk:
            agreed = agreement or own[past.agreement_id]
            _one(book, told, past, agreed.routing, seen.get(past.lead_id))
    return told


class _Versions(dict[int, Agreement]):
    """The agreements that decided, each read once."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def __missing__(self, agreement_id: int) -> Agreement:
        self[agreement_id] = agreement_of(self._session, agreement_id)
        return self[agreement_id]


def _one(
    book: _Book,
    told: Simulated,
    past: PastRoute,
    routing: Routing | None,
    seen: LeadSeen | None,
) -> None:
    book.advance(past.at)
    had = past.result["ae"]
    told_of = book.read(past)
    if routing is None or told_of is None:
        # Somebody was named, or nothing is known of who was there: it stays as it was.
        told.skipped += 1
        book.keep(past, had, had)
        return
    kept, candidates, owner = told_of
    routed = route(routing, seen or kept, candidates, owner if routing.owner_first else None)
    book.share(routed)
    book.keep(past, had, routed.ae)
    told.leads += 1
    told.had[had] += 1
    told.would[routed.ae] += 1
    told.furthest_had = max(told.furthest_had, furthest_in(past.facts, past.result))
    told.furthest_would = max(told.furthest_would, routed.shares.furthest())
    if had != routed.ae:
        told.moved.append(Moved(past.lead_id, past.at, had, routed.ae))


def _chunks(pasts: Iterator[PastRoute]) -> Iterator[list[PastRoute]]:
    chunk: list[PastRoute] = []
    for past in pasts:
        chunk.append(past)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _seen(
    session: Session, agreement: Agreement | None, chunk: Sequence[PastRoute]
) -> dict[int, LeadSeen]:
    """Return the leads as another agreement sees them."""
    if agreement is None or agreement.routing is None:
        return {}
    ids = [past.lead_id for past in chunk]
    if not needs_facts(agreement.routing):
        return dict.fromkeys(ids, NOTHING)
    return see_leads(session, agreement, ids, as_of=chunk[-1].at)


def _today(one: KnownAe, given: int) -> Candidate:
    """Return an AE of whom a decision kept nothing but how many leads they were given."""
    return Candidate(one.id, one.email, one.team, one.languages, one.skills, given=given)


class _Tally:
    """What the AEs have by id: `day` and `week` by their own date."""

    def __init__(self) -> None:
        self.given: dict[int, int] = defaultdict(int)
        self.open: dict[int, int] = defaultdict(int)
        self.day: dict[tuple[int, date], int] = defaultdict(int)
        self.week: dict[tuple[int, date], int] = defaultdict(int)


class _Book:
    """What every AE had, and would have had, at the instant that the simulation has come to."""

    def __init__(self, aes: Sequence[KnownAe]) -> None:
        self._ids = {one.email: one.id for one in aes}
        self._known = {one.email: one for one in aes}
        self._zones = {one.id: zoneinfo.ZoneInfo(one.time_zone) for one in aes}
        # What they would have, and by how much that is more than they had.
        self._would, self._more = _Tally(), _Tally()
        # Calibration, whether they share, and under which weight; by rep id.
        self._sharing: dict[int, tuple[int, bool, int]] = {}
        # Whose a hand-off is: as it was, and given anew.
        self._owners: dict[uuid.UUID, tuple[int | None, int | None]] = {}
        self._ahead: list[tuple[datetime, int, str, uuid.UUID]] = []
        self._numbers = 0
        # The day and its Monday in each zone at the instant that was last asked for.
        self._dates_at: datetime | None = None
        self._dates: dict[tzinfo, tuple[date, date]] = {}

    def advance(self, at: datetime) -> None:
        """Let hand-offs end and credits be given, and taken back, up to the instant."""
        while self._ahead and self._ahead[0][0] <= at:
            _, _, what, hand_off_id = heapq.heappop(self._ahead)
            for tally, sign, rep_id in self._tallies(self._owners[hand_off_id]):
                counts = tally.open if what == "end" else tally.given
                counts[rep_id] += sign if what == "withdrawal" else -sign

    def _tallies(
        self, ids: tuple[int | None, int | None]
    ) -> Iterator[tuple[_Tally, Literal[-1, 1], int]]:
        """Yield where, and as what, something of who had a lead and who would counts."""
        had, would = ids
        if had is not None:
            yield self._more, -1, had
        if would is not None:
            yield self._more, 1, would
            yield self._would, 1, would

    def read(self, past: PastRoute) -> tuple[LeadSeen, list[Candidate], str | None] | None:
        """Return what a decision saw, with the counters given anew; None if it kept nothing."""
        if "reps" in past.facts:
            lead, stored, owner = read_facts(past.facts)
            return lead, [self._anew(one, past.at) for one in stored], owner
        given: Mapping[str, int] = past.facts.get("given", {})
        known = [self._known[email] for email in given if email in self._known]
        if not known:
            return None
        made = [_today(one, given[one.email]) for one in sorted(known, key=lambda one: one.id)]
        owner = past.owner if past.owner in given else None
        return NOTHING, [self._anew(one, past.at, is_counted=False) for one in made], owner

    def _anew(self, one: Candidate, at: datetime, *, is_counted: bool = True) -> Candidate:
        """Return the AE with what they would have; `is_counted` if the decision kept what was."""
        kept = (one.calibration, one.shares, one.weight)
        calibration, shares, weight = self._sharing.setdefault(one.id, kept)
        day, week = self._days(one.id, at)
        counts = self._more if is_counted else self._would
        counted = (
            one.open + counts.open[one.id],
            one.today + counts.day[one.id, day],
            one.week + counts.week[one.id, week],
            one.given + self._more.given[one.id],
        )
        return Candidate._make(
            (*one[:_COUNTED_FROM], *counted, calibration, shares, weight, *one[_COUNTED_TO:])
        )

    def share(self, routed: Routed) -> None:
        """Keep who begins to share with this lead, and who is away."""
        if routed.ae is None:
            return
        for rep_id, calibration in routed.joined.items():
            self._sharing[rep_id] = (calibration, True, routed.shares.weights[rep_id])
        for rep_id in routed.left:
            calibration, _, weight = self._sharing[rep_id]
            self._sharing[rep_id] = (calibration, False, weight)

    def keep(self, past: PastRoute, had: str | None, would: str | None) -> None:
        """Count the lead for whom it went to, and for whom it would have gone to."""
        ids = (self._ids.get(had or ""), self._ids.get(would or ""))
        before = self._owners.get(past.hand_off_id)
        for tally, sign, gone in self._tallies(before or (None, None)):
            tally.given[gone] -= sign
            tally.open[gone] -= sign
        for tally, sign, rep_id in self._tallies(ids):
            day, week = self._days(rep_id, past.at)
            tally.given[rep_id] += sign
            tally.open[rep_id] += sign
            tally.day[rep_id, day] += sign
            tally.week[rep_id, week] += sign
        self._owners[past.hand_off_id] = ids
        if before is None:
            self._expect(past.closed_at, "end", past.hand_off_id)
            self._expect(past.credited_at, "credit", past.hand_off_id)
            self._expect(past.withdrawn_at, "withdrawal", past.hand_off_id)

    def _expect(self, at: datetime | None, what: str, hand_off_id: uuid.UUID) -> None:
        if at is not None:
            self._numbers += 1
            heapq.heappush(self._ahead, (at, self._numbers, what, hand_off_id))

    def _days(self, rep_id: int, at: datetime) -> tuple[date, date]:
        """Return the day and the Monday of its week in the rep's zone."""
        if at != self._dates_at:
            self._dates_at, self._dates = at, {}
        zone = self._zones.get(rep_id, UTC)
        found = self._dates.get(zone)
        if found is None:
            day = at.astimezone(zone).date()
            found = self._dates[zone] = (day, day - timedelta(days=day.weekday()))
        return found
