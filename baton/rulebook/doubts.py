"""What an agreement may say and its authors hardly mean: warnings, never refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from baton.rulebook.agreement import Agreement
from baton.rulebook.contradictions import contradictions_of
from baton.rulebook.facts import vocabulary_of
from baton.rulebook.finding import Finding
from baton.rulebook.predicates import compile_predicate
from baton.rulebook.routing_checks import routing_doubts
from baton.rulebook.sla_checks import sla_doubts

SHORT_HALF_LIFE_DAYS = 1
LONG_HALF_LIFE_DAYS = 730


def doubts_of(agreement: Agreement) -> list[Finding]:
    """Return what looks wrong in an agreement that is right in form."""
    looks: tuple[Callable[[Agreement], Iterator[Finding]], ...] = (
        _points,
        _half_lives,
        _total,
        _same_twice,
        _contradictions,
        routing_doubts,
        sla_doubts,
    )
    return [finding for look in looks for finding in look(agreement)]


def _points(agreement: Agreement) -> Iterator[Finding]:
    for place, rule in enumerate(agreement.scoring.fit):
        if rule.points == 0:
            yield Finding(("scoring", "fit", place, "points"), "0 points: the rule changes nothing")
    for place, touch in enumerate(agreement.scoring.warmth):
        if touch.points == 0:
            yield Finding(
                ("scoring", "warmth", place, "points"), "0 points: the rule changes nothing"
            )
        elif abs(touch.cap) < abs(touch.points):
            yield Finding(
                ("scoring", "warmth", place, "cap"),
                f"the cap {touch.cap:g} is less than one touch's {touch.points:g} points, which "
                "nobody ever gets in full",
            )


def _half_lives(agreement: Agreement) -> Iterator[Finding]:
    for place, rule in enumerate(agreement.scoring.warmth):
        days = rule.half_life_days
        keys = ("scoring", "warmth", place, "half_life_days")
        if days < SHORT_HALF_LIFE_DAYS:
            yield Finding(
                keys,
                f"after {days:g} days half is gone: the nightly batch hardly sees them",
            )
        elif days > LONG_HALF_LIFE_DAYS and rule.points > 0:
            yield Finding(
                keys, f"after {days:g} days a touch still counts half: nobody ever cools down"
            )


def _total(agreement: Agreement) -> Iterator[Finding]:
    scoring = agreement.scoring
    floors = scoring.fit_floor + scoring.warmth_floor
    if scoring.hand_off_at <= floors:
        yield Finding(
            ("scoring", "hand_off_at"),
            f"the floors alone give {scoring.fit_floor:g} + {scoring.warmth_floor:g} = {floors:g}, "
            f"so {scoring.hand_off_at:g} decides nothing",
        )


def _same_twice(agreement: Agreement) -> Iterator[Finding]:
    vocabulary = vocabulary_of(agreement, with_scores=True)
    first: dict[str, str] = {}
    for place, criterion in enumerate(agreement.sales_qualified):
        sql = compile_predicate(criterion.met_when, vocabulary).sql
        if sql in first:
            yield Finding(
                ("sales_qualified", place, "met_when"),
                f"'{first[sql]}' has the same condition; one of the two says nothing",
            )
        first.setdefault(sql, criterion.id)


def _contradictions(agreement: Agreement) -> Iterator[Finding]:
    for found in contradictions_of(agreement):
        criterion = agreement.sales_qualified[found.place]
        where = "" if found.other_id == criterion.id else f" of '{found.other_id}'"
        yield Finding(
            ("sales_qualified", found.place, "met_when"),
            f"{found.written} contradicts {found.other_written}{where}; a lead never "
            "meets both: change one of them",
        )
