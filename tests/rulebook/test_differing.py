from __future__ import annotations

from typing import Any

import pytest

from baton.rulebook.agreement import Agreement, Promises
from baton.rulebook.contents import PROMISE_NAMES, Section
from baton.rulebook.differing import Aspect, Change, Kind, differences
from baton.rulebook.loading import agreement_from_content
from baton.rulebook.periods import duration
from tests.rulebook.documents import content


def changes(*edits: tuple[tuple[str | int, ...], Any]) -> list[Change]:
    """Return the changes after setting values, each at a path of keys."""
    data = content()
    for keys, value in edits:
        inner: Any = data
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value
    return differences(agreement(content()), agreement(data))


def agreement(data: dict[str, Any]) -> Agreement:
    return agreement_from_content(data)


def said(found: list[Change]) -> list[str]:
    return [f"{one.section}: {one.name} {one.kind}: {one.says}" for one in found]


WEBINAR = ("scoring", "warmth", 0)
FITS = ("sales_qualified", 0)


def test_an_agreement_is_no_different_from_itself() -> None:
    assert changes() == []


def test_order_and_white_space_are_no_change() -> None:
    data = content()
    for part in (data["sales_qualified"], data["scoring"]["fit"], data["scoring"]["warmth"]):
        part.reverse()
    data["definition"] = "A lead  that fits\n and is warm."
    assert differences(agreement(content()), agreement(data)) == []


def test_points_cap_and_half_life_are_told_as_one_change() -> None:
    (change,) = changes(
        ((*WEBINAR, "points"), 12.5), ((*WEBINAR, "cap"), 50), ((*WEBINAR, "half_life_days"), 7)
    )
    assert change == Change(
        section=Section.WARMTH,
        kind=Kind.CHANGED,
        name="Attended a webinar",
        says="10 → 12.5 points, cap 25 → 50, halved every 10 → 7 days",
        aspects=(
            Aspect("points", "10", "12.5"),
            Aspect("cap", "25", "50"),
            Aspect("half-life", "10", "7"),
        ),
    )


@pytest.mark.parametrize(
    ("keys", "value", "says"),
    [
        (
            ("promises", "acceptance", "within_minutes"),
            1440,
            "promise: AE accepts the invite changed: within 1 hour → 1 day",
        ),
        (
            ("promises", "outcome", "remind_after_minutes"),
            [],
            (
                "promise: AE says what came of the meeting changed: "
                "reminded after 20 minutes, 40 minutes → never"
            ),
        ),
        (
            ("promises", "contact", "on_expiry"),
            "escalate",
            "promise: SDR has spoken with the lead changed: else give up → tell the manager",
        ),
        (("scoring", "fit_floor"), 15, "limit: Fit floor changed: from 10 → 15 points"),
        (("scoring", "warmth_floor"), 6, "limit: Warmth floor changed: from 5 → 6 points"),
        (("scoring", "hand_off_at"), 35, "limit: Hand-off changed: from 30 → 35 points"),
        (("scoring", "hot_at"), 41, "limit: Hot changed: from 40 → 41 points"),
        (
            ("nurture", "returned_days"),
            30,
            "nurture: Check-in after a return changed: in 60 days → 30 days",
        ),
        (
            ("oversight", "sample_ratio"),
            0.25,
            "oversight: The committee sees changed: 0.5 → 0.25 of a month's rejections",
        ),
        (
            (*FITS, "required"),
            False,
            "criterion: The company fits changed: required → not required",
        ),
        (
            (*FITS, "ask"),
            "How many?",
            (
                'criterion: The company fits changed: asked as "How many people work there?" '
                '→ "How many?"'
            ),
        ),
        (
            (*FITS, "met_when"),
            "employees >= 9",
            (
                'criterion: The company fits changed: met when "employees between 50 and 5000" '
                '→ "employees >= 9"'
            ),
        ),
        (
            (*FITS, "name"),
            "It fits",
            'criterion: It fits changed: called "The company fits" → "It fits"',
        ),
        (
            ("scoring", "fit", 0, "points"),
            21,
            "fit: A company of our size changed: 20 → 21 points",
        ),
        (
            ("marketing_qualified", "met_when"),
            "fit_points > 1",
            (
                "marketing-qualified: Marketing-qualified changed: "
                'when "fit_points >= 10 and warmth_points >= 5" → "fit_points > 1"'
            ),
        ),
        (
            ("approval",),
            {"when": "borderline", "borderline_points": 5},
            (
                "approval: Approval before the introduction changed: "
                "never → borderline, borderline up to 0 → 5 points"
            ),
        ),
        (
            ("follow_up", "minimum_attempts"),
            6,
            "follow-up: Before a lead is given up changed: 5 → 6 attempts at least",
        ),
        (
            ("techniques", "appointment", "buffer_minutes"),
            0,
            "technique: Appointment changed: buffer of 15 minutes → 0 minutes",
        ),
        (
            ("facts", 0, "column"),
            "Cars",
            'fact: fleet_size changed: column "Fleet size" → "Cars"',
        ),
        (
            ("quota",),
            {"sales_qualified_a_month": 1200},
            (
                "quota: Sales-qualified leads added: 1,200 a month, "
                "paced by the working days of the AEs"
            ),
        ),
        (("title",), "New", 'agreement: Title changed: "How we hand over" → "New"'),
    ],
)
def test_every_part_is_told_in_business_words(
    keys: tuple[str | int, ...], value: Any, says: str
) -> None:
    assert said(changes((keys, value))) == [says]


