"""Columns that Baton does not know: kept with the lead, for the agreement to ask for."""

from __future__ import annotations

import re


def custom_key(header: str) -> str:
    """Return the name under which a file's column is kept: `Fleet size` is `fleet_size`."""
    return re.sub(r"[^\w]+", "_", header.casefold()).strip("_") or "column"
