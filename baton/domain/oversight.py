"""Oversight of rejections: whose miss one was, and what follows from it (E3, E4)."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

RATES_FROM = 10
"""Of fewer cases no rate of a source or team is told, unless the agreement says otherwise."""

RATES_FROM_PEOPLE = 3
"""A team of which fewer AEs were judged is a person, or nearly one: its rate is never told."""

REVIEWERS = 2
"""So many judge a case, each for themselves; one more decides where they differ."""


class Miss(StrEnum):
    """Whose miss a rejection was."""

    SALES = "sales"
    """The lead fitted: sales should have kept it."""
    MARKETING = "marketing"
    """It did not fit: marketing should not have handed it over."""
    DEFINITION = "definition"
    """The agreed definition does not say whether it fits."""
    NOBODY = "nobody"
    """It did not fit, and nobody could know."""

    @property
    def fitted(self) -> bool | None:
        """Whether the lead fitted; None if the definition does not say."""
        return None if self is Miss.DEFINITION else self is Miss.SALES


class Stratum(StrEnum):
    """By what a month's rejections are told apart, so that each kind is looked at."""

    REASON = "reason"
    """The criterion that the AE found unmet; of several, the one that the agreement has first."""
    SOURCE = "source"
    """Where the lead came from."""
    TEAM = "team"
    """The team of the AE who rejected it."""


class Consequence(StrEnum):
    """What came of a finding, in the transaction that made it."""

    LEAD_WAITS = "lead_waits"
    LEAD_OPTED_OUT = "lead_opted_out"
    LEAD_WENT_ON = "lead_went_on"
    CREDIT_WITHDRAWN = "credit_withdrawn"
    CREDIT_GIVEN = "credit_given"
    CREDIT_STANDS = "credit_stands"
    NO_CREDIT = "no_credit"
    PROPOSAL = "proposal"


SENTENCES = MappingProxyType(
    {
        Consequence.LEAD_WAITS: "The lead waits for qualification again.",
        Consequence.LEAD_OPTED_OUT: "The lead has opted out, and is left alone.",
        Consequence.LEAD_WENT_ON: "The lead has gone on since, and stays where it is.",
        Consequence.CREDIT_WITHDRAWN: "The lead counts against its AE's share again.",
        Consequence.CREDIT_GIVEN: "The lead does not count against its AE's share any more.",
        Consequence.CREDIT_STANDS: "The AE's credit for the lead stands.",
        Consequence.NO_CREDIT: "No share changes.",
        Consequence.PROPOSAL: "What the agreement should say is proposed.",
    }
)
