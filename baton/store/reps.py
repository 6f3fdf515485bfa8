"""The people on our side: read from a CSV file, found by role and by address."""

from __future__ import annotations

import csv
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.domain.best_time import DAYS, read_best_times
from baton.domain.calendar_address import check_calendar
from baton.domain.rep import Role
from baton.errors import InputError
from baton.store.absences import Away, keep_absences, parse_absences
from baton.store.neighbours import calendar_neighbour, forget
from baton.store.tables import Json, Rep

_REQUIRED: Final = ("email", "name", "role")
_HOURS = re.compile(
    r"(?P<first>[a-z]{3})(\s*-\s*(?P<last>[a-z]{3}))?\s+"
    r"(?P<start>\d{1,2}:\d{2})\s*-\s*(?P<end>\d{1,2}:\d{2})"
)


@dataclass(frozen=True, slots=True)
class RepRow:
    """A rep as the file says it; `calendar` is None if it says nothing, "" if there is none."""

    email: str
    name: str
    role: Role
    manager_email: str | None
    time_zone: str
    country: str | None
    working_hours: Json
    calendar: str | None
    also: Json
    absences: tuple[Away, ...] | None


def import_reps(session: Session, path: Path, *, at: datetime | None = None) -> int:
    """Add or change reps, known by e-mail address; return how many the file has.

    Columns: email, name, role, manager_email, time_zone (IANA), country, working_hours, such as
    "mon-thu 09:00-17:30; fri 09:00-13:00", and calendar: empty, https://....ics,
    caldav+https://user@host/path/, google:person@host or microsoft:person@host. preferred_time says
    when the rep likes to meet best, such as "Tue-Thu 13:00-16:00", in the rep's zone. For routing:
    team, languages ("de; en"), skills ("health"), and absences ("2026-08-03..2026-08-14;
    2026-12-24": whole days of the rep's zone, the last one included). Without one of these columns
    each keeps what they have. A manager may stand after the people below them. All or nothing is
    taken. Reps that the file does not name stay as they are.

    Args:
        session: Its transaction.
        path: The file.
        at: Now (aware UTC): absences that are over stay as they were; by the database's clock
            unless given.

    Raises:
        InputError: The file cannot be read or a row is wrong; the message names file and line.
    """
    rows = list(_rows(path))
    for row in rows:
        values = {
            "name": row.name,
            "role": row.role.value,
            "time_zone": row.time_zone,
            "country": row.country,
            "working_hours": row.working_hours,
            "is_active": True,
            **({} if row.calendar is None else {"calendar": row.calendar or None}),
            **row.also,
        }
        session.execute(
            insert(Rep)
            .values(email=row.email, **values)
            .on_conflict_do_update(index_elements=[Rep.email], set_=values)
        )
    # Whoever imports reps may have mended a calendar: it is asked anew.
    forget(session, [calendar_neighbour(row.email) for row in rows])
    known = {rep.email: rep for rep in reps(session)}
    for row in rows:
        if row.manager_email is None:
            continue
        if row.manager_email not in known:
            raise InputError(
                f"{path}: the manager {row.manager_email} of {row.email} is no rep; add their row."
            )
        known[row.email].manager_id = known[row.manager_email].id
    now = at or session.execute(select(func.now())).scalar_one()
    for row in rows:
        if row.absences is not None:
            keep_absences(session, known[row.email].id, row.absences, at=now)
    session.flush()
    return len(rows)


def reps(session: Session, role: Role | None = None) -> list[Rep]:
    """Return the active reps, of one role if given, by id."""
    query = select(Rep).where(Rep.is_active).order_by(Rep.id)
    if role is not None:
        query = query.where(Rep.role == role.value)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def rep_by_email(session: Session, email: str) -> Rep | None:
    """Return the active rep with this address, whatever its case, or None."""
    return session.scalar(select(Rep).where(Rep.is_active, Rep.email == email.strip().lower()))


