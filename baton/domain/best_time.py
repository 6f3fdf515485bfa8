"""When somebody is best reached, in their own words: "Tue-Thu mornings", "after 3pm"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days as working hours name them, in the order of `datetime.weekday()`."""
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_TO = r"\s*(?:-|\N{EN DASH}|to|until|till)\s*"
_CLOCK = r"(\d{1,2})(?:[:.]([0-5]\d))?\s*([ap]m|o'clock|h)?"
_DAY_RANGE = re.compile(rf"\b({_DAY}){_TO}({_DAY})\b")
_ONE_DAY = re.compile(rf"\b({_DAY})\b")
_SPAN = re.compile(rf"\b{_CLOCK}{_TO}{_CLOCK}(?!\w)")
_EDGE = re.compile(rf"\b(after|from|before|until|till|by)\s+{_CLOCK}(?!\w)")
_POINT = re.compile(rf"\b{_CLOCK}(?!\w)")
_PARTS: Final = {
    "morning": (time(8), time(12)),
    "noon": (time(12), time(14)),
    "midday": (time(12), time(14)),
    "lunch": (time(12), time(14)),
    "lunchtime": (time(12), time(14)),
    "afternoon": (time(13), time(17)),
    "evening": (time(17), time(20)),
}
_PART = re.compile(rf"\b({'|'.join(_PARTS)})s?\b")
_DAY_NAMES = re.compile(
    r"mon(day)?s?|tue(s|sday|sdays)?|wed(nesday|nesdays|s)?|thu(r|rs|rsday|rsdays)?|fri(day)?s?"
    r"|sat(urday|urdays)?|sun(day)?s?"
)
_GROUPS: Final = {"weekday": range(5), "workday": range(5), "weekend": range(5, 7)}
_GROUP = re.compile(rf"\b({'|'.join(_GROUPS)})s?\b")
# What may stand between and changes nothing. Any other word may change everything ("not").
_IDLE: Final = frozenset(
    re.split(
        " ",
        "a an and any anytime around are at best between call day during every i in is me of on"
        " only or please ring the time usually",
    )
)
_END: Final = time(23, 59)
_NOON: Final = 12
_LAST_BARE: Final = 6


@dataclass(frozen=True, slots=True)
class BestTimes:
    """Days of the week and spans of the day, in the person's own zone; empty means any.

    Attributes:
        days: 0 is Monday.
        spans: From (inclusive) and to (exclusive), as wall times.
    """

    days: frozenset[int] = frozenset()
    spans: tuple[tuple[time, time], ...] = ()

    def suits(self, wall: datetime) -> bool:
        """Tell whether something may begin then; `wall` is in the person's zone."""
        if self.days and wall.weekday() not in self.days:
            return False
        at = wall.time()
        return not self.spans or any(start <= at < end for start, end in self.spans)


OFFICE: Final = BestTimes(
    days=frozenset(range(5)), spans=((time(10), time(12)), (time(14), time(16)))
)
"""When people are mostly reached of whom nothing is known."""


def read_best_times(words: str | None) -> BestTimes | None:
    """Return what the words say, or None where they say nothing or are not understood whole.

    A part is never guessed from words that are not all understood: "not in the morning" is None,
    and stays for people to read.

    Args:
        words: English, such as "mornings", "Mon-Wed 14:00-16:30", "after 3pm", "Friday at 10".
    """
    left = f" {(words or '').lower()} "
    days: set[int] = set()
    spans: list[tuple[time, time]] = []
    try:
        for pattern, take in _READERS:
            for found in pattern.finditer(left):
                more_days, more_spans = take(found)
                days.update(more_days)
                spans += more_spans
            left = pattern.sub(" ", left)
    except ValueError:
        return None
    if set(re.findall(r"[^\s,;.+&/()-]+", left)) - _IDLE or not (days or spans):
        return None
    return BestTimes(frozenset(days), tuple(sorted(spans)))


_Read = tuple[list[int], list[tuple[time, time]]]


def _day(word: str) -> int:
    if not _DAY_NAMES.fullmatch(word):
        raise ValueError(word)
    return DAYS.index(word[:3])


def _days(found: re.Match[str]) -> _Read:
    first, last = _day(found[1]), _day(found[2])
    return [(first + n) % 7 for n in range((last - first) % 7 + 1)], []


def _one_day(found: re.Match[str]) -> _Read:
    return [_day(found[1])], []


def _group(found: re.Match[str]) -> _Read:
    return [*_GROUPS[found[1]]], []


def _span(found: re.Match[str]) -> _Read:
    half = found[6]
    start = _clock(found[1], found[2], found[3] or (half if half in {"am", "pm"} else None))
    end = _clock(found[4], found[5], half)
    if start >= end and found[3] is None and half == "pm":  # "11-2pm"
        start = _clock(found[1], found[2], "am")
    if start >= end:
        raise ValueError(found[0])
    return [], [(start, end)]


def _edge(found: re.Match[str]) -> _Read:
    at = _clock(found[2], found[3], found[4])
    return [], [(at, _END) if found[1] in {"after", "from"} else (time(0), at)]


def _point(found: re.Match[str]) -> _Read:
    at = _clock(found[1], found[2], found[3])
    return [], [(at, at.replace(hour=at.hour + 1) if at.hour < _END.hour else _END)]


def _part(found: re.Match[str]) -> _Read:
    return [], [_PARTS[found[1]]]


def _clock(hour: str, minute: str | None, half: str | None) -> time:
    """Return the time of day; an hour up to six without "am" or "pm" is meant as afternoon."""
    number = int(hour)
    if half in {"am", "pm"}:
        if not 1 <= number <= _NOON:
            raise ValueError(hour)
        number = number % _NOON + (_NOON if half == "pm" else 0)
    elif minute is None and half is None and 1 <= number <= _LAST_BARE:
        number += _NOON
    return time(number, int(minute or 0))


_READERS: Final = (
    (_DAY_RANGE, _days),
    (_ONE_DAY, _one_day),
    (_GROUP, _group),
    (_SPAN, _span),
    (_EDGE, _edge),
    (_PART, _part),
    (_POINT, _point),
)
