"""What the counterparts write down, each in its own log, for the judge.

Every entry has two times: `tick`, seconds of the machine's monotonic clock, tells what came before
what; `at` is the business instant (aware UTC).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

_Entry = TypeVar("_Entry")


@dataclass(frozen=True, slots=True)
class Invite:
    """The calendar part of a mail.

    Attributes:
        method: `REQUEST` or `CANCEL`.
        uid: Which appointment.
        sequence: Its version.
        starts_at: Aware UTC.
        ends_at: Aware UTC.
    """

    method: str
    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that the mail server took, for all its recipients.

    Attributes:
        recipients: People's addresses, lower case; Baton's own copy is not among them.
        hand_off: Which hand-off it says it belongs to.
        kind: What it says it is, such as `introduction` or `notice`.
        name: What tells mails of a kind apart within the hand-off.
        text: Subject and words.
    """

    tick: float
    at: datetime
    recipients: tuple[str, ...]
    message_id: str
    hand_off: str
    kind: str
    name: str
    text: str
    invite: Invite | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """A write that arrived at the CRM; `is_repeat` if its id had arrived before."""

    tick: float
    at: datetime
    external_id: str
    kind: str
    lead_id: int
    body: dict[str, Any]
    is_repeat: bool = False

    @property
    def hand_off(self) -> str:
        """The hand-off that the id begins with."""
        return self.external_id.partition(":")[0]


@dataclass(slots=True)
class Saying:
    """Something that a person said to Baton, as the person remembers it.

    Attributes:
        tick: When the person said it.
        who: Address, lower case.
        what: `answered`, `accepted`, `declined`, `outcome` or `opted_out`.
        hand_off: Which hand-off it is about; empty for an opt-out by other ways than mail.
        detail: `sequence` of an invite's answer; `kind` and `feedback` of an outcome.
        known_tick: When Baton had it for sure: its API said so, or the mail was taken from its
            mailbox; None if that is not known.
        known_at: The same as a business instant.
        is_refused: Baton's API said no.
        is_unsure: An answer of the API was lost before it said no.
    """

    tick: float
    at: datetime
    who: str
    what: str
    hand_off: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    known_tick: float | None = None
    known_at: datetime | None = None
    is_refused: bool = False
    is_unsure: bool = False


class Log(Generic[_Entry]):
    """Entries in the order in which they came. Safe across threads."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._lock = threading.Lock()

    def add(self, entry: _Entry) -> None:
        """Write an entry down."""
        with self._lock:
            self._entries.append(entry)

    def all(self) -> list[_Entry]:
        """Return every entry; a copy."""
        with self._lock:
            return list(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def tick() -> float:
    """Return the present in seconds of the machine's monotonic clock."""
    return time.monotonic()
