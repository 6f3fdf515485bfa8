"""The machine's clock put forward, as far as pauses go; the business clock is the world's own."""

from __future__ import annotations

from sqlalchemy import text

from baton.runtime import Runtime


def pass_pauses(runtime: Runtime) -> None:
    """Let every pause end: of effects that are tried again, and of neighbours left alone."""
    with runtime.transaction() as session:
        session.execute(
            text("update effect set not_before = clock_timestamp() where not_before is not null")
        )
        session.execute(
            text(
                "update neighbour set tries_again_at = clock_timestamp()"
                " where tries_again_at is not null"
            )
        )
