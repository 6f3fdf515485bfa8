"""Who does what in the demo: a few scripted parts, and chance by name for everybody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from baton.demo.dice import share


class Part(StrEnum):
    """What the people around one lead do."""

    BUYS = "buys"
    DECLINES_FIRST = "declines_first"
    OUT_OF_OFFICE = "out_of_office"
    SILENT = "silent"
    UNSUBSCRIBES = "unsubscribes"
    BOUNCES = "bounces"
    NO_SHOW = "no_show"
    DOES_NOT_FIT = "does_not_fit"
    APPROVAL_REFUSED = "approval_refused"
    APPROVED_IN_PREFECT = "approved_in_prefect"
    QUESTION_UNANSWERED = "question_unanswered"

    @property
    def ends_without_meeting(self) -> bool:
        """True when nobody comes to speak with this lead."""
        return self in (
            Part.SILENT,
            Part.UNSUBSCRIBES,
            Part.BOUNCES,
            Part.APPROVAL_REFUSED,
            Part.QUESTION_UNANSWERED,
        )


# Who plays which part among the sample's leads; filled in where the sample is.
SAMPLE_SCRIPT: Mapping[str, Part] = {}

# How often people who have no script play a part; what is left over buys.
CHANCES: Mapping[Part, float] = {
    Part.DOES_NOT_FIT: 0.25,
    Part.DECLINES_FIRST: 0.05,
    Part.OUT_OF_OFFICE: 0.04,
    Part.SILENT: 0.03,
    Part.NO_SHOW: 0.03,
    Part.UNSUBSCRIBES: 0.02,
}


def part_by_chance(email: str) -> Part:
    """Return the part that belongs to this address; the same in every run."""
    left = share(email, "part")
    for part, chance in CHANCES.items():
        if left < chance:
            return part
        left -= chance
    return Part.BUYS


@dataclass(frozen=True)
class Cast:
    """The parts of all leads.

    Attributes:
        script: Lower-case address to part; whoever is missing plays by chance.
        feedback: What an AE says of a lead that does not fit; empty lets the AE find words.
        doubtful: Criteria that an AE may find unmet; empty is all required ones.
    """

    script: Mapping[str, Part] = field(default_factory=dict)
    feedback: str = ""
    doubtful: tuple[str, ...] = ()

    def part_of(self, email: str | None) -> Part:
        """Return what the people around the lead with this address do."""
        address = (email or "").lower()
        return self.script.get(address) or part_by_chance(address)

    @property
    def refused_addresses(self) -> tuple[str, ...]:
        """Addresses that no mail reaches."""
        return tuple(a for a, part in self.script.items() if part is Part.BOUNCES)
