from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from baton.adapters.quality.catalogue import KINDS
from baton.adapters.quality.gate import QualityGates, Refusal
from baton.domain.gate_row import GATE_COLUMNS
from baton.errors import RulesError
from baton.store.gate_rows import gate_rows
from tests.factories import make_lead

RULES = Path("rules/quality")
GateOf = Callable[[str], QualityGates]


@pytest.fixture
def gate_of(tmp_path: Path) -> GateOf:
    def build(text: str) -> QualityGates:
        (tmp_path / "score.yaml").write_text(text, encoding="utf-8")
        return QualityGates(tmp_path)

    return build


@pytest.fixture(scope="module")
def gates() -> QualityGates:
    """The rules that come with Baton."""
    return QualityGates(RULES)


def a_row(lead_id: int = 1, **values: Any) -> dict[str, Any]:
    """A decent lead, in the middle of its hand-off."""
    row: dict[str, Any] = dict.fromkeys(GATE_COLUMNS)
    return row | {
        "lead_id": lead_id,
        "email": "lee@buyer.example",
        "status": "suspect",
        "place": "hand_off",
        "owner_id": 7,
        "touches": 2,
        "last_touch_at": datetime(2025, 3, 3, tzinfo=UTC),
        "total_points": 20.0,
        "ae_email": "ae@seller.example",
        "sdr_email": "sdr@seller.example",
        "lead_has_zone": False,
        **values,
    }


@pytest.mark.parametrize(
    ("stage", "status"),
    [
        ("qualify", "new"),
        ("enrich", "marketing_qualified"),
        ("score", "nurture"),
        ("introduce", "marketing_qualified"),
        ("book", "marketing_qualified"),
        ("transfer", "suspect"),
    ],
)
def test_a_decent_lead_passes_every_gate(gates: QualityGates, stage: str, status: str) -> None:
    assert gates.check(stage, [a_row(status=status)]).passed == (1,)


@pytest.mark.parametrize(
    ("stage", "values", "expectation", "column"),
    [
        ("qualify", {"email": None}, "expect_column_values_to_not_be_null", "email"),
        ("qualify", {"email": "lee at home"}, "expect_column_values_to_match_regex", "email"),
        (
            "qualify",
            {"email": "noreply@buyer.example"},
            "expect_column_values_to_not_match_regex",
            "email",
        ),
        (
            "enrich",
            {"company": "x" * 201},
            "expect_column_value_lengths_to_be_between",
            "company",
        ),
        ("score", {"country": "Germany"}, "expect_column_values_to_match_regex", "country"),
        ("score", {"employees": -4}, "expect_column_values_to_be_between", "employees"),
        ("introduce", {"status": "suspect"}, "expect_column_values_to_not_be_in_set", "status"),
        ("introduce", {"total_points": None, "status": "new"}, None, "total_points"),
        ("book", {"ae_email": None}, "expect_column_values_to_not_be_null", "ae_email"),
        (
            "book",
            {"ae_email": "lee@buyer.example"},
            "expect_select_column_values_to_be_unique_within_record",
            "email, ae_email",
        ),
        ("transfer", {"status": "nurture"}, "expect_column_values_to_be_in_set", "status"),
    ],
)
def test_a_refused_lead_comes_with_what_failed(
    gates: QualityGates,
    stage: str,
    values: dict[str, Any],
    expectation: str | None,
    column: str,
) -> None:
    result = gates.check(stage, [a_row(**values)])
    refusal = result.refused[1]
    assert refusal.column == column
    assert expectation in (None, refusal.expectation)
    assert refusal.meaning in refusal.reason
    assert result.passed == ()


def test_all_failing_leads_are_found_not_only_the_first_twenty(gates: QualityGates) -> None:
    rows = [a_row(n, email=None if n % 2 else "lee@buyer.example") for n in range(1000)]
    result = gates.check("qualify", rows)
    assert list(result.refused) == list(range(1, 1000, 2))
    assert result.passed == tuple(range(0, 1000, 2))


