from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from baton.desk.app import create_app
from baton.runtime import Runtime
from tests.desk.client import TestClient
from tests.desk.rooms import TOKEN, make_runtime


@pytest.fixture
def runtime(database: Engine, tmp_path: Path) -> Runtime:
    return make_runtime(database, tmp_path, api_token=SecretStr(TOKEN))


@pytest.fixture
def api(runtime: Runtime) -> Iterator[TestClient]:
    """The API with its token; errors that are not ours are answered with 500."""
    with TestClient(
        create_app(runtime),
        raise_server_exceptions=False,
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield client
