"""What is written to a CRM, and what a CRM shows of a lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from baton.domain.hand_off import EffectKind


@dataclass(frozen=True, slots=True)
class CrmWrite:
    """One write; `external_id` makes it happen once.

    Attributes:
        external_id: Derived from the effect's key; a second write with it changes nothing.
        kind: One of the `CRM_...` kinds.
        lead_id: The lead it is about.
        body: `CRM_STATUS`: {"status"}; `CRM_OWNER`: {"owner_email"}; `CRM_NOTE`: {"title",
            "text"}; `CRM_TASK`: {"assignee_email", "title", "due_at"}; `CRM_OPT_OUT` and
            `CRM_OPT_IN`: {"channel", "reason"}. Instants are ISO 8601 in UTC.
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


@dataclass(frozen=True, slots=True)
class CrmView:
    """A lead as the CRM shows it; what it shows is what its history adds up to.

    Attributes:
        status: The newest status by business time, or None.
        owner_email: The newest owner, or None.
        opted_out: True after an opt-out that the person did not take back.
        notes: Bodies of the notes, oldest first.
        tasks: Bodies of the tasks, oldest first.
        history: Every write, oldest business event first.
    """

    lead_id: int
    status: str | None
    owner_email: str | None
    opted_out: bool
    notes: tuple[dict[str, Any], ...]
    tasks: tuple[dict[str, Any], ...]
    history: tuple[CrmWrite, ...]


_BODIES: Final[dict[EffectKind, frozenset[str]]] = {
    EffectKind.CRM_STATUS: frozenset({"status"}),
    EffectKind.CRM_OWNER: frozenset({"owner_email"}),
    EffectKind.CRM_NOTE: frozenset({"title", "text"}),
    EffectKind.CRM_TASK: frozenset({"assignee_email", "title", "due_at"}),
    EffectKind.CRM_OPT_OUT: frozenset({"channel", "reason"}),
    EffectKind.CRM_OPT_IN: frozenset({"channel", "reason"}),
}


def why_not_writable(change: CrmWrite) -> str | None:
    """Return the one reason why no CRM can take this write, or None if it can."""
    expected = _BODIES.get(change.kind)
    if expected is None:
        return f"{change.kind.value} is no CRM write; use one of the crm_... kinds"
    missing = sorted(expected - change.body.keys())
    if missing:
        return f"its body lacks {', '.join(missing)}"
    if change.at.tzinfo is None:
        return "its instant has no time zone; give an aware UTC one"
    return None


def view_of(lead_id: int, history: tuple[CrmWrite, ...]) -> CrmView:
    """Add a lead's history up to what a CRM shows.

    Args:
        lead_id: The lead that all writes are about.
        history: In the order of their business events.
    """
    status: str | None = None
    owner_email: str | None = None
    opted_out = False
    for change in history:
        if change.kind is EffectKind.CRM_STATUS:
            status = change.body["status"]
        elif change.kind is EffectKind.CRM_OWNER:
            owner_email = change.body["owner_email"]
        elif change.kind in (EffectKind.CRM_OPT_OUT, EffectKind.CRM_OPT_IN):
            opted_out = change.kind is EffectKind.CRM_OPT_OUT
    return CrmView(
        lead_id=lead_id,
        status=status,
        owner_email=owner_email,
        opted_out=opted_out,
        notes=tuple(c.body for c in history if c.kind is EffectKind.CRM_NOTE),
        tasks=tuple(c.body for c in history if c.kind is EffectKind.CRM_TASK),
        history=history,
    )
