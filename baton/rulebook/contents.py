"""What an agreement promises, told as named entries in business words, section by section."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from baton.rulebook.agreement import Agreement, Promise
from baton.rulebook.parts import Range
from baton.rulebook.periods import counted as _counted
from baton.rulebook.periods import duration
from baton.rulebook.sla_telling import office_clauses, sla_clauses
from baton.rulebook.technique_telling import technique_clauses

PROMISE_NAMES = {
    "answers": "SDR answers the open questions",
    "approval": "approver decides",
    "contact": "SDR has spoken with the lead",
    "acceptance": "AE accepts the invite",
    "outcome": "AE says what came of the meeting",
    "step": "each step of the hand-off is done",
}
ANY = "any"
_ON_DECLINE = {"another_time": "another time", "another_ae": "another AE"}
_CALIBRATION = {"even": "begin level with the others", "none": "catch up on the others"}
_ON_EXPIRY = {"give_up": "give up", "escalate": "tell the manager"}


class Section(StrEnum):
    """The parts of an agreement, in the order in which people read them."""

    AGREEMENT = "agreement"
    FACT = "fact"
    PERSONA = "persona"
    IDEAL_CUSTOMER = "ideal customer"
    FIT = "fit"
    WARMTH = "warmth"
    LIMIT = "limit"
    MARKETING = "marketing-qualified"
    CRITERION = "criterion"
    GROUP = "group of criteria"
    APPROVAL = "approval"
    QUOTA = "quota"
    PROMISE = "promise"
    CALENDAR = "calendar"
    SLA = "SLA"
    TECHNIQUE = "technique"
    ROUTING = "routing"
    WEIGHT = "weight"
    TERRITORY = "territory"
    SKILL = "skill"
    NURTURE = "nurture"
    FOLLOW_UP = "follow-up"
    LATER_ACTIVITY = "later activity"
    OVERSIGHT = "oversight"


@dataclass(frozen=True, slots=True)
class Clause:
    """One value of an entry with the words around it: `cap ` 40, or 20 ` points`."""

    value: str
    before: str = ""
    after: str = ""

    @property
    def says(self) -> str:
        """The value with its words."""
        return f"{self.before}{self.value}{self.after}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that the teams agreed on.

    Attributes:
        section: The part of the agreement that it stands in.
        key: By what the same entry is found in another version.
        name: What people call it.
        clauses: What it says, by aspect; the same aspects for the same kind of entry.
    """

    section: Section
    key: str
    name: str
    clauses: Mapping[str, Clause]


def entries_of(agreement: Agreement) -> Iterator[Entry]:
    """Yield everything that the agreement says, in the order in which people read it."""
    for section in _SECTIONS:
        yield from section(agreement)


def _words(value: str) -> str:
    return f'"{" ".join(value.split())}"'


def _one(section: Section, name: str, value: str, before: str = "", after: str = "") -> Entry:
    return Entry(section, name, name, {"value": Clause(value, before, after)})


def _head(agreement: Agreement) -> Iterator[Entry]:
    yield _one(Section.AGREEMENT, "Title", _words(agreement.title))
    yield _one(Section.AGREEMENT, "Definition", _words(agreement.definition))


def _facts(agreement: Agreement) -> Iterator[Entry]:
    for rule in agreement.facts:
        clauses = {
            "type": Clause(rule.type.value),
            "column": Clause(_words(rule.column or rule.name), before="column "),
            "meaning": Clause(_words(rule.meaning), before="meaning "),
        }
        yield Entry(Section.FACT, rule.name, rule.name, clauses)


def _personas(agreement: Agreement) -> Iterator[Entry]:
    for persona in agreement.personas:
        clauses = {
            "name": Clause(_words(persona.name), before="called "),
            "titles": Clause(_list(persona.titles), before="titles "),
            "seniority": Clause(_list(persona.seniority), before="seniority "),
            "functions": Clause(_list(persona.functions), before="functions "),
        }
        yield Entry(Section.PERSONA, persona.id, persona.name, clauses)


def _ideal_customer(agreement: Agreement) -> Iterator[Entry]:
    ideal = agreement.ideal_customer
    if ideal is None:
        return
    for name, value in (
        ("Industries", _list(ideal.industries)),
        ("Employees", _range(ideal.employees)),
        ("Revenue in US dollars a year", _range(ideal.revenue_usd)),
        *((f"Region {region.name}", _list(region.countries)) for region in ideal.regions),
    ):
        if value != ANY:
            yield _one(Section.IDEAL_CUSTOMER, name, value)


def _list(values: Sequence[str]) -> str:
    return ", ".join(sorted(values)) or ANY


def _range(limits: Range | None) -> str:
    if limits is None:
        return ANY
    low, high = limits.at_least, limits.at_most
    if low is None or high is None:
        return f"up to {high:,.15g}" if high is not None else f"{low or 0:,.15g} and more"
    return f"{low:,.15g} to {high:,.15g}"


