from __future__ import annotations

from tests.invariants.conftest import empty_database, rows, stages_database

__all__ = ["empty_database", "rows", "stages_database"]
