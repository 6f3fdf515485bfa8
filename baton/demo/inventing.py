"""What the real funnel lacks, invented for each id: the same id gives the same person.

Real: id, first contact, landing page, origin. Invented, and marked so on every lead (`invented`,
and a sentence in its notes): name, address, telephone number, company. Of the touches, the request
on the day of first contact is real; what came before it is derived from the id by `touches_of`.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from faker import Faker

from baton.demo.dice import seed, share
from baton.demo.funnel import Funnel, FunnelLead

NOTE = "Name, address, telephone number and company are invented; the funnel's data has none."
LEAD_COLUMNS = (
    "external_id",
    "email",
    "given_name",
    "family_name",
    "phone",
    "company",
    "domain",
    "country",
    "language",
    "time_zone",
    "origin",
    "notes",
    "landing_page",
    "first_contact_on",
    "invented",
)
TOUCH_COLUMNS = ("external_id", "kind", "at", "detail")
REP_COLUMNS = ("email", "name", "role", "time_zone", "country", "manager_email")
SAO_PAULO = "America/Sao_Paulo"
SELLER = "marketplace.example"
# The hour of the request is not in the data; all are put at eight in the morning in Sao Paulo.
REQUESTED_AT = time(11, 0, tzinfo=UTC)
MAX_EARLIER_PAGES = 3
_DOWNLOADS = 0.4


@dataclass(frozen=True, slots=True)
class InventedPerson:
    """A name and an address that belong to an id, and to nobody."""

    given_name: str
    family_name: str
    email: str
    phone: str
    company: str
    domain: str


@dataclass(frozen=True, slots=True)
class DerivedTouch:
    """Something that a lead did; only the `demo_request` is in the data."""

    kind: str
    at: datetime
    detail: str


class Inventor:
    """Invents people; each answer depends on the id alone."""

    def __init__(self) -> None:
        self._faker = Faker("pt_BR")

    def person(self, lead_id: str) -> InventedPerson:
        """Return the person of this id; addresses end in `.example` and differ for each id."""
        self._faker.seed_instance(seed(lead_id, "person"))
        given, family = self._faker.first_name(), self._faker.last_name()
        company = self._faker.company()
        # The number makes domains differ where two companies got the same name.
        domain = f"{_slug(company)}-{seed(lead_id, 'domain') % 10**8:08d}.example"
        return InventedPerson(
            given_name=given,
            family_name=family,
            email=f"{_slug(given)}.{_slug(family)}@{domain}",
            phone=f"+55 11 {95 * 10**7 + seed(lead_id, 'phone') % (5 * 10**7)}",
            company=company,
            domain=domain,
        )

    def rep_name(self, rep_id: str) -> str:
        """Return a name for a rep who is known by id only."""
        self._faker.seed_instance(seed(rep_id, "rep"))
        return f"{self._faker.first_name()} {self._faker.last_name()}"


def touches_of(lead: FunnelLead) -> Iterator[DerivedTouch]:
    """Yield the real request, then up to three page views and a download in the days before.

    The outcome has no part in it.
    """
    requested = datetime.combine(lead.first_contact_on, REQUESTED_AT)
    yield DerivedTouch("demo_request", requested, f"landing page {lead.landing_page}")
    for day in range(1, 1 + seed(lead.id, "pages") % (MAX_EARLIER_PAGES + 1)):
        yield DerivedTouch("page_view", requested - timedelta(days=day), "derived, not in the data")
    if share(lead.id, "download") < _DOWNLOADS:
        yield DerivedTouch("download", requested - timedelta(hours=1), "derived, not in the data")


@dataclass(frozen=True, slots=True)
class Arrival:
    """The files of the leads whose first contact was on one day."""

    on: date
    leads: Path
    touches: Path


def write_arrivals(funnel: Funnel, folder: Path) -> tuple[Arrival, ...]:
    """Write a lead file and a touch file for each day of first contact; return them in order."""
    folder.mkdir(parents=True, exist_ok=True)
    inventor = Inventor()
    arrivals = []
    for day, leads in funnel.by_day():
        arrival = Arrival(day, folder / f"{day}-leads.csv", folder / f"{day}-touches.csv")
        _write(arrival.leads, LEAD_COLUMNS, (_lead_row(inventor, lead) for lead in leads))
        _write(arrival.touches, TOUCH_COLUMNS, (row for lead in leads for row in _touches(lead)))
        arrivals.append(arrival)
    return tuple(arrivals)


def write_reps(funnel: Funnel, path: Path) -> None:
    """Write as many SDRs and AEs as the funnel's deals name, under invented names."""
    inventor = Inventor()
    rows = [("head@" + SELLER, "Head of Sales", "MANAGER", SAO_PAULO, "BR", "")]
    for role, ids in (("SDR", funnel.sdr_ids), ("AE", funnel.ae_ids)):
        for number, rep_id in enumerate(ids, start=1):
            name = inventor.rep_name(rep_id)
            email = f"{_slug(name).replace('-', '.')}.{role.lower()}{number}@{SELLER}"
            rows.append((email, name, role, SAO_PAULO, "BR", "head@" + SELLER))
    _write(path, REP_COLUMNS, rows)


def _lead_row(inventor: Inventor, lead: FunnelLead) -> tuple[str, ...]:
    person = inventor.person(lead.id)
    return (
        lead.id,
        person.email,
        person.given_name,
        person.family_name,
        person.phone,
        person.company,
        person.domain,
        "BR",
        "pt",
        SAO_PAULO,
        lead.origin or "",
        NOTE,
        lead.landing_page,
        lead.first_contact_on.isoformat(),
        "true",
    )


def _touches(lead: FunnelLead) -> Iterator[tuple[str, ...]]:
    for touch in touches_of(lead):
        yield lead.id, touch.kind, touch.at.isoformat(), touch.detail


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
