from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.engine.stages.conftest import world, world_with

__all__ = ["world", "world_with"]


@pytest.fixture
def rows(database: Engine) -> Iterator[Session]:
    """A session on an empty database; what is not committed is rolled back."""
    with Session(database) as session:
        yield session