def test_what_is_added_and_removed_is_told_with_its_content_in_the_order_of_reading() -> None:
    data = content()
    del data["sales_qualified"][2]
    data["sales_qualified"].append(
        {"id": "budget", "name": "There is money", "met_when": "has_budget", "ask": "Budget?"}
    )
    data["facts"] = []
    assert said(differences(agreement(content()), agreement(data))) == [
        'fact: fleet_size removed: number, column "Fleet size", meaning "How many cars they run."',
        (
            "criterion: Starts soon removed: not required, "
            'met when "starts_within_months <= 6", asked as "When do they start?"'
        ),
        'criterion: There is money added: required, met when "has_budget", asked as "Budget?"',
    ]


def test_a_group_of_criteria_is_told_by_its_number_and_members() -> None:
    before, after = content(), content()
    for data, least, members in ((before, 1, ["soon", "fits"]), (after, 2, ["fits", "soon"])):
        data["sales_qualified"][0]["required"] = False
        data["sales_qualified_groups"] = [
            {"id": "some", "name": "Some of it", "at_least": least, "of": members}
        ]
    assert said(differences(agreement(before), agreement(after))) == [
        "group of criteria: Some of it changed: at least 1 → 2"
    ]


def test_personas_and_the_ideal_customer_are_told_by_what_they_hold() -> None:
    before, after = content(), content()
    persona = {"id": "boss", "name": "Boss", "titles": ["CEO"]}
    before["personas"] = [persona]
    after["personas"] = [persona | {"titles": ["CEO", "CFO"], "seniority": ["c_level"]}]
    before["ideal_customer"] = {
        "employees": {"at_least": 50},
        "revenue_usd": {"at_most": 5_000_000},
    }
    after["ideal_customer"] = {
        "employees": {"at_least": 50, "at_most": 5000},
        "regions": [{"name": "DACH", "countries": ["DE", "AT", "CH"]}],
    }
    assert said(differences(agreement(before), agreement(after))) == [
        "persona: Boss changed: titles CEO → CEO, CFO, seniority any → c_level",
        "ideal customer: Revenue in US dollars a year removed: up to 5,000,000",
        "ideal customer: Employees changed: 50 and more → 50 to 5,000",
        "ideal customer: Region DACH added: AT, CH, DE",
    ]


def test_every_promise_has_a_name_for_people() -> None:
    assert set(PROMISE_NAMES) == set(Promises.model_fields)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (90, "90 minutes"),
        (1440, "1 day"),
        (2880, "2 days"),
        (3000, "50 hours"),
    ],
)
def test_a_duration_is_told_in_its_largest_whole_unit(minutes: int, words: str) -> None:
    assert duration(minutes) == words
