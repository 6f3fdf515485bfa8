"""The leads of the fire, their companies, what they did, and our own people, as files to import."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.chaos.dice import Dice

# Thursday before the clocks go on in Europe; meetings lie on both sides of it.
LEADS_PER_WAVE = 170
# What an AE's calendar takes in a day; a single wave has days, and then they are sought after.
LEADS_PER_AE, LEADS_PER_AE_ONCE = 7, 20
ZONES = (("Europe/Berlin", "DE"), ("Europe/London", "GB"), ("America/New_York", "US"))
HEADERS = (
    "Record ID",
    "First Name",
    "Last Name",
    "Email",
    "Job Title",
    "Company Name",
    "Country/Region",
    "Time Zone",
    "Needs",
    "Unsubscribed from all email",
)
TOUCH_HEADERS = ("external_id", "kind", "at", "detail")


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead as it is imported.

    Attributes:
        number: Counts from 1; part of everything that names the lead.
        is_known: Whether a list of companies knows theirs.
        is_idle: Whether it did next to nothing.
        is_tepid: Whether it did so little that an approver is asked.
        opts_out: Whether another system's file says, hours later, that it wants no mail.
    """

    number: int
    email: str
    wave: int
    zone: str
    country: str
    is_known: bool
    is_idle: bool
    is_tepid: bool
    opts_out: bool

    @property
    def name(self) -> str:
        """Family name, by which people tell cases apart."""
        return f"Number{self.number:05d}"

    @property
    def domain(self) -> str:
        """The company's domain."""
        return f"firm{self.number:05d}.example"


def invent(dice: Dice, count: int) -> list[Lead]:
    """Return that many leads, in waves."""
    waves = -(-count // LEADS_PER_WAVE)
    return [
        _lead(dice, number, 1 + (number - 1) * waves // count) for number in range(1, count + 1)
    ]


def _lead(dice: Dice, number: int, wave: int) -> Lead:
    zone, country = ZONES[int(dice.share(number, "zone") * len(ZONES))]
    local = f"ada.number{number:05d}"
    if dice.happens(0.02, number, "nobody reads"):
        local = "no-reply"
    is_tepid = dice.happens(0.3, number, "tepid")
    return Lead(
        number,
        f"{local}@firm{number:05d}.example",
        wave,
        zone,
        country,
        is_known=not dice.happens(0.1, number, "unknown company"),
        is_idle=dice.happens(0.04, number, "idle"),
        is_tepid=is_tepid,
        opts_out=dice.happens(0.25 if is_tepid else 0.03, number, "wish in a file"),
    )


def write_wave(folder: Path, name: str, leads: Sequence[Lead], at: datetime) -> None:
    """Write the files of new leads, and what they did before `at`; then say that they are there."""
    _write_leads(folder, name, (_row(lead, opted_out=False) for lead in leads))
    touches = (row for lead in leads for row in _touches(lead, at))
    _write(folder / f"touches-{name}.csv", TOUCH_HEADERS, touches)
    (folder / f"{name}.ready").touch()


def write_wishes(folder: Path, name: str, leads: Sequence[Lead]) -> None:
    """Write another system's file, which says of leads that they want no mail."""
    _write_leads(folder, name, (_row(lead, opted_out=True) for lead in leads))
    _write(folder / f"touches-{name}.csv", TOUCH_HEADERS, ())
    (folder / f"{name}.ready").touch()


def _write_leads(folder: Path, name: str, rows: Iterable[Sequence[object]]) -> None:
    _write(folder / f"leads-{name}.csv", HEADERS, rows)


def write_companies(path: Path, leads: Iterable[Lead]) -> None:
    """Write the list of companies."""
    _write(
        path,
        ("domain", "name", "industry", "employees", "revenue_usd", "country"),
        (
            (lead.domain, f"Firm {lead.number}", "Software", 300, 9_000_000, lead.country)
            for lead in leads
            if lead.is_known
        ),
    )


def write_reps(path: Path, count: int) -> dict[str, str]:
    """Write our people, enough for so many leads; return address to role."""
    each = LEADS_PER_AE if count > LEADS_PER_WAVE else LEADS_PER_AE_ONCE
    aes = max(2, min(count, LEADS_PER_WAVE) // each)
    people = [("MANAGER", 1), ("SDR", 3), ("AE", aes), ("APPROVER", 1)]
    rows = [
        (f"{role.lower()}{number}@seller.example", f"{role.title()} Nr{number}", role, number)
        for role, many in people
        for number in range(1, many + 1)
    ]
    _write(
        path,
        ("email", "name", "role", "manager_email", "time_zone", "country", "working_hours"),
        (
            (
                email,
                name,
                role,
                "" if role == "MANAGER" else "manager1@seller.example",
                *ZONES[number % len(ZONES)],
                "mon-fri 09:00-17:00",
            )
            for email, name, role, number in rows
        ),
    )
    return {email: role for email, _, role, _ in rows}


def _row(lead: Lead, *, opted_out: bool) -> tuple[object, ...]:
    return (
        lead.number,
        "Ada",
        lead.name,
        lead.email,
        "Chief Marketing Officer",
        f"Firm {lead.number}",
        lead.country,
        lead.zone,
        "Fewer lost leads",
        "TRUE" if opted_out else "FALSE",
    )


def _touches(lead: Lead, at: datetime) -> list[tuple[object, ...]]:
    kinds: tuple[str, ...] = ("demo_request", "webinar")
    if lead.is_tepid:
        kinds = ("webinar", "download")
    if lead.is_idle:
        kinds = ("page_view",)
    days = (1, 3)
    return [
        (lead.number, kind, (at - timedelta(days=day)).isoformat(), "")
        for kind, day in zip(kinds, days, strict=False)
    ]


def _write(path: Path, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headers)
        writer.writerows(rows)