def parse_working_hours(text: str) -> Json:
    """Return `{"mon": ["09:00", "17:30"], ...}`; a day that is missing is not worked.

    Raises:
        ValueError: The text says something else; the message says what.
    """
    hours: Json = {}
    for part in filter(None, (each.strip().lower() for each in text.split(";"))):
        found = _HOURS.fullmatch(part)
        if found is None:
            raise ValueError(f"{part!r} is not like 'mon-fri 09:00-17:30'")
        first, last = found["first"], found["last"] or found["first"]
        unknown = [day for day in (first, last) if day not in DAYS]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no day; days are {', '.join(DAYS)}")
        start, end = _time(found["start"]), _time(found["end"])
        if start >= end:
            raise ValueError(f"{part!r} ends before it begins")
        if DAYS.index(first) > DAYS.index(last):
            raise ValueError(f"{part!r}: {last} is before {first}")
        for day in DAYS[DAYS.index(first) : DAYS.index(last) + 1]:
            hours[day] = [f"{start:%H:%M}", f"{end:%H:%M}"]
    return hours


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text.rjust(5, "0"))
    except ValueError as error:
        raise ValueError(f"{text!r} is no time of day") from error


def _rows(path: Path) -> Iterator[RepRow]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            missing = [name for name in _REQUIRED if name not in (lines.fieldnames or ())]
            if missing:
                raise InputError(
                    f"{path} has no column {' and '.join(missing)}; it has "
                    f"{', '.join(lines.fieldnames or ()) or 'none'}."
                )
            for row in lines:
                try:
                    yield _row({name: (row.get(name) or "").strip() for name in row if name})
                except ValueError as error:
                    raise InputError(f"{path}, line {lines.line_num}: {error}.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"Cannot read reps from {path}: {error}.") from error


def _row(row: Mapping[str, str]) -> RepRow:
    email = row["email"].lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise ValueError(f"email {row['email']!r} is not an address")
    if not row["name"]:
        raise ValueError(f"{email} has no name")
    role = row["role"].upper()
    if role not in set(Role):
        raise ValueError(f"role {row['role']!r} of {email} is none of {', '.join(Role)}")
    zone = row.get("time_zone") or "UTC"
    if zone not in zoneinfo.available_timezones():
        raise ValueError(f"time zone {zone!r} of {email} is not known; write it like Europe/Berlin")
    country = row.get("country", "").upper() or None
    if country and not re.fullmatch("[A-Z]{2}", country):
        raise ValueError(f"country {country!r} of {email} is not two letters, like DE")
    return RepRow(
        email=email,
        name=row["name"],
        role=Role(role),
        manager_email=row.get("manager_email", "").lower() or None,
        time_zone=zone,
        country=country,
        working_hours=parse_working_hours(row.get("working_hours") or "mon-fri 09:00-17:00"),
        calendar=_calendar(row.get("calendar"), email),
        also=_also(row, email),
        absences=_absences(row, zone),
    )


def _also(row: Mapping[str, str], email: str) -> Json:
    """Return what else the file may say; a column that is missing changes nothing."""
    said: Json = {n: row[n] or None for n in ("team", "preferred_time") if n in row}
    likes = said.get("preferred_time")
    if likes and read_best_times(likes) is None:
        raise ValueError(
            f"preferred_time {likes!r} of {email} is not understood; write it like "
            "'Tue-Thu 13:00-16:00' or 'mornings'"
        )
    for name, form in (("languages", "[a-z]{2,3}"), ("skills", "[a-z][a-z0-9-]*")):
        if name not in row:
            continue
        values = [part for part in re.split(r"[;,\s]+", row[name].lower()) if part]
        wrong = [value for value in values if not re.fullmatch(form, value)]
        if wrong:
            raise ValueError(f"{name} {wrong[0]!r} of {email} is not written like 'de; en'")
        said[name] = sorted(set(values))
    return said


def _absences(row: Mapping[str, str], zone: str) -> tuple[Away, ...] | None:
    return parse_absences(row["absences"], zone) if "absences" in row else None


def _calendar(text: str | None, email: str) -> str | None:
    try:
        return None if text is None else check_calendar(text) or ""
    except InputError as error:
        raise ValueError(f"the row of {email}: {error}") from error