def test_the_first_expectation_in_the_file_speaks(gate_of: GateOf) -> None:
    gates = gate_of(
        "- {expect: expect_column_values_to_not_be_null, column: title, meaning: first}\n"
        "- {expect: expect_column_values_to_not_be_null, column: company, meaning: second}\n"
    )
    result = gates.check("score", [a_row(1), a_row(2, title="CEO")])
    assert [result.refused[n].meaning for n in (1, 2)] == ["first", "second"]


def test_whole_numbers_stay_whole_beside_missing_ones(gates: QualityGates) -> None:
    result = gates.check("score", [a_row(1, employees=None), a_row(2, employees=9_000_000)])
    assert result.passed == (1,)
    assert result.refused[2].value == 9_000_000


def test_only_when_narrows_a_rule(gate_of: GateOf) -> None:
    gates = gate_of(
        "- expect: expect_column_values_to_not_be_null\n  column: phone_e164\n"
        "  only_when: {column: email, being: missing}\n  meaning: No way to reach them.\n"
        "- expect: expect_column_values_to_not_be_null\n  column: time_zone\n"
        "  only_when: {column: country, being: [US, CA]}\n  meaning: Big country.\n"
        "- expect: expect_column_values_to_not_be_null\n  column: company\n"
        "  only_when: {column: domain, being: present}\n  meaning: Whose domain?\n"
    )
    rows = [
        a_row(1),
        a_row(2, email=None),
        a_row(3, email=None, phone_e164="+4930123456"),
        a_row(4, country="US"),
        a_row(5, country="DE"),
        a_row(6, domain="buyer.example"),
    ]
    result = gates.check("score", rows)
    assert result.passed == (1, 3, 5)
    assert {lead: refusal.column for lead, refusal in result.refused.items()} == {
        2: "phone_e164",
        4: "time_zone",
        6: "company",
    }


def test_a_stage_without_a_gate_lets_all_pass(gates: QualityGates) -> None:
    assert not gates.has("await_outcome")
    assert gates.check("await_outcome", [a_row(1), a_row(2)]).passed == (1, 2)


def test_nobody_is_judged_without_rows(gates: QualityGates) -> None:
    assert gates.check("qualify", []).refused == {}


def test_another_key_names_the_rows(gates: QualityGates) -> None:
    rows = [a_row(email=None) | {"row": "a"}, a_row() | {"row": "b"}]
    result = gates.check("qualify", rows, key="row")
    assert (result.passed, list(result.refused)) == (("b",), ["a"])


def test_a_rule_that_cannot_judge_its_values_is_an_error_not_a_pass(gate_of: GateOf) -> None:
    gates = gate_of(
        "- expect: expect_column_values_to_be_between\n  column: email\n  min_value: 5\n"
        "  meaning: x\n"
    )
    with pytest.raises(RulesError, match=r"score\.yaml:1: .*cannot judge the values of email"):
        gates.check("score", [a_row()])


def test_arguments_that_the_library_refuses_are_the_rules_fault(gate_of: GateOf) -> None:
    gates = gate_of(
        "- expect: expect_column_values_to_match_regex_list\n  column: email\n"
        "  regex_list: ['.']\n  match_on: neither\n  meaning: x\n"
    )
    gates.check_rules()
    with pytest.raises(RulesError, match=r"score\.yaml:1: .*refuses its arguments"):
        gates.check("score", [a_row()])


def test_threads_get_their_own_answers(gates: QualityGates) -> None:
    def judge(n: int) -> tuple[int, dict[Any, Refusal]]:
        return n, gates.check("qualify", [a_row(n, email=None if n % 3 else "a@b.example")]).refused

    with ThreadPoolExecutor(8) as pool:
        for n, refused in pool.map(judge, range(48)):
            assert list(refused) == ([n] if n % 3 else [])
    assert threading.active_count() < 50


