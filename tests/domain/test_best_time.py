"""Words that say when somebody is best reached."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.domain.best_time import OFFICE, BestTimes, read_best_times

MONDAY = datetime(2026, 3, 2)  # noqa: DTZ001 (a wall time)


def best(days: str = "", *spans: str) -> BestTimes:
    """Read days such as "0123" and spans such as "14:00-16:30"."""
    read = (tuple(time.fromisoformat(at) for at in span.split("-")) for span in spans)
    return BestTimes(frozenset(map(int, days)), tuple((start, end) for start, end in read))


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Mornings", best("", "08:00-12:00")),
        ("Tue-Thu mornings", best("123", "08:00-12:00")),
        ("best on Thursday or Friday at lunchtime", best("34", "12:00-14:00")),
        ("Mon to Wed 14:00-16:30", best("012", "14:00-16:30")),
        ("Thu/Fri 8.30-9.30", best("34", "08:30-09:30")),
        ("sun-tue", best("601")),
        ("weekdays after 4pm", best("01234", "16:00-23:59")),
        ("before 11", best("", "00:00-11:00")),
        ("11-2pm", best("", "11:00-14:00")),
        ("9-5", best("", "09:00-17:00")),
        ("2-4", best("", "14:00-16:00")),
        ("10 am to noon", None),
        ("Friday at 10", best("4", "10:00-11:00")),
        ("9:00 to 10:30 or 15-16h", best("", "09:00-10:30", "15:00-16:00")),
        # Never guessed from words that are not all understood.
        ("not in the morning", None),
        ("mornings except Monday", None),
        ("10:00 CET", None),
        ("Montag", None),
        ("5pm-3pm", None),
        ("25:00", None),
        ("14pm", None),
        ("any time", None),
        ("", None),
        (None, None),
    ],
)
def test_what_is_understood_whole_counts(words: str | None, meant: BestTimes | None) -> None:
    assert read_best_times(words) == meant


@given(st.text() | st.from_regex(r"[a-z0-9 :.\-]{0,40}", fullmatch=True))
def test_no_words_are_an_error_and_what_is_read_suits_some_hour(words: str) -> None:
    read = read_best_times(words)
    if read is not None:
        week = (MONDAY + n * timedelta(minutes=1) for n in range(7 * 24 * 60))
        assert any(read.suits(wall) for wall in week)


def test_unknown_people_are_reached_in_office_hours() -> None:
    assert OFFICE.suits(MONDAY.replace(hour=10))
    assert not OFFICE.suits(MONDAY.replace(hour=12))
    assert not OFFICE.suits(MONDAY.replace(hour=10) + timedelta(days=5))
