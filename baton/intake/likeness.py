"""What comparing two records says: the same, different, or unsure, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Alike(StrEnum):
    """Whether two records are of one person or company; who is unsure asks a person."""

    SAME = "same"
    UNSURE = "unsure"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Likeness:
    """What was found, with the reasons in words, the weightiest first."""

    alike: Alike
    reasons: tuple[str, ...]


def same(*reasons: str) -> Likeness:
    """Return that they are surely the same."""
    return Likeness(Alike.SAME, reasons)


def unsure(*reasons: str) -> Likeness:
    """Return that they may be the same, and a person must look."""
    return Likeness(Alike.UNSURE, reasons)


def different(*reasons: str) -> Likeness:
    """Return that nothing says that they are the same."""
    return Likeness(Alike.DIFFERENT, reasons)


def unless(doubts: Iterable[str], likeness: Likeness) -> Likeness:
    """Return the likeness; where there are doubts, that it is unsure, with the doubts."""
    found = tuple(doubts)
    if not found or likeness.alike is not Alike.SAME:
        return likeness
    return Likeness(Alike.UNSURE, (*likeness.reasons, *(f"but {doubt}" for doubt in found)))
