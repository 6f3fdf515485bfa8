"""A row as a lead, or the reason why it cannot be one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row cannot go on: the field, what it says, and the reason for people."""

    field: str
    value: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class LeadRecord:
    """What a row says of a lead, cleaned.

    Attributes:
        row_number: Line in the file.
        external_id: Its id at the source.
        facts: Columns of the lead with their values; a blank cell is absent.
        custom: Facts of columns that Baton does not know.
        owner: Mail address or name of the rep who owns it, as the row says.
        opted_out: True when the row says that mail is unwanted.
        created_at: When the source made the lead (aware UTC).
        row_hash: The same for a row that says the same.
    """

    row_number: int
    source: str
    external_id: str | None
    facts: dict[str, str]
    custom: dict[str, Any]
    owner: str | None
    opted_out: bool
    created_at: datetime | None
    row: dict[str, str]
    row_hash: str = field(default="")

    @property
    def email(self) -> str | None:
        """The mail address, lower case."""
        return self.facts.get("email")

    @property
    def key(self) -> str:
        """What makes it the same lead in the next import."""
        if self.external_id:
            return f"lead:ext:{self.source}:{self.external_id}"
        if self.email:
            return f"lead:email:{self.email}"
        return f"lead:row:{self.row_hash}"


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that goes to quarantine, whole."""

    row_number: int
    source: str
    key: str
    row: dict[str, str]
    refusal: Refusal


def hashed(content: Mapping[str, Any]) -> str:
    """Return a hash of JSON data that does not depend on the order of its keys."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:40]
