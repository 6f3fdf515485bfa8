"""As many hand-offs as the worker's limit allows never wait for each other's connections."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from baton.runtime import OTHER_CONNECTIONS, build
from baton.settings import Settings


@pytest.mark.parametrize("limit", [1, 32])
def test_every_running_hand_off_gets_two_connections(
    database_url: str, tmp_path: Path, limit: int
) -> None:
    settings = Settings(home=tmp_path, database_url=SecretStr(database_url), worker_limit=limit)
    engine = build(settings).database
    with ExitStack() as stack:
        held = [stack.enter_context(engine.connect()) for _ in range(2 * limit + OTHER_CONNECTIONS)]
        assert all(one.execute(text("select 1")).scalar_one() == 1 for one in held)
    engine.dispose()
