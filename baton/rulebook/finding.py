"""What the checks of an agreement find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from baton.rulebook.document import Keys

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        keys: Where, from the top of the document.
        message: What is wrong and what would be right.
        span: The offending part of the text at that place, from and to; None for the whole.
    """

    keys: Keys
    message: str
    span: tuple[int, int] | None = None


def some(names: Sequence[str]) -> str:
    """Return the first five, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
