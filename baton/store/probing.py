"""Whether the database answers, asked in one statement."""

from __future__ import annotations

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from baton.errors import DatabaseUnavailableError


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
