"""The machine that the figures were measured on."""

from __future__ import annotations

import platform

import psutil
from sqlalchemy import text

from baton.store.database import connect


def machine(server_url: str) -> str:
    """Return one line: cores, memory, and the versions of PostgreSQL and Python."""
    engine = connect(server_url)
    with engine.connect() as connection:
        postgresql = connection.execute(text("show server_version")).scalar_one()
    engine.dispose()
    memory_gb = psutil.virtual_memory().total / 1e9
    return (
        f"{platform.system()} {platform.machine()}, {psutil.cpu_count()} cores, "
        f"{memory_gb:.0f} GB of memory, PostgreSQL {postgresql}, "
        f"Python {platform.python_version()}"
    )
