"""A small, obvious judge: what docs/agreement.md says, said once more in Python.

It shares no code with the rulebook. None is unknown; numbers are decimals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from tests.rulebook.expressions import Node, Value, all_of

DAY = 86400
TENTH, THOUSANDTH = Decimal("0.1"), Decimal("0.001")
NUMBER = re.compile(r"[+-]?(\d{1,9}(\.\d{1,6})?|\d{10,15})", re.ASCII)
YES, NO = ("true", "t", "yes", "y", "1", "on"), ("false", "f", "no", "n", "0", "off")
# Of those that Baton knows, the ones that random leads have.
FREE_MAIL, ROLES = ("gmail.com", "web.de"), ("info", "sales")
WORDS = {True: "met", False: "unmet", None: "unknown"}
LEAD_TEXTS = (
    "title",
    "seniority",
    "function",
    "company",
    "time_zone",
    "language",
    "origin",
    "campaign",
    "needs",
    "timetable",
    "preferred_channel",
)
TOLD = {
    "is_decision_maker": "boolean",
    "has_budget": "boolean",
    "has_need": "boolean",
    "replaces_something": "boolean",
    "ready_to_buy": "boolean",
    "starts_within_months": "number",
}


@dataclass
class Person:
    """A lead as it is stored.

    Attributes:
        fields: The lead's own columns.
        account: The company's columns; None if there is no company.
        answers: What the SDR noted, as JSON.
        custom: What else the import brought, as JSON.
        happened: Kind of each touch, and how many seconds ago; below 0 it is yet to come.
    """

    fields: dict[str, str | None]
    account: dict[str, Any] | None
    answers: dict[str, Any]
    custom: dict[str, Any]
    happened: list[tuple[str, int]]

    @cached_property
    def ages(self) -> dict[str, list[int]]:
        """How many seconds ago each touch was, by kind, without those yet to come."""
        kinds = {kind for kind, _ in self.happened}
        return {
            kind: ages
            for kind in kinds
            if (ages := [ago for k, ago in self.happened if k == kind and ago >= 0])
        }

    @cached_property
    def built_in(self) -> dict[str, Value]:
        """The facts that every agreement has."""
        of_company = self.account or {}
        seen: dict[str, Value] = {
            name: first(as_text(self.answers.get(name)), as_text(self.fields[name]))
            for name in LEAD_TEXTS
        }
        for name, column in (("industry", "industry"), ("account_country", "country")):
            seen[name] = first(as_text(self.answers.get(name)), as_text(of_company.get(column)))
        for name in ("employees", "revenue_usd"):
            seen[name] = first(as_number(self.answers.get(name)), as_number(of_company.get(name)))
        seen["country"] = first(
            as_text(self.answers.get("country")),
            as_text(self.fields["country"]),
            as_text(of_company.get("country")),
        )
        for name, kind in TOLD.items():
            seen[name] = self.told(name, name, kind)
        return seen | self._address() | self._doings()

    def told(self, name: str, column: str, kind: str) -> Value:
        """Return what the SDR's answer says, or else a column of the import."""
        reader = {"text": as_text, "number": as_number, "boolean": as_boolean}[kind]
        return first(reader(self.answers.get(name)), reader(self.custom.get(column)))

    def _address(self) -> dict[str, Value]:
        name, _, domain = (self.fields["email"] or "").lower().partition("@")
        has_email = self.fields["email"] is not None
        at = as_text(self.fields["domain"])
        return {
            "has_email": has_email,
            "has_phone": self.fields["phone_e164"] is not None,
            "free_mail": domain in FREE_MAIL if has_email else None,
            "role_address": name in ROLES if has_email else None,
            "domain": None if at is None else at.lower(),
        }

    def _doings(self) -> dict[str, Value]:
        return {
            "days_since_last_touch": days(age for ages in self.ages.values() for age in ages),
            "requested_demo": "demo_request" in self.ages,
            "attended": "webinar" in self.ages,
        }


def first(*values: Value) -> Value:
    return next((value for value in values if value is not None), None)


def as_text(raw: Any) -> str | None:
    """Return what is written there without spaces around it; nothing is unknown."""
    written = raw if raw is None or isinstance(raw, str) else json.dumps(raw)
    return (written or "").strip(" ") or None


def as_number(raw: Any) -> Decimal | None:
    written = as_text(raw) or ""
    return Decimal(written) if NUMBER.fullmatch(written) else None


def as_boolean(raw: Any) -> bool | None:
    written = (as_text(raw) or "").lower()
    return True if written in YES else False if written in NO else None


def days(seconds: Iterable[int]) -> Decimal | None:
    """Return the least of so many seconds as days, to a thousandth."""
    least = min(seconds, default=None)
    return None if least is None else (Decimal(least) / DAY).quantize(THOUSANDTH, ROUND_HALF_UP)


@dataclass(frozen=True)
class Agreed:
    """An agreement as its content, and each of its conditions as a tree."""

    content: dict[str, Any]
    fit: list[Node]
    marketing: Node
    criteria: list[Node]


