"""What is played: which leads arrive when, under which agreement, and who does what."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from importlib.resources import files
from itertools import islice
from pathlib import Path

import yaml

from baton.demo.cast import SAMPLE_SCRIPT, Cast, Part
from baton.demo.funnel import Funnel, read_funnel
from baton.demo.inventing import Inventor, write_arrivals, write_reps
from baton.demo.options import DemoOptions
from baton.errors import InputError
from baton.intake.mapping import resolve
from baton.intake.reading import open_table
from baton.packaged import default_rules

DATA = Path(str(files("baton.demo").joinpath("data")))
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
# What the simulated SDRs find out when a criterion of the default agreement is unknown.
ANSWERS: Mapping[str, Mapping[str, object]] = {
    "fits-our-market": {"employees": 240, "country": "US"},
    "decides": {"is_decision_maker": True},
    "need": {"has_need": True},
    "timetable": {"starts_within_months": 3},
}
# What an AE may find missing after a talk; the other criteria are settled before there is one.
DOUBTFUL = ("fits-our-market", "decides", "need")
FUNNEL_NOTE = (
    "Origin, landing page, first contact and outcome are real; names, addresses, companies, "
    "telephone numbers and reps' names are invented."
)
FUNNEL_FEEDBACK = "Did not become a customer within the data's period."


@dataclass(frozen=True, slots=True)
class Delivery:
    """Files that come in at an instant (aware UTC)."""

    at: datetime
    leads: Path
    touches: Path | None


@dataclass(frozen=True)
class Scenario:
    """Everything that one demo plays with.

    Attributes:
        agreement: The agreement's file; texts and gates are the default ones.
        reps: CSV of our people.
        companies: CSV of companies by domain, or None.
        deliveries: The files of leads, in order.
        cast: Who plays which part.
        answers: Criterion id to the facts an SDR finds out.
        step: The least that the clock goes on by; what falls due in between waits so long.
        default_country: Country of phone numbers without a prefix.
        funnel: The real funnel, if this plays one.
        notes: Sentences that must be said about the data.
        present: AEs who are at their telephone when the first leads come in.
        is_invented: Whether nobody in it is a real person.
    """

    agreement: Path
    reps: Path
    companies: Path | None
    deliveries: tuple[Delivery, ...]
    cast: Cast
    answers: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    step: timedelta = timedelta(minutes=30)
    default_country: str = "US"
    funnel: Funnel | None = None
    notes: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    is_invented: bool = True

    @property
    def starts_at(self) -> datetime:
        """When the clock starts: at the first delivery."""
        return self.deliveries[0].at


def scenario_for(options: DemoOptions, folder: Path) -> Scenario:
    """Return what these options play; files that must be made are written into `folder`.

    Raises:
        InputError: A given file or folder cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if options.funnel is not None:
        return _funnel(options.funnel, options.limit, folder)
    return _sample(options, folder)


def _sample(options: DemoOptions, folder: Path) -> Scenario:
    leads = options.leads or DATA / "leads.csv"
    beside = leads.parent
    # Refused now, with a clear sentence, rather than after everything has been started.
    resolve(open_table(leads).headers, None, file=leads.name)
    if options.limit is not None:
        leads = _first_rows(leads, options.limit, folder / "leads.csv")
    return Scenario(
        agreement=_agreement(folder / "agreement.yaml"),
        reps=DATA / "reps.csv",
        companies=_if_there(beside / "companies.csv"),
        deliveries=(Delivery(MONDAY, leads, _if_there(beside / "touches.csv")),),
        cast=Cast(SAMPLE_SCRIPT, willing="owen.bridger@baton.example", doubtful=DOUBTFUL),
        answers=ANSWERS,
        present=("felix.arnhold@baton.example",),
        is_invented=options.leads is None,
    )


def _agreement(target: Path) -> Path:
    """Write the default agreement with the routing that its comments show, and two things more.

    Nobody speaks Italian; and an AE who leaves an introduction unanswered loses the lead.
    """
    text = (default_rules() / "agreement.yaml").read_text(encoding="utf-8")
    before, routing, after = re.split(r"(?m)(^# routing:\n(?:#   .*\n)+)", text)
    content = yaml.safe_load(before + re.sub(r"(?m)^# ", "", routing) + after)
    content["routing"]["skills"] = [{"skill": "italian", "when": "country = 'IT'"}]
    (answer,) = [sla for sla in content["slas"] if sla["id"] == "introduction-answer"]
    answer["escalate"] = [
        {"after_minutes": 60, "step": "manager"},
        {"after_minutes": 240, "step": "reassign"},
    ]
    target.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")
    return target


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None


def _first_rows(source: Path, limit: int, target: Path) -> Path:
    table = open_table(source)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.headers)
        writer.writerows(row.cells for row in islice(table.rows(), limit))
    return target


def _funnel(source: Path, limit: int | None, folder: Path) -> Scenario:
    funnel = read_funnel(source, limit)
    if not funnel.leads or not funnel.ae_ids or not funnel.sdr_ids:
        raise InputError(f"The funnel in {source} has no leads, or its deals name no reps.")
    arrivals = write_arrivals(funnel, folder)
    write_reps(funnel, folder / "reps.csv")
    inventor = Inventor()
    script = {
        inventor.person(lead.id).email: Part.BUYS if lead.is_won else Part.DOES_NOT_FIT
        for lead in funnel.leads
    }
    return Scenario(
        agreement=DATA / "funnel-agreement.yaml",
        reps=folder / "reps.csv",
        companies=None,
        deliveries=tuple(
            Delivery(datetime.combine(day.on, time(11, 30, tzinfo=UTC)), day.leads, day.touches)
            for day in arrivals
        ),
        cast=Cast(script, feedback=FUNNEL_FEEDBACK, doubtful=("ready",)),
        step=timedelta(hours=4),
        default_country="BR",
        funnel=funnel,
        notes=(FUNNEL_NOTE, *(f"Left out: {reason}." for reason in funnel.left_out)),
    )
