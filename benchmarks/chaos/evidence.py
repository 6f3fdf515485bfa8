"""What the judge sees, and what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.chaos.records import Mail, Saying, Write


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken: its name (I1 to I7), about whom, and how."""

    rule: str
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where Baton says that a lead is in the end."""

    email: str
    place: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the judge sees.

    Attributes:
        mails: What the mail server took, in order.
        writes: What the CRM took, in order, repeats too.
        sayings: What people said to Baton, in order.
        imported: Addresses of the leads that were imported.
        placed: Where Baton says that the leads are.
        aes: Addresses of the AEs.
        stuck: What stood still when the fire was given up.
    """

    mails: Sequence[Mail] = ()
    writes: Sequence[Write] = ()
    sayings: Sequence[Saying] = ()
    imported: Sequence[str] = ()
    placed: Sequence[Placed] = ()
    aes: frozenset[str] = frozenset()
    stuck: Sequence[str] = ()