def test_a_gate_is_silent(
    gates: QualityGates, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    gates.check("qualify", [a_row(1, email=None), a_row(2)])
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@pytest.mark.parametrize("expectation", sorted(KINDS))
def test_the_catalogue_says_what_the_library_takes(expectation: str) -> None:
    # Its import is slow; other tests of this file run without it.
    from great_expectations.expectations.registry import (  # noqa: PLC0415
        get_expectation_impl,
    )

    fields = get_expectation_impl(expectation).__fields__
    kind = KINDS[expectation]
    assert set(kind.columns) | set(kind.arguments) <= set(fields)
    needed = {name for name, field in fields.items() if field.required}
    assert needed <= set(kind.columns) | set(kind.required)


VALID = {
    "column": "employees",
    "column_A": "employees",
    "column_B": "touches",
    "column_list": ["employees", "touches"],
    "value_set": [1, 2],
    "regex": "^1",
    "regex_list": ["^1"],
    "value": 1,
    "strftime_format": "%Y",
    "value_pairs_set": [[1, 2]],
    "sum_total": 3,
    "min_value": 2,
}


@pytest.mark.parametrize("expectation", sorted(KINDS))
def test_every_expectation_of_the_catalogue_names_the_rows_it_refuses(
    gate_of: GateOf, expectation: str
) -> None:
    kind = KINDS[expectation]
    names = [
        *kind.columns,
        *kind.required,
        *(["min_value"] if "min_value" in kind.optional else []),
    ]
    arguments = "".join(f"  {name}: {VALID[name]!r}\n" for name in names)
    text_like = any(word in expectation for word in ("regex", "lengths", "strftime"))
    if text_like:
        arguments = arguments.replace("employees", "title")
    gates = gate_of(f"- expect: {expectation}\n{arguments}  meaning: x\n")
    good, bad = PAIRS[expectation]
    result = gates.check("score", [a_row(1, **good), a_row(2, **bad), *MORE.get(expectation, [])])
    assert 2 in result.refused
    assert 1 in result.passed


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "expect_column_values_to_not_be_null": ({"employees": 1}, {"employees": None}),
    "expect_column_values_to_be_null": ({"employees": None}, {"employees": 1}),
    "expect_column_values_to_be_unique": ({"employees": 1}, {"employees": 2}),
    "expect_column_values_to_be_in_set": ({"employees": 1}, {"employees": 5}),
    "expect_column_values_to_not_be_in_set": ({"employees": 5}, {"employees": 1}),
    "expect_column_values_to_be_between": ({"employees": 5}, {"employees": 1}),
    "expect_column_value_lengths_to_be_between": ({"title": "CEO"}, {"title": "C"}),
    "expect_column_value_lengths_to_equal": ({"title": "C"}, {"title": "CEO"}),
    "expect_column_values_to_match_regex": ({"title": "1a"}, {"title": "a"}),
    "expect_column_values_to_not_match_regex": ({"title": "a"}, {"title": "1a"}),
    "expect_column_values_to_match_regex_list": ({"title": "1a"}, {"title": "a"}),
    "expect_column_values_to_not_match_regex_list": ({"title": "a"}, {"title": "1a"}),
    "expect_column_values_to_match_strftime_format": ({"title": "2025"}, {"title": "now"}),
    "expect_column_pair_values_to_be_equal": (
        {"employees": 2},
        {"employees": 1},
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": ({"employees": 3}, {"employees": 1}),
    "expect_column_pair_values_to_be_in_set": ({"employees": 1}, {"employees": 2}),
    "expect_compound_columns_to_be_unique": ({"employees": 1}, {"employees": 2}),
    "expect_select_column_values_to_be_unique_within_record": ({"employees": 1}, {"employees": 2}),
    "expect_multicolumn_sum_to_equal": ({"employees": 1}, {"employees": 2}),
}
# What is unique in its set needs a twin to fail by.
MORE = {
    "expect_column_values_to_be_unique": [a_row(3, employees=2)],
    "expect_compound_columns_to_be_unique": [a_row(3, employees=2)],
}


def test_rows_from_the_database_pass_through_a_gate(session: Session, gates: QualityGates) -> None:
    good, bad = make_lead(session), make_lead(session, email=None)
    result = gates.check("qualify", gate_rows(session, [good.id, bad.id]))
    assert result.passed == (good.id,)
    assert list(result.refused) == [bad.id]