def _fit(agreement: Agreement) -> Iterator[Entry]:
    for rule in agreement.scoring.fit:
        clauses = {
            "name": Clause(_words(rule.name), before="called "),
            "points": Clause(f"{rule.points:g}", after=" points"),
            "when": Clause(_words(rule.when), before="when "),
        }
        yield Entry(Section.FIT, rule.id, rule.name, clauses)


def _warmth(agreement: Agreement) -> Iterator[Entry]:
    for rule in agreement.scoring.warmth:
        clauses = {
            "name": Clause(_words(rule.name), before="called "),
            "points": Clause(f"{rule.points:g}", after=" points"),
            "cap": Clause(f"{rule.cap:g}", before="cap "),
            "half-life": Clause(f"{rule.half_life_days:g}", before="halved every ", after=" days"),
        }
        yield Entry(Section.WARMTH, rule.touch, rule.name, clauses)


def _limits(agreement: Agreement) -> Iterator[Entry]:
    scoring = agreement.scoring
    for name, value in (
        ("Fit floor", scoring.fit_floor),
        ("Warmth floor", scoring.warmth_floor),
        ("Hand-off", scoring.hand_off_at),
        ("Hot", scoring.hot_at),
    ):
        yield _one(Section.LIMIT, name, f"{value:g}", "from ", " points")


def _marketing(agreement: Agreement) -> Iterator[Entry]:
    met_when = _words(agreement.marketing_qualified.met_when)
    yield _one(Section.MARKETING, "Marketing-qualified", met_when, "when ")


def _criteria(agreement: Agreement) -> Iterator[Entry]:
    for criterion in agreement.sales_qualified:
        clauses = {
            "name": Clause(_words(criterion.name), before="called "),
            "required": Clause("required" if criterion.required else "not required"),
            "condition": Clause(_words(criterion.met_when), before="met when "),
            "ask": Clause(_words(criterion.ask), before="asked as "),
        }
        yield Entry(Section.CRITERION, criterion.id, criterion.name, clauses)


def _groups(agreement: Agreement) -> Iterator[Entry]:
    for group in agreement.sales_qualified_groups:
        clauses = {
            "name": Clause(_words(group.name), before="called "),
            "at least": Clause(str(group.at_least), before="at least "),
            "of": Clause(", ".join(sorted(group.of)), before="of "),
        }
        yield Entry(Section.GROUP, group.id, group.name, clauses)


def _approval(agreement: Agreement) -> Iterator[Entry]:
    approval = agreement.approval
    clauses = {
        "when": Clause(approval.when),
        "borderline": Clause(f"{approval.borderline_points:g}", "borderline up to ", " points"),
    }
    yield Entry(Section.APPROVAL, "approval", "Approval before the introduction", clauses)


def _quota(agreement: Agreement) -> Iterator[Entry]:
    if agreement.quota is not None:
        by = ", ".join(sorted(agreement.quota.countries)) or "the AEs"
        clauses = {
            "a month": Clause(f"{agreement.quota.sales_qualified_a_month:,}", after=" a month"),
            "countries": Clause(by, before="paced by the working days of "),
        }
        yield Entry(Section.QUOTA, "quota", "Sales-qualified leads", clauses)


def _promises(agreement: Agreement) -> Iterator[Entry]:
    for key in type(agreement.promises).model_fields:
        promise: Promise = getattr(agreement.promises, key)
        reminders = ", ".join(duration(after) for after in promise.remind_after_minutes)
        escalated = promise.escalate_after_minutes
        told = duration(escalated) if escalated is not None else "never"
        clauses = {
            "within": Clause(duration(promise.within_minutes), before="within "),
            "reminders": Clause(reminders or "never", before="reminded after "),
            "escalation": Clause(told, before="manager told after "),
            "expiry": Clause(_ON_EXPIRY[promise.on_expiry], before="else "),
        }
        yield Entry(Section.PROMISE, key, PROMISE_NAMES.get(key, key), clauses)


def _slas(agreement: Agreement) -> Iterator[Entry]:
    for office in agreement.calendars:
        told = {aspect: Clause(*said) for aspect, said in office_clauses(office).items()}
        yield Entry(Section.CALENDAR, office.id, office.name, told)
    for sla in agreement.slas:
        told = {aspect: Clause(*said) for aspect, said in sla_clauses(sla).items()}
        yield Entry(Section.SLA, sla.id, sla.name, told)


def _techniques(agreement: Agreement) -> Iterator[Entry]:
    appointment = agreement.techniques.appointment
    clauses = {
        "meeting": Clause(duration(appointment.meeting_minutes), before="meeting of "),
        "lead time": Clause(duration(appointment.lead_time_minutes), after=" ahead at least"),
        "buffer": Clause(duration(appointment.buffer_minutes), before="buffer of "),
        "horizon": Clause(_counted(appointment.horizon_days, "day"), after=" ahead at most"),
        "proposals": Clause(str(appointment.max_proposals), after=" times offered"),
        "choice": Clause(str(appointment.times_to_choose), after=" times to choose from"),
        "hold": Clause(duration(appointment.hold_minutes), before="held for "),
        "AE declines": Clause(_ON_DECLINE[appointment.on_ae_decline], before="if the AE declines "),
        "no-show": Clause(str(appointment.no_show_rebooks), after=" more after a no-show"),
        "location": Clause(_words(appointment.location), before="at "),
    }
    yield Entry(Section.TECHNIQUE, "appointment", "Appointment", clauses)
    for key, name, aspects in technique_clauses(agreement.techniques):
        told = {aspect: Clause(*said) for aspect, said in aspects.items()}
        yield Entry(Section.TECHNIQUE, key, name, told)


