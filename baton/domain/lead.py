"""Where a lead stands: what the CRM shows of it, and which single place it is in."""

from __future__ import annotations

from enum import StrEnum


class LeadStatus(StrEnum):
    """What the CRM shows."""

    NEW = "new"
    MARKETING_QUALIFIED = "marketing_qualified"
    SUSPECT = "suspect"
    SALES_QUALIFIED = "sales_qualified"
    NURTURE = "nurture"
    DISQUALIFIED = "disqualified"


class Place(StrEnum):
    """The one place where a lead is (I5)."""

    WAITING = "waiting"
    HAND_OFF = "hand_off"
    NURTURE = "nurture"
    WITH_AE = "with_ae"
    CLOSED = "closed"
    QUARANTINED = "quarantined"
