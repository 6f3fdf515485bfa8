"""Messages of all classes, written for this project as mail programs and servers write them."""

from __future__ import annotations

from tests.mail.samples import (
    away,
    bounces,
    calendars,
    colleagues,
    complaints,
    others,
    people,
    wishes,
)
from tests.mail.samples.model import Kind, Sample

__all__ = ["Kind", "Sample", "all_samples"]


def all_samples() -> list[Sample]:
    """Return every sample, in the same order each time."""
    rooms = (people, away, bounces, complaints, wishes, calendars, colleagues, others)
    return [sample for room in rooms for sample in room.samples()]
