from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.engine.stages.conftest import empty_database, stages_database, world, world_with

__all__ = ["empty_database", "stages_database", "world", "world_with"]


@pytest.fixture
def rows(empty_database: Engine) -> Iterator[Session]:
    """A session on an empty database; what is not committed is rolled back."""
    with Session(empty_database) as session:
        yield session
