"""I10: pages, CLI, API and flows change state through the store's functions, and no other way."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.invariants.sources import (
    ROOT,
    assigned_attributes,
    files_of,
    imports_of,
    parsed,
    texts_of,
)

EDGES = ["tasks", "flows", "baton/desk", "baton/cli", "baton/demo"]
FORBIDDEN = re.compile(r"(sqlalchemy|psycopg|alembic)(\..*)?|baton\.store\.tables(\..*)?")
# What the store alone may set; the last is a hand-off's.
GUARDED = {"status", "place", "place_reason", "owner_id", "check_in_on"}
WRITES = re.compile(
    r"\b(update\s+(lead|hand_off|effect|outcome|opt_out|decision|meeting)\b\s+(\w+\s+)?set"
    r"|insert\s+into|delete\s+from|truncate)\b",
    re.IGNORECASE,
)


def where(path: Path, line: int = 0) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def forbidden_imports(tree: ast.Module) -> list[str]:
    return [name for name in imports_of(tree) if FORBIDDEN.fullmatch(name)]


@pytest.mark.parametrize("edge", EDGES)
def test_the_edges_know_no_table_and_no_sql(edge: str) -> None:
    found = {where(path): forbidden_imports(parsed(path)) for path in files_of(edge)}
    assert {path: names for path, names in found.items() if names} == {}


def test_only_the_store_moves_a_lead() -> None:
    found = [
        f"{where(path, line)} .{name} ="
        for path in files_of("baton", "tasks", "flows")
        if not path.is_relative_to(ROOT / "baton" / "store")
        for line, name in assigned_attributes(parsed(path))
        if name in GUARDED
    ]
    assert found == []


def test_only_the_store_writes_by_sql() -> None:
    found = [
        f"{where(path, line)} {words.strip()[:40]!r}"
        for path in files_of("baton", "tasks", "flows")
        if not path.is_relative_to(ROOT / "baton" / "store")
        for line, words in texts_of(parsed(path))
        if WRITES.search(words)
    ]
    assert found == []


def test_in_the_store_one_function_moves_one_lead() -> None:
    found = {
        path.name
        for path in files_of("baton/store")
        for _, name in assigned_attributes(parsed(path))
        if name in GUARDED
    }
    # What people did in a review and what the CRM shows have a status and an owner too.
    assert found - {"crm.py"} == {"leads.py"}


def test_the_layers_are_a_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    linter = settings["tool"]["importlinter"]
    assert set(linter["root_packages"]) >= {"baton", "flows", "tasks"}
    (layers,) = [c["layers"] for c in linter["contracts"] if c["type"] == "layers"]
    order = {name.strip(): row for row, names in enumerate(layers) for name in names.split("|")}
    assert order["baton.cli"] < order["tasks"] < order["baton.engine"] < order["baton.store"]
    assert order["baton.desk"] == order["flows"] < order["tasks"]


# The tests above find nothing; these show that they would.


@pytest.mark.parametrize(
    "source",
    [
        "import sqlalchemy",
        "from sqlalchemy.orm import Session",
        "from baton.store.tables import Lead",
        "from baton.store import tables",
        "def late():\n    from baton.store.tables.leads import Lead",
        "if TYPE_CHECKING:\n    from baton.store.tables import Lead",
        "import psycopg",
    ],
)
def test_a_back_door_by_import_would_be_found(source: str) -> None:
    assert forbidden_imports(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "lead.status = 'suspect'",
        "a, lead.place = 1, 'nurture'",
        "session.get_one(Lead, 1).owner_id = 2",
        "setattr(lead, 'status', 'suspect')",
        "lead.owner_id += 1",
        "lead.check_in_on: date = today",
    ],
)
def test_a_back_door_by_assignment_would_be_found(source: str) -> None:
    assert {name for _, name in assigned_attributes(ast.parse(source))} & GUARDED


@pytest.mark.parametrize(
    "statement",
    ["update lead set status = 'suspect'", "UPDATE lead l SET place='x'", "insert into outcome"],
)
def test_a_back_door_by_sql_would_be_found(statement: str) -> None:
    ((_, words),) = texts_of(ast.parse(f"run({statement!r})"))
    assert WRITES.search(words)


def test_what_is_allowed_is_not_found() -> None:
    fine = ast.parse("from baton.store.hand_offs import open_hand_off\nhand_off.due_at = None")
    assert forbidden_imports(fine) == []
    assert not {name for _, name in assigned_attributes(fine)} & GUARDED