@dataclass
class Lead:
    """A person as an agreement's conditions see it."""

    person: Person
    content: dict[str, Any]
    facts: dict[str, Value]

    def touches(self, kind: str, within: int) -> Decimal:
        return Decimal(sum(age < within * DAY for age in self.person.ages.get(kind, ())))

    def days_since(self, kind: str) -> Decimal | None:
        return days(self.person.ages.get(kind, ()))

    def is_persona(self, persona_id: str) -> bool | None:
        persona = next(p for p in self.content["personas"] if p["id"] == persona_id)
        return all_of(
            (
                has_one_of(self.facts["title"], persona["titles"]),
                is_among(self.facts["seniority"], persona.get("seniority")),
                is_among(self.facts["function"], persona.get("functions")),
            )
        )

    def is_ideal(self) -> bool | None:
        ideal, facts = self.content["ideal_customer"], self.facts
        seat = first(facts["account_country"], facts["country"])
        countries = [code for region in ideal.get("regions", ()) for code in region["countries"]]
        return all_of(
            (
                is_among(facts["industry"], ideal.get("industries")),
                is_in_range(facts["employees"], ideal.get("employees")),
                is_in_range(facts["revenue_usd"], ideal.get("revenue_usd")),
                True if not countries else None if seat is None else seat in countries,
            )
        )


def has_one_of(title: Value, words: list[str]) -> bool | None:
    """Return whether the title has one of the words, as a whole word in any case."""
    if title is None:
        return None
    return any(
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)", str(title), re.IGNORECASE) for word in words
    )


def is_among(value: Value, wanted: list[str] | None) -> bool | None:
    if not wanted:
        return True
    return None if value is None else str(value).lower() in [word.lower() for word in wanted]


def is_in_range(value: Value, limits: dict[str, float] | None) -> bool | None:
    if not limits:
        return True
    if not isinstance(value, Decimal):
        return None
    return limits.get("at_least", value) <= value <= limits.get("at_most", value)


@dataclass(frozen=True)
class Judged:
    """What is compared."""

    fit: float
    warmth: float
    total: float
    points: dict[str, float]
    verdicts: list[str]
    groups: list[str]
    qualification: str
    is_hot: bool
    is_marketing_qualified: bool


def judge(person: Person, agreed: Agreed) -> Judged:
    """Return what the agreement says of the person."""
    content, scoring = agreed.content, agreed.content["scoring"]
    lead = seen_by(person, content)
    is_given = [condition.of(lead) is True for condition in agreed.fit]
    fit = {
        rule["id"]: exact(rule["points"]) * given
        for rule, given in zip(scoring["fit"], is_given, strict=True)
    }
    warmth = {rule["touch"]: warmth_of(person, rule) for rule in scoring["warmth"]}
    fit_points = rounded(sum(fit.values(), Decimal(0)))
    warmth_points = sum(warmth.values(), Decimal(0))
    total = fit_points + warmth_points
    lead.facts |= {
        "fit_points": fit_points,
        "warmth_points": warmth_points,
        "total_points": total,
    }
    verdicts = {
        criterion["id"]: verdict_of(condition, lead, criterion["id"])
        for criterion, condition in zip(content["sales_qualified"], agreed.criteria, strict=True)
    }
    groups = [
        at_least(group["at_least"], [verdicts[member] for member in group["of"]])
        for group in content["sales_qualified_groups"]
    ]
    required = [verdicts[c["id"]] for c in content["sales_qualified"] if c["required"]]
    is_warm = (
        fit_points >= exact(scoring["fit_floor"])
        and warmth_points >= exact(scoring["warmth_floor"])
        and total >= exact(scoring["hand_off_at"])
    )
    met = all_of([*required, *groups]) if is_warm else False
    return Judged(
        fit=float(fit_points),
        warmth=float(warmth_points),
        total=float(total),
        points={name: float(points) for name, points in (fit | warmth).items() if points},
        verdicts=[WORDS[verdict] for verdict in verdicts.values()],
        groups=[WORDS[verdict] for verdict in groups],
        qualification={True: "qualified", None: "needs_answers", False: "not_qualified"}[met],
        is_hot=total >= exact(scoring["hot_at"]),
        is_marketing_qualified=agreed.marketing.of(lead) is True,
    )


def verdict_of(condition: Node, lead: Lead, criterion_id: str) -> bool | None:
    """Return what the facts say; what they leave unknown, the SDR's own yes or no settles."""
    verdict = condition.of(lead)
    assert verdict is None or isinstance(verdict, bool)
    return as_boolean(lead.person.answers.get(criterion_id)) if verdict is None else verdict


def seen_by(person: Person, content: dict[str, Any]) -> Lead:
    """Return the person with the facts that the agreement adds."""
    lead = Lead(person, content, dict(person.built_in))
    for fact in content["facts"]:
        column = fact.get("column", fact["name"])
        lead.facts[fact["name"]] = person.told(fact["name"], column, fact["type"])
    if "ideal_customer" in content:
        lead.facts["in_ideal_customer"] = lead.is_ideal()
    return lead


def warmth_of(person: Person, rule: dict[str, Any]) -> Decimal:
    """Return a rule's points: what is left of each touch counts in millionths, up to the cap."""
    ages = person.ages.get(rule["touch"], ())
    millionths = sum(round(1e6 * 0.5 ** (age / DAY / rule["half_life_days"])) for age in ages)
    points, cap = exact(rule["points"]) * millionths / 1_000_000, exact(rule["cap"])
    return rounded(min(cap, points) if cap >= 0 else max(cap, points))


def at_least(least: int, verdicts: list[bool | None]) -> bool | None:
    """Return whether so many are met; unknown while that depends on what is unknown."""
    if verdicts.count(True) >= least:
        return True
    return False if len(verdicts) - verdicts.count(False) < least else None


def exact(number: float) -> Decimal:
    return Decimal(str(number))


def rounded(points: Decimal) -> Decimal:
    return points.quantize(TENTH, ROUND_HALF_UP)
