"""The section `routing`: what is refused or warned of, where, and what a change means in words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from baton.errors import RulesError
from baton.rulebook.differing import differences
from baton.rulebook.doubts import doubts_of
from baton.rulebook.loading import agreement_from_content, load_agreement
from tests.repository.checkout import ROOT
from tests.rulebook.documents import TEXT, content

FALLBACK = {"name": "Nobody's leads", "to": "max@seller.example", "within_minutes": 60}
TERRITORY = {"id": "dach", "name": "DACH", "countries": ["DE"], "teams": ["dach"]}


def section(**values: Any) -> dict[str, Any]:
    return content() | {"routing": {"fallback": FALLBACK, **values}}


def test_the_pages_example_is_an_agreement() -> None:
    page = (ROOT / "docs" / "agreement.md").read_text(encoding="utf-8")
    example = re.search(r"^```\n(routing:.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert example is not None
    agreement = agreement_from_content(content() | yaml.safe_load(example[1]))
    assert agreement.routing is not None
    assert doubts_of(agreement) == []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"weights": [{"weight": 1}]}, "routing.weights[0]: give a team or a rep"),
        ({"weights": [{"team": "a", "weight": 0}]}, "weights[0].weight: a share of 0 is never"),
        ({"weights": [{"team": "a", "weight": 1}] * 2}, "routing.weights[0] already"),
        ({"weights": [{"team": "a", "weight": 0.0001}]}, "more than three decimals"),
        ({"weights": [{"rep": "Ida", "weight": 1}]}, "routing.weights[0].rep"),
        ({"territories": [TERRITORY] * 2}, "'dach' is routing.territories[0] already"),
        ({"territories": [TERRITORY | {"teams": []}]}, "nobody may have its leads"),
        (
            {"territories": [TERRITORY | {"employees": {"at_least": 9, "at_most": 8}}]},
            "at_least 9 is above at_most 8",
        ),
        ({"territories": [TERRITORY | {"employees": {}}]}, "give at_least, at_most, or both"),
        ({"territories": [TERRITORY | {"when": "contry = 'DE'"}]}, "did you mean 'country'?"),
        ({"skills": [{"skill": "x", "when": "employees"}]}, "routing.skills[0].when: this is a"),
        ({"caps": {"a_day": 0}}, "routing.caps.a_day"),
        ({"caps": {"per_day": 1}}, "'per_day' is not a key here"),
        ({"fallback": {"name": "x", "within_minutes": 5}}, "routing.fallback.to: is missing"),
        ({"fallback": FALLBACK | {"remind_after_minutes": [60]}}, "comes too late"),
    ],
)
def test_what_cannot_be_meant_is_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(RulesError, match=re.escape(says)):
        agreement_from_content(section(**values))


def test_the_place_in_the_file_is_told_to_the_column(tmp_path: Path) -> None:
    file = tmp_path / "agreement.yaml"
    file.write_text(
        TEXT + "routing:\n  territories:\n    - id: dach\n      name: DACH\n      teams: [dach]\n"
        "      when: employees > 5 and contry = 'DE'\n"
        "  fallback: {name: x, to: max@seller.example, within_minutes: 60}\n",
        encoding="utf-8",
    )
    with pytest.raises(RulesError) as refused:
        load_agreement(file)
    line = (
        file.read_text(encoding="utf-8")
        .splitlines()
        .index("      when: employees > 5 and contry = 'DE'")
    )
    assert f"agreement.yaml:{line + 1}:31: routing.territories[0].when" in str(refused.value)


def test_what_is_hardly_meant_is_a_warning() -> None:
    everything = {"id": "all", "name": "All", "teams": ["a"]}
    agreement = agreement_from_content(
        section(territories=[everything, TERRITORY], caps={"a_day": 5, "a_week": 3})
    )
    assert [finding.keys for finding in doubts_of(agreement)] == [
        ("routing", "territories", 0),
        ("routing", "caps", "a_day"),
    ]


def test_a_change_is_told_in_business_words() -> None:
    before = agreement_from_content(section(territories=[TERRITORY]))
    after = agreement_from_content(
        section(
            territories=[TERRITORY | {"countries": ["AT", "DE"]}],
            caps={"a_day": 4},
            weights=[{"team": "dach", "weight": 2}],
        )
    )
    told = "\n".join(repr(one) for one in differences(before, after))
    for says in ("DACH", "DE", "AT, DE", "Cap of leads a day", "Team dach"):
        assert says in told
