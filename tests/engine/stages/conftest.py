from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.engine.worlds import World

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def world(database: Engine, monkeypatch: pytest.MonkeyPatch) -> World:
    """An installation under the agreement of the rules folder."""
    return World(database, monkeypatch)


@pytest.fixture
def world_with(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], World]:
    """Make an installation whose agreement was changed before both teams signed it."""
    return lambda change: World(database, monkeypatch, change)
