"""The client of the API's tests."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # Starlette asks for httpx's successor, which Prefect does not take yet.
    warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
    from fastapi.testclient import TestClient

__all__ = ["TestClient"]