def _routing(agreement: Agreement) -> Iterator[Entry]:
    routing = agreement.routing
    if routing is None:
        return
    caps, credits_, fallback = routing.caps, routing.credits, routing.fallback
    told = ", ".join(duration(after) for after in fallback.remind_after_minutes)
    for name, value, before, after in (
        ("The account's owner comes first", _yes(routing.owner_first), "", ""),
        ("The AE speaks the lead's language", _yes(routing.speaks_language), "", ""),
        ("Cap of open hand-offs", _cap(caps.open_hand_offs), "", ""),
        ("Cap of leads a day", _cap(caps.a_day), "", ""),
        ("Cap of leads a week", _cap(caps.a_week), "", ""),
        ("Cool-down after a rejection", _counted(routing.cool_down_days, "day"), "", ""),
        ("Newcomers and the returning", _CALIBRATION[routing.calibration], "", ""),
        ("Credit for a no-show", _yes(credits_.no_show), "", ""),
        ("Credit for a lead that was not met", _yes(credits_.not_met), "", ""),
        ("Credit by the committee", _yes(credits_.review), "", ""),
        ("Fallback queue", _words(fallback.name), "called ", ""),
        ("Fallback queue is kept by", fallback.to, "", ""),
        ("Fallback queue finds an AE", duration(fallback.within_minutes), "within ", ""),
        ("Fallback queue is reminded", told or "never", "after " if told else "", ""),
    ):
        yield _one(Section.ROUTING, name, value, before, after)
    for weight in routing.weights:
        yield _one(Section.WEIGHT, weight.rep or f"Team {weight.team}", f"{weight.weight:g}")
    for number, territory in enumerate(routing.territories):
        clauses = {
            "name": Clause(_words(territory.name), before="called "),
            "place": Clause(str(number + 1), before="looked at as number "),
            "condition": Clause(_words(territory.when or ANY), before="when "),
            "countries": Clause(_list(territory.countries), before="countries "),
            "employees": Clause(_range(territory.employees), before="employees "),
            "languages": Clause(_list(territory.languages), before="languages "),
            "who": Clause(_list((*territory.teams, *territory.reps)), before="for "),
        }
        yield Entry(Section.TERRITORY, territory.id, territory.name, clauses)
    for rule in routing.skills:
        yield _one(Section.SKILL, rule.skill, _words(rule.when), "needed when ")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _cap(value: int | None) -> str:
    return "none" if value is None else str(value)


def _nurture(agreement: Agreement) -> Iterator[Entry]:
    nurture = agreement.nurture
    for name, days in (
        ("Check-in after not qualified", nurture.not_qualified_days),
        ("Check-in after a return", nurture.returned_days),
        ("Check-in after a no-show", nurture.no_show_days),
    ):
        yield _one(Section.NURTURE, name, _counted(days, "day"), "in ")


def _follow_up(agreement: Agreement) -> Iterator[Entry]:
    clauses = {
        "attempts": Clause(str(agreement.follow_up.minimum_attempts), after=" attempts at least"),
        "days": Clause(_counted(agreement.follow_up.over_days, "day"), before="over "),
        "channels": Clause(_counted(agreement.follow_up.minimum_channels, "channel"), before="by "),
    }
    yield Entry(Section.FOLLOW_UP, "follow-up", "Before a lead is given up", clauses)


def _later_activity(agreement: Agreement) -> Iterator[Entry]:
    later = agreement.later_activity
    if later is None:
        return
    names = {rule.touch: rule.name for rule in agreement.scoring.warmth}
    for kinds, when in ((later.at_once, "at once"), (later.daily, f"daily at {later.daily_at}")):
        for kind in kinds:
            yield _one(Section.LATER_ACTIVITY, names.get(kind, kind), when, "told ")


def _oversight(agreement: Agreement) -> Iterator[Entry]:
    oversight = agreement.oversight
    clauses = {
        "sample": Clause(f"{oversight.sample_ratio:.4g}", after=" of a month's rejections"),
        "minimum": Clause(str(oversight.sample_minimum), before="at least "),
        "strata": Clause(" and ".join(oversight.strata) or "nothing", before="told apart by "),
        "rates": Clause(str(oversight.rates_from), before="rates of sources and teams from "),
    }
    yield Entry(Section.OVERSIGHT, "sample", "The committee sees", clauses)


_SECTIONS: tuple[Callable[[Agreement], Iterator[Entry]], ...] = (
    _head,
    _facts,
    _personas,
    _ideal_customer,
    _fit,
    _warmth,
    _limits,
    _marketing,
    _criteria,
    _groups,
    _approval,
    _quota,
    _promises,
    _slas,
    _techniques,
    _routing,
    _nurture,
    _follow_up,
    _later_activity,
    _oversight,
)
