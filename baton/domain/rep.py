"""The people on our side."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a rep does in the hand-off."""

    SDR = "SDR"
    AE = "AE"
    MANAGER = "MANAGER"
    APPROVER = "APPROVER"
    REVIEWER = "REVIEWER"


class Team(StrEnum):
    """The two teams that sign the agreement (I9)."""

    MARKETING = "marketing"
    SALES = "sales"
