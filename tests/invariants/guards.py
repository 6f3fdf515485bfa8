"""Showing that a guard holds: what it refuses goes through once it is taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

Violation = str | Callable[[Session], object]


def refuses(session: Session, violation: Violation, says: str, **values: Any) -> None:
    """Check that the database refuses this, in these words; the session stays usable."""
    with pytest.raises(IntegrityError, match=says), session.begin_nested():
        _do(session, violation, values)


def allows(session: Session, violation: Violation, **values: Any) -> None:
    """Check that the database takes this; it is undone again."""
    with session.begin_nested() as savepoint:
        _do(session, violation, values)
        savepoint.rollback()


def holds_by(
    session: Session, *guards: str, violation: Violation, says: str, **values: Any
) -> None:
    """Check that the database refuses the violation because of these guards and of nothing else.

    Args:
        session: What is in it is committed.
        guards: DDL that takes the guards away; undone again.
        violation: SQL, or what does it.
        says: What the refusal says.
        values: Parameters of the SQL.
    """
    session.commit()
    refuses(session, violation, says, **values)
    with session.begin_nested() as savepoint:
        for guard in guards:
            session.execute(text(guard))
        _do(session, violation, values)
        savepoint.rollback()
    refuses(session, violation, says, **values)


def _do(session: Session, violation: Violation, values: dict[str, Any]) -> None:
    if callable(violation):
        violation(session)
    else:
        for statement in violation.split(";"):
            session.execute(text(statement), values)
    session.flush()
    # What is checked when a transaction ends is checked here.
    session.execute(text("set constraints all immediate"))
    session.execute(text("set constraints all deferred"))
