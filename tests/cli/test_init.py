from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from baton.engine.preflight import check_rules
from baton.errors import RulesError
from baton.packaged import default_rules
from baton.rulebook.schema import agreement_schema
from baton.settings import PREFIX, Settings
from tests.cli.conftest import Run


def test_init_writes_settings_and_rules_that_can_be_used(baton: Run, tmp_path: Path) -> None:
    said = baton("init", "desk", "--json")
    assert said.data == {"written": ["desk/baton.env", "desk/rules"], "kept": []}
    assert check_rules(Settings(rules=tmp_path / "desk" / "rules")).agreement.title
    env = tmp_path / "desk" / "baton.env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600


def test_init_puts_the_schema_beside_the_agreement_and_names_it_there(
    baton: Run, tmp_path: Path
) -> None:
    baton("init")
    rules = tmp_path / "rules"
    first, _, rest = (rules / "agreement.yaml").read_text(encoding="utf-8").partition("\n")
    assert rest == (default_rules() / "agreement.yaml").read_text(encoding="utf-8")
    _, _, name = first.partition("# yaml-language-server: $schema=")
    schema = json.loads((rules / name).read_text(encoding="utf-8"))
    assert schema == agreement_schema()


def test_every_setting_is_there_with_its_meaning_and_its_default(
    baton: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    baton("init")
    text = (tmp_path / "baton.env").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert f"# {field.description}\n#{PREFIX}{name.upper()}=" in text
    uncommented = text.replace(f"#{PREFIX}", PREFIX)
    (tmp_path / "baton.env").write_text(uncommented, encoding="utf-8")
    assert Settings() == Settings(_env_file=None)


def test_init_never_overwrites(baton: Run, tmp_path: Path) -> None:
    (tmp_path / "baton.env").write_text("BATON_API_PORT=9000\n", encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "agreement.yaml").write_text("ours", encoding="utf-8")
    said = baton("init", "--json")
    assert said.data == {"written": [], "kept": ["baton.env", "rules"]}
    assert (tmp_path / "baton.env").read_text(encoding="utf-8") == "BATON_API_PORT=9000\n"
    assert [path.name for path in (tmp_path / "rules").iterdir()] == ["agreement.yaml"]


def test_a_folder_that_cannot_be_written_is_refused(baton: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    said = baton("init", "file/desk")
    assert said.code == 64
    assert "cannot be written" in said.err


def test_a_missing_rules_folder_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="'baton init' writes one"):
        check_rules(Settings(rules=tmp_path / "nowhere"))


def test_everything_wrong_in_the_rules_folder_is_said_at_once(baton: Run, tmp_path: Path) -> None:
    baton("init")
    (tmp_path / "rules" / "messages" / "introduction.j2").unlink()
    (tmp_path / "rules" / "quality" / "score.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    agreement = tmp_path / "rules" / "agreement.yaml"
    agreement.write_text(
        agreement.read_text(encoding="utf-8").replace("hand_off_at:", "hand_of_at:"),
        encoding="utf-8",
    )
    with pytest.raises(RulesError) as refused:
        check_rules(Settings(rules=tmp_path / "rules"))
    for said in ("agreement.yaml:", "hand_off_at", "introduction.j2", "score.yaml"):
        assert said in str(refused.value)
