"""The runtime of these tests: their clock, the default rules, a home of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from baton.domain.clock import SetClock
from baton.runtime import Runtime
from baton.testing import runtime as testing
from tests.desk.stories import NOW, RULES

TOKEN = "token-of-the-tests"


def make_runtime(database: Engine, home: Path, **settings: Any) -> Runtime:
    return testing.make_runtime(database, SetClock(NOW), RULES, home=home, **settings)
