from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from baton.demo.cast import Part
from baton.demo.funnel import DEALS_FILE, LEADS_FILE
from baton.demo.options import DemoOptions
from baton.demo.scenario import DATA, scenario_for
from baton.errors import InputError
from baton.rulebook.loading import load_agreement

LEADS = "external_id,email,given_name\n1,ada@buyer.example,Ada\n2,ben@buyer.example,Ben\n"


def test_the_sample_plays_from_a_monday_morning_with_its_touches(tmp_path: Path) -> None:
    scenario = scenario_for(DemoOptions(), tmp_path)
    assert scenario.starts_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    (delivery,) = scenario.deliveries
    assert delivery.touches == DATA / "touches.csv"
    assert scenario.companies == DATA / "companies.csv"


def test_every_scripted_person_is_a_lead_of_the_sample(tmp_path: Path) -> None:
    leads = (DATA / "leads.csv").read_text(encoding="utf-8-sig").lower()
    script = scenario_for(DemoOptions(), tmp_path).cast.script
    assert [email for email in script if email not in leads] == []
    assert {Part.DECLINES_FIRST, Part.BOUNCES, Part.SILENT} <= set(script.values())


def test_another_file_comes_with_what_lies_beside_it(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "people.csv").write_text(LEADS, encoding="utf-8")
    options = DemoOptions(leads=mine / "people.csv")
    assert scenario_for(options, tmp_path).deliveries[0].touches is None
    (mine / "touches.csv").write_text("external_id,kind,at\n", encoding="utf-8")
    assert scenario_for(options, tmp_path).deliveries[0].touches == mine / "touches.csv"


def test_a_limit_takes_the_first_rows(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(LEADS, encoding="utf-8")
    options = DemoOptions(leads=tmp_path / "people.csv", limit=1)
    taken = scenario_for(options, tmp_path / "made").deliveries[0].leads
    assert taken.read_text(encoding="utf-8").splitlines() == LEADS.splitlines()[:2]


@pytest.mark.parametrize("content", [None, "a,b\n1,2\n"])
def test_a_file_that_cannot_be_used_is_refused_before_anything_starts(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "people.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"people\.csv"):
        scenario_for(DemoOptions(leads=path), tmp_path / "made")


def test_the_funnel_arrives_day_by_day_and_its_outcome_decides_the_part(tmp_path: Path) -> None:
    (tmp_path / LEADS_FILE).write_text(
        "mql_id,first_contact_date,landing_page_id,origin\n"
        "aa,08-03-2018,page1,social\nbb,07-03-2018,page2,\n",
        encoding="utf-8",
    )
    (tmp_path / DEALS_FILE).write_text(
        "mql_id,sdr_id,sr_id,won_date\naa,sdr1,ae1,09-03-2018 10:00\n", encoding="utf-8"
    )
    scenario = scenario_for(DemoOptions(funnel=tmp_path), tmp_path / "made")
    assert [delivery.at.day for delivery in scenario.deliveries] == [7, 8]
    assert sorted(scenario.cast.script.values()) == [Part.BUYS, Part.DOES_NOT_FIT]


def test_the_funnels_agreement_is_one_that_can_be_signed() -> None:
    loaded = load_agreement(DATA / "funnel-agreement.yaml")
    assert "ready" in {criterion.id for criterion in loaded.agreement.sales_qualified}
