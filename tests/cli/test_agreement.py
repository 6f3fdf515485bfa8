from __future__ import annotations

from pathlib import Path

import pytest

from baton.runtime import Runtime
from tests.cli.conftest import Run
from tests.desk.stories import RULES
from tests.factories import make_lead

FILE = RULES / "agreement.yaml"
BEFORE = "points: 30, cap: 40, half_life_days: 14"


def changed(folder: Path) -> Path:
    """Write the agreement that ships, with a demo request worth more."""
    text = FILE.read_text(encoding="utf-8")
    assert BEFORE in text
    made = folder / "new.yaml"
    made.write_text(text.replace(BEFORE, "points: 35, cap: 50, half_life_days: 14"), "utf-8")
    return made


def test_a_stored_version_and_a_file_are_compared_in_business_words(
    baton: Run, runtime: Runtime, tmp_path: Path
) -> None:
    baton("agreement", "sign", "--team", "sales", "--name", "Sal")
    (stored,) = baton("agreement", "list", "--json").data["versions"]
    new = changed(tmp_path)
    said = baton("agreement", "diff", stored["id"], new)
    assert said.code == 0
    assert "Asked for a demo" in said.out
    assert "30 → 35 points, cap 40 → 50" in said.out
    (change,) = baton("agreement", "diff", stored["id"], new, "--json").data["changes"]
    assert (change["section"], change["kind"]) == ("warmth", "changed")
    assert {"aspect": "cap", "before": "40", "after": "50"} in change["aspects"]
    assert len(baton("agreement", "list", "--json").data["versions"]) == 1


def test_two_files_are_compared_without_a_database(baton: Run, tmp_path: Path) -> None:
    assert "Changes: none" in baton("agreement", "diff", FILE, FILE).out
    assert "cap 50 → 40" in baton("agreement", "diff", changed(tmp_path), FILE).out


def test_a_version_or_a_file_that_is_not_there_is_told(
    baton: Run, runtime: Runtime, tmp_path: Path
) -> None:
    assert baton("agreement", "diff", 99, FILE).code == 66
    missing = baton("agreement", "diff", FILE, tmp_path / "none.yaml")
    assert missing.code == 65
    assert "is missing" in missing.err


def test_a_check_warns_with_the_place_and_still_succeeds(baton: Run, tmp_path: Path) -> None:
    assert baton("agreement", "check", FILE, "--json").data["warnings"] == []
    odd = tmp_path / "odd.yaml"
    text = FILE.read_text(encoding="utf-8")
    odd.write_text(text.replace(BEFORE, "points: 30, cap: 20, half_life_days: 14"), "utf-8")
    said = baton("agreement", "check", odd)
    assert said.code == 0
    assert f"warning: {odd}:" in said.err
    (warned,) = baton("agreement", "check", odd, "--json").data["warnings"]
    assert warned["path"] == "scoring.warmth[0].cap"


def test_a_check_asks_the_leads_that_are_there(
    baton: Run, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runtime.transaction() as session:
        for _ in range(20):
            make_lead(session)
    assert baton("agreement", "check", FILE, "--json").data["warnings"] == []
    monkeypatch.setenv("BATON_DATABASE_URL", "postgresql+psycopg://nobody@localhost/none")
    warned = baton("agreement", "check", FILE, "--json").data["warnings"]
    assert any("of all the latest 20 leads" in one["message"] for one in warned)


def test_a_check_asks_the_reps_that_are_there(house: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_DATABASE_URL", "postgresql+psycopg://nobody@localhost/none")
    said = house("agreement", "check", FILE).err
    assert "techniques.appointment: the zone of sam@seller.example, ida@seller.example is" in said
    assert f"{FILE}:" in said
