"""Files, and where an import left the leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from baton.domain.clock import SetClock

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)

Write = Callable[..., Path]
Query = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def clock() -> SetClock:
    return SetClock(AT)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str, name: str = "leads.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode(encoding))
        return path

    return write


@pytest.fixture
def query(database: Engine) -> Query:
    def query(statement: str, **values: object) -> list[tuple[object, ...]]:
        with database.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    return query


@pytest.fixture
def do(database: Engine) -> Callable[..., None]:
    def do(statement: str, **values: object) -> None:
        with database.begin() as connection:
            connection.execute(text(statement), values)

    return do
