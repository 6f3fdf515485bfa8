"""What the checks of an agreement find."""

from __future__ import annotations

from dataclasses import dataclass

from baton.rulebook.document import Keys


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
