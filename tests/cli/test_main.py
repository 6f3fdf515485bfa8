from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from baton import errors
from baton.cli import status
from baton.cli.reference import pages
from baton.runtime import Runtime
from tests.cli.conftest import Run

DOCS = Path(__file__).parents[2] / "docs"
SECRET = "s3cret-w0rd"
HEAVY = ("prefect", "great_expectations", "sqlalchemy", "pydantic", "fastapi", "pandas", "alembic")


def shell(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "baton.cli.main", *arguments],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from baton.cli.main import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    pass\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "HEAVY []" in done.stdout
    assert "quarantine" in done.stdout


def test_every_command_teaches_with_an_example() -> None:
    page = pages()["cli.md"]
    sections = page.split("\n## ")[1:]
    assert len(sections) >= 28
    for section in sections:
        assert "Example:\n\n    baton " in section, section.splitlines()[0]


def test_every_command_with_a_result_has_json() -> None:
    sections = pages()["cli.md"].split("\n## ")[1:]
    assert [s.splitlines()[0] for s in sections if "--json" not in s] == []


@pytest.mark.parametrize("name", ["cli.md", "openapi.json", "agreement.schema.json"])
def test_the_generated_pages_are_current(name: str) -> None:
    """Mend it with `baton reference docs`."""
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.SettingsError, 78),
        (errors.RulesError, 65),
        (errors.InputError, 64),
        (errors.NotFoundError, 66),
        (errors.RefusedError, 69),
        (errors.NotSignedError, 69),
        (errors.EngineUnavailableError, 75),
        (errors.DatabaseUnavailableError, 75),
    ],
)
def test_each_kind_of_error_is_one_sentence_and_its_exit_code(
    baton: Run,
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[errors.BatonError],
    code: int,
) -> None:
    def refuse(_value: object) -> None:
        raise kind("what, to what, what to do")

    monkeypatch.setattr(status, "emit_json", refuse)
    said = baton("status", "--json")
    assert (said.code, said.out) == (code, "")
    assert said.err == "error: what, to what, what to do\n"


def test_an_error_that_is_not_ours_keeps_its_traceback(
    baton: Run, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "emit_json", lambda _value: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        baton("status", "--json")


def test_a_wrong_setting_is_refused_by_name_and_never_by_value(tmp_path: Path) -> None:
    done = shell(
        "status",
        cwd=tmp_path,
        BATON_DATABASE_URL=f"mysql://u:{SECRET}@h/x",
        BATON_API_PORT="eighty",
    )
    assert done.returncode == 78
    assert done.stderr.startswith("error: These settings cannot be used:")
    assert "BATON_DATABASE_URL" in done.stderr
    assert "BATON_API_PORT" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_database_that_does_not_answer_is_one_sentence_without_its_password(
    tmp_path: Path,
) -> None:
    done = shell(
        "status", cwd=tmp_path, BATON_DATABASE_URL=f"postgresql://u:{SECRET}@127.0.0.1:1/x"
    )
    assert done.returncode == 75
    assert done.stderr.startswith("error: PostgreSQL does not answer at postgresql://u:***@")
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_wrong_option_is_exit_code_2(baton: Run) -> None:
    assert baton("status", "--colour").code == 2
