"""Instants as exports write them; without a zone they are UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

# After ISO. A date with slashes is told from its file's source, never guessed.
_FORMATS = (
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d %b %Y %H:%M",
    "%d %b %Y",
    "%b %d, %Y %I:%M %p",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %B %Y",
)
_SLASHES = ("%m/%d/%Y %I:%M %p", "%m/%d/%Y, %I:%M %p", "%m/%d/%Y %H:%M", "%m/%d/%Y")
_BY_SOURCE = {"salesforce": _SLASHES}


@lru_cache(maxsize=20_000)
def instant(text: str, *, written: str | None = None, source: str = "") -> datetime | None:
    """Return the aware UTC instant that the text says, or None if it says none.

    Args:
        text: A date, or a date with a time.
        written: Its `strptime` format if a mapping says so; then no other is tried but ISO.
        source: Where the file comes from; Salesforce writes 3/31/2026.
    """
    formats = (written,) if written else (*_FORMATS, *_BY_SOURCE.get(source, ()))
    for pattern in formats:
        try:
            return _utc(datetime.strptime(text, pattern))  # noqa: DTZ007 (_utc gives the zone)
        except ValueError:
            continue
    try:
        return _utc(datetime.fromisoformat(text))
    except ValueError:
        return None


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
