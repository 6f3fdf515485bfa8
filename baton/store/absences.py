"""When reps are not there: read as days, kept as instants; withdrawn, never taken away."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.store.tables import Absence


@dataclass(frozen=True, slots=True)
class Away:
    """A time in which a rep is not there; aware UTC instants, the end not included."""

    starts_at: datetime
    ends_at: datetime


def parse_absences(text: str, zone: str) -> tuple[Away, ...]:
    """Return absences such as "2026-08-03..2026-08-14; 2026-12-24", whole days of the zone.

    Raises:
        ValueError: The text says something else; the message says what.
    """
    parts = (part.strip() for part in re.split("[;,]", text))
    return tuple(_away(part, zone) for part in parts if part)


def _away(part: str, zone: str) -> Away:
    first, _, last = part.partition("..")
    start, end = _day(first, part), _day(last or first, part)
    if end < start:
        raise ValueError(f"absence {part!r} ends before it begins")
    return Away(_midnight(start, zone), _midnight(end + timedelta(days=1), zone))


def _day(text: str, part: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(f"absence {part!r} is not like 2026-08-03..2026-08-14") from error


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), zoneinfo.ZoneInfo(zone)).astimezone(UTC)


def keep_absences(session: Session, rep_id: int, absences: Sequence[Away], *, at: datetime) -> None:
    """Let these be the rep's absences from now on; what is over stays as it was.

    Args:
        session: Its transaction.
        rep_id: Whose.
        absences: All that are ahead; those that were known and are not here are withdrawn.
        at: Now (aware UTC).
    """
    known = session.scalars(
        select(Absence).where(
            Absence.rep_id == rep_id, Absence.withdrawn_at.is_(None), Absence.ends_at > at
        )
    ).all()
    wanted = {one for one in absences if one.ends_at > at}
    for row in known:
        same = Away(row.starts_at, row.ends_at)
        if same in wanted:
            wanted.remove(same)
        else:
            row.withdrawn_at = at
    for one in sorted(wanted, key=lambda away: away.starts_at):
        session.add(
            Absence(rep_id=rep_id, starts_at=one.starts_at, ends_at=one.ends_at, recorded_at=at)
        )


def absences_of(
    session: Session, *, since: datetime, rep_ids: Sequence[int] | None = None
) -> dict[int, list[tuple[datetime, datetime]]]:
    """Return when reps are away, by rep id, in order; spans that end by `since` are left out.

    Args:
        session: Only read from.
        since: Aware UTC instant.
        rep_ids: Only of these reps; of all unless given.
    """
    query = select(Absence).where(Absence.withdrawn_at.is_(None), Absence.ends_at > since)
    if rep_ids is not None:
        query = query.where(Absence.rep_id.in_(rep_ids))
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    for row in session.scalars(query.order_by(Absence.starts_at)):
        found.setdefault(row.rep_id, []).append((row.starts_at, row.ends_at))
    return found
