"""Taking guards away, to see that the fire is hot; and making times short.

Each guard is taken away where it stands in the product. What is to be replaced must be there:
else a guard that moved would seem to be gone and still hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, text, update
from sqlalchemy.orm import Session

from baton.engine import effects as doing
from baton.engine import sweep
from baton.store import effects, hand_offs, holds, neighbours, opt_outs, order, sweeping
from baton.store.tables import HandOff
from benchmarks.chaos.runs import replace_everywhere

WITHOUT = ("lease", "in-doubt", "opt-out", "exclusion")

_SCHEMA: Mapping[str, tuple[str, ...]] = {
    "opt-out": ("drop trigger guard_release on effect",),
    "exclusion": (
        # Meetings are proposed under its name: it stays, and refuses nothing.
        (
            "alter table meeting drop constraint no_double_booking, add constraint"
            " no_double_booking exclude using gist (ae_id with =, during with &&) where (false)"
        ),
        "alter table held_time drop constraint no_double_hold",
    ),
}


def shorten(lease_seconds: float) -> None:
    """Let leases end, and failed runs be driven again, after seconds instead of minutes."""
    for module, name, seconds in (
        (hand_offs, "LEASE_SECONDS", lease_seconds),
        (sweep, "RUNS_WITHOUT_LEASE_SECONDS", lease_seconds),
        (sweeping, "FIRST_PAUSE_SECONDS", 0.5),
        (sweeping, "LONGEST_PAUSE_SECONDS", 2),
        (effects, "FIRST_RETRY_SECONDS", 0.3),
        (effects, "LONGEST_RETRY_SECONDS", 1),
        (neighbours, "FIRST_PAUSE_SECONDS", 0.5),
        (neighbours, "LONGEST_PAUSE_SECONDS", 1),
        (neighbours, "TRIAL", timedelta(seconds=2 * lease_seconds)),
    ):
        _replace(module, name, seconds)


def _replace(module: Any, name: str, value: object) -> None:
    if not hasattr(module, name):
        raise LookupError(f"{name} is not where it was, so it stays as long as it is.")
    setattr(module, name, value)


def drop_guards(database: Engine, without: tuple[str, ...]) -> None:
    """Take the guards that are in the schema out of this database."""
    with database.begin() as connection:
        for guard in without:
            for statement in _SCHEMA.get(guard, ()):
                connection.execute(text(statement))


def disable(without: tuple[str, ...]) -> None:
    """Take the guards that are code out of this process, for good."""
    for guard in without:
        for module, name, substitute in _code(guard):
            old = getattr(module, name)
            if replace_everywhere(old, substitute) == 0:
                raise LookupError(f"{name} is not where it was; the guard {guard} still holds.")


def _code(guard: str) -> list[tuple[Any, str, Callable[..., Any]]]:
    substitutes: dict[str, list[tuple[Any, str, Callable[..., Any]]]] = {
        # The right of one worker to act: for a hand-off, and for one effect.
        "lease": [
            (hand_offs, "take_lease", _take_unasked),
            (hand_offs, "renew_lease", _renew_unasked),
            (effects, "acting_alone", _acting_at_will),
            (doing, "_was_released_since", lambda *_: False),
        ],
        "in-doubt": [
            (doing, "_has_happened", lambda *_: False),
            (doing, "_require_certainty", lambda *_: None),
        ],
        # A wish that came in a file is respected when a message is released, or by the next sweep,
        # which ends the hand-off: what belongs to one that ended is not sent either.
        "opt-out": [
            (effects, "opted_out_among", lambda *_: False),
            (order, "why_never", lambda *_: None),
            (opt_outs, "wishes_to_respect", lambda *_, **__: []),
        ],
        # Whoever looks for a time of an AE waits for others who do, and holds what it proposes.
        "exclusion": [(holds, "take_turns", lambda *_: None)],
    }
    return substitutes[guard]


def _take_unasked(session: Session, hand_off_id: Any) -> int:
    token = session.scalar(
        update(HandOff)
        .where(HandOff.id == hand_off_id)
        .values(lease_token=HandOff.lease_token + 1, lease_until=_later())
        .returning(HandOff.lease_token)
    )
    return int(token or 0)


def _renew_unasked(session: Session, hand_off_id: Any, _token: int) -> HandOff:
    session.execute(update(HandOff).where(HandOff.id == hand_off_id).values(lease_until=_later()))
    return hand_offs.hand_off_for_update(session, hand_off_id)


def _later() -> Any:
    seconds = hand_offs.LEASE_SECONDS
    return func.clock_timestamp() + text(f"interval '{seconds} seconds'")


@contextmanager
def _acting_at_will(engine: Engine, _key: str) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection
