"""What Baton asks of a CRM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from baton.domain.hand_off import EffectKind


@dataclass(frozen=True, slots=True)
class CrmWrite:
    """One write; `external_id` makes it happen once.

    Attributes:
        external_id: Derived from the effect's key; a second write with it changes nothing.
        kind: One of the `CRM_...` kinds.
        lead_id: The lead it is about.
        body: `CRM_STATUS`: {"status"}; `CRM_OWNER`: {"owner_email"}; `CRM_NOTE`: {"title",
            "text"}; `CRM_TASK`: {"assignee_email", "title", "due_at"}; `CRM_OPT_OUT`: {"channel",
            "reason"}. Instants are ISO 8601 in UTC.
        at: Aware UTC instant of the business event.
    """

    external_id: str
    kind: EffectKind
    lead_id: int
    body: dict[str, Any]
    at: datetime


class Crm(Protocol):
    """A CRM that remembers external ids."""

    def write(self, change: CrmWrite) -> None:
        """Make the change true, once.

        Raises:
            TransientError: The CRM is down or busy.
            PermanentError: The CRM will never take it.
        """
        ...

    def has(self, external_id: str) -> bool:
        """Return whether a write with this id arrived; asked when an effect is in doubt."""
        ...
