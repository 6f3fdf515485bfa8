"""What a sample is: a message as it arrives, and what a person would say it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """The rows of the table, in its order."""

    REPLY = "a person's reply"
    AUTOMATIC = "automatic reply, out of office"
    HARD = "bounce, hard"
    SOFT = "bounce, soft"
    COMPLAINT = "complaint"
    OPT_OUT = "opt-out"
    CALENDAR = "calendar reply"
    COLLEAGUE = "names a colleague"
    LOOK = "a person must look"
    OWN = "our own copy"


@dataclass(frozen=True, slots=True)
class Sample:
    """One message.

    Attributes:
        name: Says which; unique.
        kind: What a person would say it is.
        content: The raw bytes.
        returns_on: The day of return that an out-of-office answer names.
        about: The addresses that a bounce, a complaint or a hint at a colleague names.
        says: Words that must be in what the person wrote.
    """

    name: str
    kind: Kind
    content: bytes = field(repr=False)
    returns_on: date | None = None
    about: tuple[str, ...] = ()
    says: str = ""
