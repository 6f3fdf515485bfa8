"""`baton init`: a commented configuration and a rules folder to begin with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baton.cli.options import AsJson
from baton.cli.output import emit
from baton.errors import InputError
from baton.packaged import default_rules

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

SETTINGS_FILE = "baton.env"
RULES_FOLDER = "rules"
SCHEMA_FILE = "agreement.schema.json"
# Editors with a YAML language server complete and check the file by it.
SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"
HEAD = """\
# Baton's settings. A line that begins with '#' is a default; remove the '#' to change it.
# A variable of the same name in the environment wins over this file. Keep it private: it may
# hold passwords.
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where to write; made if missing.")
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write baton.env and a rules folder to begin with; what is there already is kept.

    Example: baton init sales-desk && cd sales-desk
    """
    written: list[Path] = []
    kept: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (written if _write_settings(folder / SETTINGS_FILE) else kept).append(
            folder / SETTINGS_FILE
        )
        (written if _copy_rules(folder / RULES_FOLDER) else kept).append(folder / RULES_FOLDER)
    except OSError as error:
        raise InputError(
            f"{error.filename or folder} cannot be written: {error.strerror}. "
            "Choose a folder that you may write to."
        ) from error
    emit({"written": written, "kept": kept}, as_json=as_json, says=_says(written, kept))


def settings_text() -> str:
    """Return baton.env: every setting with its meaning and its default, commented out."""
    from baton.settings import PREFIX, Settings  # noqa: PLC0415 (keeps 'baton --help' fast)

    parts = [HEAD]
    for name, field in Settings.model_fields.items():
        parts.append(f"# {field.description}\n#{PREFIX}{name.upper()}={_default(field)}\n")
    return "\n".join(parts)


def _default(field: FieldInfo) -> str:
    return "" if field.default is None else str(field.default)


def _write_settings(path: Path) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            path.chmod(0o600)
            file.write(settings_text())
    except FileExistsError:
        return False
    return True


def _copy_rules(target: Path) -> bool:
    if target.is_dir() and any(target.iterdir()):
        return False
    source = default_rules()
    shutil.copytree(source, target, dirs_exist_ok=True)
    _write_schema(target)
    return True


def _write_schema(rules: Path) -> None:
    """Put the agreement's JSON schema beside it, and tell editors so in its first line."""
    from baton.rulebook.schema import agreement_schema  # noqa: PLC0415 (keeps 'baton --help' fast)

    schema = json.dumps(agreement_schema(), indent=2, ensure_ascii=False) + "\n"
    (rules / SCHEMA_FILE).write_text(schema, encoding="utf-8")
    agreement = rules / "agreement.yaml"
    agreement.write_text(SCHEMA_LINE + agreement.read_text(encoding="utf-8"), encoding="utf-8")


def _says(written: list[Path], kept: list[Path]) -> str:
    lines = [f"written: {path}" for path in written]
    lines += [f"kept as it is: {path}" for path in kept]
    lines.append(
        "Next: read rules/agreement.yaml with both teams, then 'baton agreement sign' for each, "
        "'baton agreement activate', 'baton import' your reps and leads, 'baton up'."
    )
    return "\n".join(lines)
