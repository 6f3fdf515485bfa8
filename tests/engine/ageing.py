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


def pass_doubts(runtime: Runtime, seconds: int = 3600) -> None:
    """Let effects in flight have been in doubt for so long by now."""
    with runtime.transaction() as session:
        session.execute(
            text(
                "update effect set in_flight_since = in_flight_since - make_interval(secs => :s),"
                " in_doubt_since = clock_timestamp() - make_interval(secs => :s)"
                " where state = 'in_flight'"
            ),
            {"s": seconds},
        )
