"""What must hold within the agreement's section `routing`, beyond the form of its parts."""

from __future__ import annotations

from collections.abc import Iterator

from baton.errors import PredicateError
from baton.rulebook.agreement import Agreement
from baton.rulebook.document import Keys, written
from baton.rulebook.facts import vocabulary_of
from baton.rulebook.finding import Finding
from baton.rulebook.predicates import compile_predicate
from baton.rulebook.routing_conditions import condition_of
from baton.rulebook.routing_part import Routing, Territory

TOP: Keys = ("routing",)


def routing_findings(agreement: Agreement) -> Iterator[Finding]:
    """Yield everything that is wrong with the section, if there is one."""
    routing = agreement.routing
    if routing is None:
        return
    yield from _weights(routing)
    yield from _territories(routing)
    yield from _fallback(routing)
    yield from _conditions(agreement, routing)


def routing_doubts(agreement: Agreement) -> Iterator[Finding]:
    """Yield what the section says and its authors hardly mean."""
    routing = agreement.routing
    if routing is None:
        return
    last = len(routing.territories) - 1
    for place, territory in enumerate(routing.territories):
        if not condition_of(territory) and place < last:
            yield Finding(
                (*TOP, "territories", place),
                "every lead is in it, so that none gets to those below; put it last",
            )
    day, week = routing.caps.a_day, routing.caps.a_week
    if day is not None and week is not None and week < day:
        yield Finding(
            (*TOP, "caps", "a_day"), f"{day} is never reached: a_week ends it at {week}; lower it"
        )


def _weights(routing: Routing) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for place, one in enumerate(routing.weights):
        keys: Keys = (*TOP, "weights", place)
        if (one.team is None) == (one.rep is None):
            yield Finding(keys, "give a team or a rep, and not both")
            continue
        if one.weight == 0:
            yield Finding(
                (*keys, "weight"),
                "a share of 0 is never a turn; give a weight above 0, or leave the rep out of "
                "every territory",
            )
        who = one.rep or f"team {one.team}"
        if who in seen:
            other = written((*TOP, "weights", seen[who]))
            yield Finding(keys, f"'{who}' has a weight in {other} already; take one of the two out")
        seen.setdefault(who, place)


def _territories(routing: Routing) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for place, territory in enumerate(routing.territories):
        keys: Keys = (*TOP, "territories", place)
        if territory.id in first:
            other = written((*TOP, "territories", first[territory.id]))
            yield Finding((*keys, "id"), f"'{territory.id}' is {other} already; use another name")
        first.setdefault(territory.id, place)
        if not territory.teams and not territory.reps:
            yield Finding(keys, "nobody may have its leads; give teams or reps")
        yield from _employees(keys, territory)


def _employees(keys: Keys, territory: Territory) -> Iterator[Finding]:
    if territory.employees is None:
        return
    low, high = territory.employees.at_least, territory.employees.at_most
    if low is None and high is None:
        yield Finding((*keys, "employees"), "give at_least, at_most, or both")
    elif low is not None and high is not None and low > high:
        message = f"at_least {low:.15g} is above at_most {high:.15g}; no company is both"
        yield Finding((*keys, "employees"), message)


def _fallback(routing: Routing) -> Iterator[Finding]:
    fallback = routing.fallback
    keys: Keys = (*TOP, "fallback", "remind_after_minutes")
    reminders = fallback.remind_after_minutes
    if list(reminders) != sorted(set(reminders)):
        yield Finding(keys, "reminders stand in order, each later than the one before")
    if reminders and max(reminders) >= fallback.within_minutes:
        yield Finding(
            keys,
            f"a reminder after {max(reminders)} minutes comes too late: the promise ends after "
            f"{fallback.within_minutes}",
        )


def _conditions(agreement: Agreement, routing: Routing) -> Iterator[Finding]:
    vocabulary = vocabulary_of(agreement, with_scores=False)
    conditions = [
        *((("territories", n), t.when) for n, t in enumerate(routing.territories)),
        *((("skills", n), s.when) for n, s in enumerate(routing.skills)),
    ]
    for keys, condition in conditions:
        if condition is None:
            continue
        try:
            compile_predicate(condition, vocabulary)
        except PredicateError as error:
            yield Finding((*TOP, *keys, "when"), str(error), (error.start, error.end))
