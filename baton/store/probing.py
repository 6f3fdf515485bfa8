"""Whether the database answers, and whether there are people to work."""

from __future__ import annotations

from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from baton.errors import DatabaseUnavailableError
from baton.store.tables import Rep


def database_version(engine: Engine) -> str:
    """Return PostgreSQL's version, such as `18.0`.

    Raises:
        DatabaseUnavailableError: It does not answer.
    """
    try:
        with engine.connect() as connection:
            return str(connection.execute(text("show server_version")).scalar_one())
    except OperationalError as error:
        where = engine.url.render_as_string(hide_password=True)
        raise DatabaseUnavailableError(
            f"PostgreSQL does not answer at {where}. Start it, or mend BATON_DATABASE_URL."
        ) from error


def active_reps(session: Session) -> dict[str, int]:
    """Return how many active reps each role has; a role that nobody has is absent."""
    rows = session.execute(
        select(Rep.role, func.count()).where(Rep.is_active).group_by(Rep.role).order_by(Rep.role)
    )
    return {role: int(count) for role, count in rows}
