"""Warnings: what may be signed and is hardly meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from baton.rulebook.document import written
from baton.rulebook.doubts import doubts_of
from baton.rulebook.loading import agreement_from_content, load_agreement
from baton.rulebook.on_data import FEWEST_LEADS, doubts_on_data
from tests.factories import make_account, make_lead
from tests.rulebook.documents import NOW, TEXT, content, write

RULES = Path(__file__).parents[2] / "rules" / "agreement.yaml"


def criteria(*conditions: str, optional: str = "") -> dict[str, Any]:
    data = content()
    told = [(condition, True) for condition in conditions] + [(optional, False)] * bool(optional)
    data["sales_qualified"] = [
        {"id": f"c-{n}", "name": "C", "ask": "?", "met_when": condition, "required": is_required}
        for n, (condition, is_required) in enumerate(told)
    ]
    return data


def doubts(data: dict[str, Any]) -> list[tuple[str, str]]:
    found = doubts_of(agreement_from_content(data))
    return [(written(finding.keys), finding.message) for finding in found]


def test_the_agreement_that_ships_and_the_tests_own_raise_no_doubt() -> None:
    assert doubts_of(load_agreement(RULES).agreement) == []
    assert doubts(content()) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("employees >= 500", "employees < 50"),
        ("employees > 50", "employees <= 50"),
        ("employees between 1 and 9", "10 <= employees"),
        ("employees = 7", "employees > 7"),
        ("employees in (1, 2)", "employees = 3"),
        ("has_budget", "not has_budget"),
        ("has_budget", "has_need and has_budget = false"),
        ("country in ('US', 'DE')", "country = 'FR'"),
        ("title is null", "title = 'CEO'"),
        ("employees is null", "employees > -3"),
        ("touches('webinar', 30) >= 2", "(touches('webinar', 30) = 0)"),
        ("fit_points >= 30", "FIT_POINTS < 20 and has_need"),
        ("employees > 1", "employees < 5 and employees > 9"),
    ],
)
def test_criteria_that_contradict_each_other_are_doubted(first: str, second: str) -> None:
    ((path, message),) = doubts(criteria(first, second))
    assert path == "sales_qualified[1].met_when"
    assert "contradicts" in message
    ((path, message),) = doubts(criteria(first, optional=second))
    assert path == "sales_qualified[1].met_when"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("employees >= 50", "employees <= 50"),
        ("employees >= 500 or has_need", "employees < 50"),
        ("country in ('US', 'DE')", "country in ('DE', 'FR')"),
        ("country in ('US', 'DE')", "country not in ('US')"),
        ("touches('webinar', 30) = 0", "touches('webinar', 90) >= 1"),
        ("employees is not null", "employees > 3"),
        ("not (has_budget and has_need)", "has_budget"),
        ("employees > revenue_usd", "employees < 5"),
        ("coalesce(has_budget, true)", "has_budget = false or has_need"),
        ("lower(title) = 'ceo'", "title = 'CEO'"),
    ],
)
def test_criteria_that_can_be_met_together_are_not_doubted(first: str, second: str) -> None:
    assert doubts(criteria(first, second)) == []


def test_what_only_optional_criteria_say_may_contradict() -> None:
    data = criteria("has_need", optional="employees < 50")
    data["sales_qualified"].append(
        data["sales_qualified"][1] | {"id": "big", "met_when": "employees > 500"}
    )
    assert doubts(data) == []


def test_a_contradiction_names_both_parts() -> None:
    ((_, message),) = doubts(criteria("has_need and employees >= 500", "employees < 50"))
    assert message.startswith("employees < 50 contradicts employees >= 500 of 'c-0'; a lead never")


def test_a_condition_that_is_there_twice_is_doubted() -> None:
    ((path, message),) = doubts(criteria("employees>50", "(employees  > 50)"))
    assert (path, "'c-0' has the same condition" in message) == (
        "sales_qualified[1].met_when",
        True,
    )


WEBINAR = ("scoring", "warmth", 0)


@pytest.mark.parametrize(
    ("keys", "value", "says"),
    [
        (("scoring", "fit", 1, "points"), 0, "changes nothing"),
        ((*WEBINAR, "points"), 26, "the cap 25 is less than one touch's 26 points"),
        ((*WEBINAR, "half_life_days"), 0.5, "hardly sees"),
        ((*WEBINAR, "half_life_days"), 731, "nobody ever cools down"),
        (("scoring", "hand_off_at"), 15, "10 + 5 = 15, so 15 decides nothing"),
    ],
)
def test_points_that_say_nothing_are_doubted(
    keys: tuple[str | int, ...], value: float, says: str
) -> None:
    data = content()
    inner: Any = data
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    ((path, message),) = doubts(data)
    assert says in message
    assert path.rpartition(".")[0] == written(keys).rpartition(".")[0]


def test_a_warning_has_its_line_in_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.replace("points: 10, cap: 25", "points: 26, cap: 25"))
    loaded = load_agreement(path)
    (warned,) = loaded.warnings(doubts_of(loaded.agreement))
    line = TEXT[: TEXT.index("{touch: webinar")].count("\n") + 1
    assert str(warned).startswith(f"{path}:{line}: scoring.warmth[0].cap: the cap 25 is less")


def crowd(session: Session, number: int) -> None:
    account = make_account(session, employees=100)
    for place in range(number):
        make_lead(session, account_id=account.id, seniority="vp" if place % 2 else "student")


def test_conditions_that_say_the_same_of_all_leads_are_doubted(session: Session) -> None:
    crowd(session, FEWEST_LEADS)
    found = doubts_on_data(session, agreement_from_content(content()), as_of=NOW)
    assert [(written(f.keys), f.message.split(":")[0]) for f in found] == [
        ("scoring.fit[0].when", "true of all the latest 20 leads"),
        ("sales_qualified[0].met_when", "true of all the latest 20 leads"),
        ("sales_qualified[2].met_when", "unknown for all the latest 20 leads"),
    ]


def test_a_few_leads_say_nothing_of_a_condition(session: Session) -> None:
    crowd(session, FEWEST_LEADS - 1)
    assert doubts_on_data(session, agreement_from_content(content()), as_of=NOW) == []
