"""The embedded server is set up for its machine."""

from __future__ import annotations

import os

from sqlalchemy import text

from baton.store.database import LEAST_BUFFERS_MB, MOST_BUFFERS_MB, connect


def test_a_new_server_keeps_a_sixteenth_of_the_memory_within_limits(server_url: str) -> None:
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    engine = connect(server_url)
    with engine.connect() as connection:
        blocks = connection.execute(
            text("select cast(setting as bigint) from pg_settings where name = 'shared_buffers'")
        ).scalar_one()
    engine.dispose()
    buffers_mb = blocks * 8 // 1024
    assert LEAST_BUFFERS_MB <= buffers_mb <= MOST_BUFFERS_MB
    assert buffers_mb in (memory_mb // 16, LEAST_BUFFERS_MB, MOST_BUFFERS_MB)
