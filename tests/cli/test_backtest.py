from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from baton.domain.clock import SetClock
from baton.engine.batch import judge_waiting
from baton.rulebook.evaluator import judge_span
from baton.runtime import Runtime
from baton.store.agreements import activate
from baton.store.tables import Touch
from tests.cli.conftest import Run
from tests.desk.stories import RULES, signed_version
from tests.factories import make_account, make_lead
from tests.rulebook.documents import content, decides


@pytest.fixture
def decided(baton: Run, runtime: Runtime, clock: SetClock) -> Run:
    """An installation in which the rules' agreement has judged two leads."""
    at = clock.now() - timedelta(days=3)
    with runtime.transaction() as session:
        activate(session, signed_version(session), by="Mo", at=clock.now())
        account = make_account(session, country="DE")
        leads = [
            make_lead(
                session,
                given_name=name,
                family_name="[bold]Moor",
                seniority="vp",
                function="sales",
                country="DE",
                account_id=account.id,
                answers={"has_need": True},
                origin="webinar",
            ).id
            for name in ("Ada", "Bo")
        ]
        session.add(Touch(lead_id=leads[0], kind="demo_request", at=at))
        session.add(Touch(lead_id=leads[1], kind="webinar", at=at))
    assert judge_waiting(runtime, leads) == 0
    clock.advance(timedelta(days=10))
    return baton


def stricter(folder: Path) -> Path:
    content = yaml.safe_load((RULES / "agreement.yaml").read_text(encoding="utf-8"))
    content["scoring"]["hand_off_at"] = 75
    path = folder / "stricter.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def test_the_active_version_comes_out_as_it_was_decided(decided: Run) -> None:
    data = decided("agreement", "backtest", "1", "--json").data
    assert data["reproduction"] == {"decisions": 2, "equal": 2, "differing": []}
    assert data["before"] == data["now"]
    assert data["newly"] == data["no_longer"] == data["unsettled"] == []


def test_json_names_leads_by_their_ids_alone(decided: Run, tmp_path: Path) -> None:
    said = decided("agreement", "backtest", stricter(tmp_path), "--json")
    (change,) = said.data["no_longer"]
    assert set(change) == {"lead_id", "decision_id", "origin", "reasons"}
    assert "Moor" not in said.out


def test_the_tables_name_the_leads_and_say_why(decided: Run, tmp_path: Path) -> None:
    said = decided("agreement", "backtest", stricter(tmp_path))
    assert said.code == 0
    assert "Bo [bold]Moor" in said.out
    assert "no longer qualifies" in said.out
    assert "The score: both floors and the total" in said.out
    assert "Nothing was written." in said.out
    assert "Ada" not in said.out


def test_the_quota_that_new_promises_is_shown_beside_both_sides(
    decided: Run, tmp_path: Path
) -> None:
    path = stricter(tmp_path)
    promised = yaml.safe_load(path.read_text(encoding="utf-8"))
    promised["quota"] = {"sales_qualified_a_month": 5}
    path.write_text(yaml.safe_dump(promised, sort_keys=False), encoding="utf-8")
    data = decided("agreement", "backtest", path, "--json").data
    assert data["quota"]["a_month"] == 5
    for side in ("before", "now"):
        assert data["quota"][f"{side}_ratio"] == data[side]["a_month"] / 5
    assert data["now"]["a_month"] < data["before"]["a_month"]
    row = next(
        line
        for line in decided("agreement", "backtest", path).out.splitlines()
        if "promises" in line
    )
    assert "of the 5 a month that NEW promises" in row
    assert [f"{data['quota'][f'{side}_ratio']:.0%}" in row for side in ("before", "now")] == [
        True,
        True,
    ]


def test_a_period_without_decisions_is_an_error_with_a_remedy(decided: Run) -> None:
    said = decided("agreement", "backtest", "1", "--from", "2020-01-01", "--to", "2020-02-01")
    assert said.code == 64
    assert "choose a longer period" in said.err


def test_what_to_judge_by_must_exist(decided: Run) -> None:
    assert decided("agreement", "backtest", "99").code == 66
    assert decided("agreement", "backtest", "nowhere.yaml").code == 65


def test_the_picture_is_written_where_it_is_wanted(decided: Run, tmp_path: Path) -> None:
    path = tmp_path / "backtest.svg"
    assert decided("agreement", "backtest", "1", "--plot", path, "--json").code == 0
    assert path.read_text(encoding="utf-8").startswith("<svg")
    said = decided("agreement", "backtest", "1", "--plot", tmp_path / "nowhere" / "b.svg")
    assert said.code == 64
    assert "cannot be written" in said.err


BANK = """external_id,email,contact,previous,month,output
b1,a@one.example,cellular,1,mar,yes
b2,b@two.example,cellular,0,may,no
b3,c@three.example,cellular,2,may,yes
b4,d@four.example,telephone,0,may,no
b5,e@five.example,telephone,1,oct,yes
b6,f@six.example,cellular,,jul,no
b7,g@seven.example,cellular,0,jul,
"""
BANK_FACTS = [
    {"name": "contact", "type": "text", "meaning": "How they were called.", "column": "contact"},
    {"name": "previous", "type": "number", "meaning": "Calls before.", "column": "previous"},
]


def over_columns(met_when: str) -> dict[str, Any]:
    """An agreement over columns of the import, and nothing else."""
    fit = {"id": "reached", "name": "Reached", "points": 20, "when": "has_email"}
    criterion = {"id": "bank", "name": "As the bank sees it", "met_when": met_when, "ask": "Is it?"}
    data = content()
    data["scoring"] |= {"fit": [fit], "fit_floor": 0, "warmth_floor": 0, "hand_off_at": 20}
    return data | {
        "facts": BANK_FACTS,
        "marketing_qualified": {"met_when": "has_email"},
        "sales_qualified": [criterion],
    }


def test_columns_of_an_import_serve_as_facts_and_as_outcomes_of_two_versions(
    baton: Run, runtime: Runtime, clock: SetClock, tmp_path: Path
) -> None:
    (tmp_path / "reps.csv").write_text("email,name,role\nsam@seller.example,Sam Orr,SDR\n")
    (tmp_path / "bank.csv").write_text(BANK)
    assert baton("import", "reps.csv", "--reps").code == 0
    assert baton("import", "bank.csv", "--json").data["created"] == 7
    old = over_columns("contact = 'cellular' and coalesce(previous, 0) >= 0")
    (tmp_path / "new.yaml").write_text(yaml.safe_dump(over_columns("previous >= 1")))
    with runtime.transaction() as session:
        agreement_id, agreement = decides(session, old)
        now, waiting = clock.now(), ["waiting"]
        judge_span(session, agreement_id, agreement, span=(0, 2**62), places=waiting, at=now)
    clock.advance(timedelta(days=10))
    data = baton("agreement", "backtest", "new.yaml", "--outcome", "output", "--json").data
    assert data["unknown_facts"] == []
    assert (data["before"]["qualified"], data["now"]["qualified"]) == (5, 3)
    assert (data["before"]["precision_ratio"], data["before"]["recall_ratio"]) == (0.5, 2 / 3)
    assert (data["now"]["precision_ratio"], data["now"]["recall_ratio"]) == (1.0, 1.0)
    assert [len(data[kind]) for kind in ("newly", "no_longer", "unsettled")] == [1, 2, 1]
