from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from baton.desk.token import api_token, is_token
from baton.errors import SettingsError
from baton.settings import Settings


def test_a_token_that_is_set_is_used_and_none_is_written(tmp_path: Path) -> None:
    token = api_token(Settings(home=tmp_path, api_token=SecretStr("given")))
    assert token.get_secret_value() == "given"
    assert list(tmp_path.iterdir()) == []


def test_a_token_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    first = api_token(settings).get_secret_value()
    kept = tmp_path / "home" / "api-token"
    assert len(first) >= 40
    assert api_token(settings).get_secret_value() == first
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["api-token"]


def test_an_empty_token_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "api-token").write_text("\n")
    with pytest.raises(SettingsError, match="is empty"):
        api_token(Settings(home=tmp_path))


def test_a_home_that_is_a_file_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(SettingsError, match="api-token"):
        api_token(Settings(home=tmp_path / "home"))


def test_only_the_same_token_passes() -> None:
    assert is_token("given", SecretStr("given"))
    assert not is_token("givem", SecretStr("given"))
    assert not is_token("gïven", SecretStr("given"))
