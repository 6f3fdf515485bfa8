from __future__ import annotations

from collections import Counter

import pytest
from rich.console import Console

from baton.errors import PermanentError
from benchmarks.calendar import booking, searching
from benchmarks.plan import Plan


def plan(server_url: str = "unused") -> Plan:
    return Plan(server_url, 1_000, keeps_data=False, console=Console(stderr=True))


def test_searches_for_one_and_for_a_team_find_times() -> None:
    figures = {figure.name: figure for figure in searching.figures(plan())}
    one, team = (figures[f"calendar.slots_{who}_p95_ms"] for who in ("one", "team"))
    assert (one.target, team.target) == ("<= 20", "<= 300")
    assert 0 < one.value < team.value


def test_who_wants_a_time_that_is_taken_gets_another(server_url: str) -> None:
    figures = {figure.name: figure for figure in booking.figures(plan(server_url))}
    assert figures["calendar.contended_bookings"].value == booking.FEWEST
    assert figures["calendar.contended_booking_s"].target == "<= 5"


def test_a_rep_too_many_at_the_wanted_time_is_an_error() -> None:
    first, later = booking.NOW, booking.NOW.replace(hour=12)
    booking._refuse_doubt(Counter({first: booking.REPS, later: 10}), 20)
    for wrong in ({first: booking.REPS - 1, later: 11}, {first: booking.REPS, later: 9}):
        with pytest.raises(PermanentError, match="wanted one time"):
            booking._refuse_doubt(Counter(wrong), 20)
