"""Minutes and numbers in words."""

from __future__ import annotations


def duration(minutes: int) -> str:
    """Return minutes in the largest unit that leaves no rest: 2880 is `2 days`."""
    for size, unit in ((60 * 24, "day"), (60, "hour")):
        if minutes and minutes % size == 0:
            return counted(minutes // size, unit)
    return counted(minutes, "minute")


def counted(number: int, unit: str) -> str:
    """Return a number of something: `1 day`, `2 days`."""
    return f"{number} {unit}{'' if number == 1 else 's'}"
