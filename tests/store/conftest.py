from __future__ import annotations

from tests.invariants.conftest import rows

__all__ = ["rows"]
