"""The one statement against a small, obvious judge in Python, on random leads."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy.orm import Session

from baton.rulebook.evaluator import evaluate
from baton.rulebook.loading import agreement_from_content
from baton.store.tables import Account, Intake, Lead, Touch
from tests.rulebook.documents import NOW, content

LEADS = 400
Maybe = bool | None
WORDS = {True: "met", False: "unmet", None: "unknown"}


@dataclass
class Person:
    """What the oracle knows of a lead; None is unknown."""

    employees: int | None = None
    seniority: str | None = None
    title: str | None = None
    country: str | None = None
    has_budget: bool | None = None
    months: int | None = None
    fleet: int | None = None
    touches: list[tuple[str, int]] = field(default_factory=list)  # kind, minutes ago


def both(*values: Maybe) -> Maybe:
    if False in values:
        return False
    return None if None in values else True


def either(*values: Maybe) -> Maybe:
    if True in values:
        return True
    return None if None in values else False


def negate(value: Maybe) -> Maybe:
    return None if value is None else not value


def known(value: Any, test: Callable[[Any], bool]) -> Maybe:
    return None if value is None else test(value)


def count(person: Person, kind: str, days: int) -> int:
    return sum(1 for k, ago in person.touches if k == kind and 0 <= ago < days * 1440)


# Each condition as the agreement has it, and as the oracle reads it.
FIT: list[tuple[str, float, Callable[[Person], Maybe]]] = [
    (
        "employees between 50 and 5000 and country in ('US', 'DE')",
        20,
        lambda p: both(
            known(p.employees, lambda e: 50 <= e <= 5000),
            known(p.country, lambda c: c in ("US", "DE")),
        ),
    ),
    (
        "seniority in ('vp', 'c_level') or has_budget",
        12.5,
        lambda p: either(known(p.seniority, lambda s: s in ("vp", "c_level")), p.has_budget),
    ),
    (
        "not (seniority = 'student' or fleet_size < 3)",
        5,
        lambda p: negate(
            either(known(p.seniority, lambda s: s == "student"), known(p.fleet, lambda f: f < 3))
        ),
    ),
    (
        "lower(title) like '%intern%'",
        -7.5,
        lambda p: known(p.title, lambda t: "intern" in t.lower()),
    ),
    ("employees / fleet_size > 10", 3, lambda p: ratio_above(p, 10)),
]
WARMTH = {"webinar": (10, 25, 10), "page_view": (1.5, 6, 3), "unsubscribed": (-10, -15, 100)}
CRITERIA: list[tuple[str, bool, Callable[[Person], Maybe]]] = [
    ("employees >= 50", True, lambda p: known(p.employees, lambda e: e >= 50)),
    (
        "has_budget is not false and seniority <> 'student'",
        True,
        lambda p: both(p.has_budget is not False, known(p.seniority, lambda s: s != "student")),
    ),
    (
        "touches('webinar', 30) + touches('page_view', 7) >= 2 or requested_demo",
        True,
        lambda p: either(
            count(p, "webinar", 30) + count(p, "page_view", 7) >= 2,
            any(k == "demo_request" and ago >= 0 for k, ago in p.touches),
        ),
    ),
    (
        "coalesce(starts_within_months, 12) <= 6 or title is null",
        False,
        lambda p: either((12 if p.months is None else p.months) <= 6, p.title is None),
    ),
    ("fleet_size >= 3", False, lambda p: known(p.fleet, lambda f: f >= 3)),
    ("country <> 'FR'", False, lambda p: known(p.country, lambda c: c != "FR")),
]
# At least so many of these.
GROUPS: list[tuple[int, list[int]]] = [(2, [3, 4, 5]), (1, [4, 5])]


def ratio_above(person: Person, limit: float) -> Maybe:
    if person.employees is None or not person.fleet:
        return None
    return person.employees / person.fleet > limit


def rounded(value: float) -> float:
    return float(Decimal(repr(value)).quantize(Decimal("0.1"), ROUND_HALF_UP))


def warmth(person: Person, kind: str) -> float:
    points, cap, half_life = WARMTH[kind]
    left = sum(
        0.5 ** (ago / 1440 / half_life) for k, ago in person.touches if k == kind and ago >= 0
    )
    return rounded(min(cap, points * left) if cap > 0 else max(cap, points * left))


def agreement() -> dict[str, Any]:
    data = content()
    data["scoring"] |= {
        "fit": [
            {"id": f"rule-{n}", "name": "Rule", "points": points, "when": when}
            for n, (when, points, _) in enumerate(FIT)
        ],
        "warmth": [
            {"touch": kind, "name": kind, "points": p, "cap": cap, "half_life_days": half}
            for kind, (p, cap, half) in WARMTH.items()
        ],
        "fit_floor": 5,
        "warmth_floor": 2,
        "hand_off_at": 20,
        "hot_at": 45,
    }
    data["marketing_qualified"]["met_when"] = "total_points >= 10 and employees > 10"
    data["sales_qualified"] = [
        {"id": f"c-{n}", "name": "C", "ask": "?", "met_when": when, "required": required}
        for n, (when, required, _) in enumerate(CRITERIA)
    ]
    data["sales_qualified_groups"] = [
        {"id": f"g-{n}", "name": "G", "at_least": least, "of": [f"c-{m}" for m in members]}
        for n, (least, members) in enumerate(GROUPS)
    ]
    return data


def at_least(least: int, verdicts: list[Maybe]) -> Maybe:
    if verdicts.count(True) >= least:
        return True
    return None if verdicts.count(True) + verdicts.count(None) >= least else False


def someone(dice: random.Random) -> Person:
    def perhaps(values: list[Any]) -> Any:
        return dice.choice([None, *values])

    kinds = ["webinar", "page_view", "unsubscribed", "demo_request", "reply"]
    return Person(
        employees=perhaps([1, 10, 49, 50, 200, 5000, 5001]),
        seniority=perhaps(["vp", "c_level", "manager", "student", "director"]),
        title=perhaps(["VP Sales", "Intern", "INTERNAL AUDIT", "CEO"]),
        country=perhaps(["US", "DE", "FR"]),
        has_budget=perhaps([True, False]),
        months=perhaps([1, 6, 7, 24]),
        fleet=perhaps([0, 2, 3, 40]),
        touches=[
            (dice.choice(kinds), dice.choice([-5, 0, 1, 10079, 10080, 43199, 43200, 90000]) + n)
            for n in range(0, dice.randrange(9) * 2, 2)
        ],
    )


def saved(session: Session, number: int, person: Person) -> int:
    intake = Intake(source="test", key=f"oracle-{number}", at=NOW)
    account = Account(domain=f"c{number}.example", name="C", employees=person.employees)
    session.add_all([intake, account])
    session.flush()
    lead = Lead(
        intake_id=intake.id,
        account_id=account.id,
        seniority=person.seniority,
        title=person.title,
        country=person.country,
        answers={"has_budget": person.has_budget, "starts_within_months": person.months},
        custom={"Fleet size": "" if person.fleet is None else f" {person.fleet}"},
        created_at=NOW,
        changed_at=NOW,
    )
    session.add(lead)
    session.flush()
    session.add_all(
        Touch(lead_id=lead.id, kind=kind, at=NOW - timedelta(minutes=ago), detail=str(place))
        for place, (kind, ago) in enumerate(person.touches)
    )
    return lead.id


def expected(person: Person) -> dict[str, Any]:
    fit = rounded(sum(points for _, points, rule in FIT if rule(person)))
    warm = sum(Decimal(str(warmth(person, kind))) for kind in WARMTH)
    total = float(Decimal(str(fit)) + warm)
    verdicts = [rule(person) for _, _, rule in CRITERIA]
    groups = [at_least(least, [verdicts[m] for m in members]) for least, members in GROUPS]
    required = [v for v, (_, is_required, _) in zip(verdicts, CRITERIA, strict=True) if is_required]
    required += groups
    if fit < 5 or warm < 2 or total < 20 or False in required:
        qualification = "not_qualified"
    else:
        qualification = "needs_answers" if None in required else "qualified"
    marketing = both(total >= 10, known(person.employees, lambda e: e > 10)) is True
    return {
        "fit": fit,
        "warmth": float(warm),
        "total": total,
        "verdicts": [WORDS[v] for v in verdicts],
        "groups": [WORDS[v] for v in groups],
        "qualification": qualification,
        "is_hot": total >= 45,
        "is_marketing_qualified": marketing,
    }


def test_the_statement_agrees_with_the_oracle_on_random_leads(session: Session) -> None:
    dice = random.Random(20260302)
    people = {}
    for number in range(LEADS):
        person = someone(dice)
        people[saved(session, number, person)] = person
    session.flush()
    found: dict[int, dict[str, Any]] = {}
    judging = agreement_from_content(agreement())
    for judged in evaluate(session, 1, judging, lead_ids=None, as_of=NOW):
        found[judged.lead_id] = {
            "fit": judged.fit_points,
            "warmth": judged.warmth_points,
            "total": judged.total_points,
            "verdicts": [c.verdict.value for c in judged.criteria],
            "groups": [g.verdict.value for g in judged.groups],
            "qualification": judged.qualification.value,
            "is_hot": judged.is_hot,
            "is_marketing_qualified": judged.is_marketing_qualified,
        }
    assert found == {lead_id: expected(person) for lead_id, person in people.items()}
    assert {said["groups"][0] for said in found.values()} == set(WORDS.values())
    outcomes = [said["qualification"] for said in found.values()]
    assert set(outcomes) == {"qualified", "needs_answers", "not_qualified"}
