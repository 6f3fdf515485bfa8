"""The JSON schema of `agreement.yaml`, for editors and for other programs."""

from __future__ import annotations

from typing import Any

from baton.rulebook.agreement import Agreement

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def agreement_schema() -> dict[str, Any]:
    """Return the schema of the file's form.

    What holds between its parts, and what conditions may say, `baton agreement check` tells.
    """
    return {"$schema": DIALECT, **Agreement.model_json_schema(), "title": "Baton agreement"}
