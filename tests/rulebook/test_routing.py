"""Who may get a lead and whose turn it is: pure rules, at their edges and by property."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baton.rulebook.routing import Routed, Rule, route, weights_of
from baton.rulebook.routing_candidates import LEAD, Candidate
from baton.rulebook.routing_conditions import LeadSeen
from baton.rulebook.routing_part import Routing
from baton.rulebook.routing_record import (
    furthest_in,
    lines_of,
    replay_route,
    stored_facts,
    stored_result,
)

FALLBACK = {"name": "Nobody's leads", "to": "max@seller.example", "within_minutes": 60}
ANYBODY = LeadSeen({}, (), ())


def routing(**values: Any) -> Routing:
    return Routing.model_validate({"fallback": FALLBACK, **values})


def ae(number: int, **values: Any) -> Candidate:
    return Candidate(number, f"ae{number}@seller.example", **values)


@dataclass
class Book:
    """The counters of a team, kept as the store keeps them."""

    agreed: Routing
    reps: dict[int, Candidate]
    credits: int = 0
    owners: list[str | None] = field(default_factory=list)
    last: Routed | None = None

    def assign(self, lead: LeadSeen = ANYBODY, owner: str | None = None) -> Routed:
        told = route(self.agreed, lead, list(self.reps.values()), owner)
        self.owners.append(told.ae)
        self.last = told
        if told.ae is None:
            return told
        for number, calibration in told.joined.items():
            one = self.reps[number]
            weight = weights_of(self.agreed, [one])[number]
            self.reps[number] = one._replace(calibration=calibration, shares=True, weight=weight)
        for number in told.left:
            self.reps[number] = self.reps[number]._replace(shares=False)
        chosen = next(one for one in self.reps.values() if one.email == told.ae)
        self.reps[chosen.id] = chosen._replace(given=chosen.given + 1, today=chosen.today + 1)
        return told

    def change(self, number: int, **values: Any) -> None:
        self.reps[number] = self.reps[number]._replace(**values)

    def distance(self) -> float:
        assert self.last is not None
        behind = [line.behind_after for line in self.last.lines if line.behind_after is not None]
        return max(map(abs, behind), default=0.0)


def team(size: int, agreed: Routing | None = None) -> Book:
    return Book(agreed or routing(), {n: ae(n) for n in range(1, size + 1)})


def test_leads_go_round_and_ties_go_to_the_lower_id() -> None:
    book = team(3)
    for _ in range(6):
        book.assign()
    assert book.owners == [f"ae{n}@seller.example" for n in (1, 2, 3, 1, 2, 3)]


def test_a_weight_of_two_is_twice_as_many() -> None:
    weights = [{"rep": "ae1@seller.example", "weight": 2}, {"team": "south", "weight": 0.5}]
    book = team(3, routing(weights=weights))
    book.change(3, team="south")
    for _ in range(7):
        book.assign()
    assert [book.reps[n].given for n in (1, 2, 3)] == [4, 2, 1]


def test_the_accounts_owner_comes_first_if_the_rules_let_them() -> None:
    book = team(2)
    told = book.assign(owner="ae2@seller.example")
    assert (told.ae, told.rule) == ("ae2@seller.example", Rule.OWNER)
    book.change(2, away_until="2026-03-09T00:00:00+00:00")
    told = book.assign(owner="ae2@seller.example")
    assert (told.ae, told.rule) == ("ae1@seller.example", Rule.SHARE)
    assert told.lines[1].why_not == "is away until 2026-03-09 00:00 UTC"


TERRITORY = {"id": "dach", "name": "DACH", "countries": ["DE"], "teams": ["dach"]}


@pytest.mark.parametrize(
    ("agreed", "values", "says"),
    [
        ({}, {"is_active": False}, "is not active any more"),
        ({}, {"is_unreadable": True}, "has a calendar that cannot be read"),
        ({"territories": [TERRITORY]}, {"team": "us"}, "is not among those of the territory DACH"),
        ({"speaks_language": True}, {"languages": ["en"]}, "does not speak the lead's language"),
        ({"skills": [{"skill": "health", "when": "industry = 'x'"}]}, {}, "lacks the skill health"),
        (
            {"cool_down_days": 30},
            {"rejected_at": "2026-03-01T09:00:00+00:00"},
            "rejected this lead on 2026-03-01, less than 30 days ago",
        ),
        ({}, {"has_declined": True}, "declined this lead, or let its time pass"),
        ({"caps": {"open_hand_offs": 2}}, {"open": 2}, "has 2 open hand-offs, and 2 are agreed"),
        ({"caps": {"a_day": 1}}, {"today": 1}, "has 1 leads today"),
        ({"caps": {"a_week": 5}}, {"week": 6}, "has 6 leads this week"),
    ],
)
def test_each_hard_rule_keeps_a_lead_from_an_ae_and_says_so(
    agreed: dict[str, Any], values: dict[str, Any], says: str
) -> None:
    section = routing(**agreed)
    lead = LeadSeen({"language": "de"}, (True,) * len(section.territories), (True,))
    lead = replace(lead, skills=(True,) * len(section.skills))
    told = route(section, lead, [ae(1, **values)], None)
    assert (told.ae, told.rule) == (None, Rule.FALLBACK)
    assert told.lines[0].why_not is not None
    assert told.lines[0].why_not.startswith(says)


def test_a_lead_of_no_territory_is_nobodys_and_unknown_is_told() -> None:
    section = routing(territories=[TERRITORY])
    for fits, says in ((False, "is in no territory"), (None, "not known whether")):
        told = route(section, LeadSeen({}, (fits,), ()), [ae(1, team="dach")], None)
        assert told.ae is None
        assert says in (told.lines[0].why_not or "")


def test_a_newcomer_begins_level_and_does_not_get_every_lead() -> None:
    book = team(3)
    for _ in range(300):
        book.assign()
    book.reps[4] = ae(4)
    for _ in range(40):
        book.assign()
    assert [book.reps[n].given for n in (1, 2, 3, 4)] == [110, 110, 110, 10]


def test_without_calibration_a_newcomer_catches_up() -> None:
    book = team(2, routing(calibration="none"))
    for _ in range(10):
        book.assign()
    book.reps[3] = ae(3)
    for _ in range(5):
        book.assign()
    assert book.reps[3].given == 5


WEIGHTS = st.sampled_from([0.5, 1, 1, 1, 2, 3, 7.5])
ACTS = st.lists(st.tuples(st.sampled_from(["lead"] * 6 + ["away", "back"]), st.integers(1, 6)))


def weighted(weights: list[float]) -> Book:
    named = [
        {"rep": f"ae{n}@seller.example", "weight": weight} for n, weight in enumerate(weights, 1)
    ]
    return team(len(weights), routing(weights=named))


def play(book: Book, acts: list[tuple[str, int]]) -> None:
    """Do as told; after each lead nobody who may have it is further than one lead off."""
    for act, number in acts:
        rep = (number - 1) % len(book.reps) + 1
        if act == "away":
            book.change(rep, away_until="2026-03-09T00:00:00+00:00")
        elif act == "back":
            book.change(rep, away_until=None)
        elif act == "credit":
            book.change(rep, given=book.reps[rep].given - 1)
            book.credits += 1
        elif book.assign().ae is not None and not book.credits:
            assert book.distance() <= 1.001


@settings(deadline=None, max_examples=150)
@given(st.lists(WEIGHTS, min_size=1, max_size=8), st.integers(1, 120))
def test_everybody_is_within_one_lead_of_their_share(weights: list[float], leads: int) -> None:
    play(weighted(weights), [("lead", 0)] * leads)


@settings(deadline=None, max_examples=150)
@given(st.integers(1, 6), ACTS)
def test_also_while_people_are_away_and_come_back(size: int, acts: list[tuple[str, int]]) -> None:
    play(team(size), acts)


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 6), ACTS, st.lists(st.integers(1, 6), max_size=8))
def test_credits_are_made_up_with_as_many_leads(
    size: int, acts: list[tuple[str, int]], credited: list[int]
) -> None:
    book = team(size)
    play(book, [*acts, *(("credit", rep) for rep in credited)])
    for rep in book.reps:
        book.change(rep, away_until=None)
    for _ in range(size * (len(credited) + 1)):
        book.assign()
    assert book.distance() <= 1.001


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.booleans(), st.integers(0, 5)), max_size=60),
    st.integers(1, 4),
)
def test_caps_territories_and_cool_down_are_never_broken_and_the_log_gives_the_same_owners(
    leads: list[tuple[int, bool, int]], cap: int
) -> None:
    agreed = routing(territories=[TERRITORY], caps={"a_day": cap}, cool_down_days=30)
    logs = []
    for _ in range(2):
        book = team(5, agreed)
        for number in (1, 2, 3):
            book.change(number, team="dach")
        for rep, fits, day in leads:
            if day == 0:
                for number in book.reps:
                    book.change(number, today=0)
            book.change(rep, rejected_at="2026-03-01T09:00:00+00:00" if day == 1 else None)
            barred = book.reps[rep].email if day == 1 else None
            told = book.assign(LeadSeen({}, (fits,), ()))
            assert told.ae is None or (fits and told.ae != barred and int(told.ae[2]) <= 3)
            assert max(one.today for one in book.reps.values()) <= cap
        logs.append(book.owners)
    assert logs[0] == logs[1]


@settings(deadline=None, max_examples=50)
@given(st.lists(WEIGHTS, min_size=1, max_size=5), ACTS)
def test_what_is_stored_replays_to_the_same(
    weights: list[float], acts: list[tuple[str, int]]
) -> None:
    book = weighted(weights)
    for act, number in acts:
        rep = (number - 1) % len(book.reps) + 1
        if act != "lead":
            book.change(rep, away_until="2026-03-09T00:00:00+00:00" if act == "away" else None)
            continue
        kept = json.loads(json.dumps(stored_facts(ANYBODY, list(book.reps.values()), None)))
        told = book.assign()
        result = json.loads(json.dumps(stored_result(told)))
        assert replay_route(book.agreed, kept) == result
        assert sorted(lines_of(kept, result)) == sorted(told.lines)
        assert furthest_in(kept, result) == told.shares.furthest()


def test_counting_is_exact() -> None:
    book = weighted([1, 1, 1])
    for _ in range(1000):
        book.assign()
    assert sum(one.counted for one in book.reps.values()) == 1000 * LEAD
