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
    IGNORED = "ignored"


# What must be seen in every demo of the sample, so that results of every kind appear.
SAMPLE_SCRIPT: Mapping[str, Part] = {
    "ingrid.solberg@northwind-logistics.example": Part.BUYS,
    "priya.raman@cloudharvest.example": Part.BUYS,
    "emilie.tremblay@boreal-medical.example": Part.DECLINES_FIRST,
    "hannah.lindqvist@kestrel-optics.example": Part.OUT_OF_OFFICE,
    "noor.haddad@cedar-analytics.example": Part.SILENT,
    "zoe.keller@matterhorn-bikes.example": Part.UNSUBSCRIBES,
    "w.ashdown@ashdown-partners.example": Part.BOUNCES,
    "samuel.osei@prairie-tools.example": Part.NO_SHOW,
    "david.kim@summit-robotics.example": Part.DOES_NOT_FIT,
    "rob.achterberg@waddenzee-foods.example": Part.DOES_NOT_FIT,
    "a.weiss@hanse-kontor.example": Part.DOES_NOT_FIT,
    # These three have a borderline score, so an approver is asked first.
    "harriet.combe@tidewater-cycles.example": Part.APPROVED_IN_PREFECT,
    "jonas.albrecht@lindenhof-verlag.example": Part.BUYS,
    "lucia.ferrer@casa-fabril.example": Part.APPROVAL_REFUSED,
    # The first AE does nothing: the manager hears of it, and another AE takes over.
    "james.oconnell@harborline-foods.example": Part.IGNORED,
    # The file does not say whether there is a need; nobody can find out.
    "kwame.mensah@harborline-foods.example": Part.QUESTION_UNANSWERED,
}

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
        willing: The AE who takes what nobody may have.
        doubtful: Criteria that an AE may find unmet; empty is all required ones.
    """

    script: Mapping[str, Part] = field(default_factory=dict)
    feedback: str = ""
    willing: str = ""
    doubtful: tuple[str, ...] = ()

    def part_of(self, email: str | None) -> Part:
        """Return what the people around the lead with this address do."""
        address = (email or "").lower()
        return self.script.get(address) or part_by_chance(address)

    @property
    def refused_addresses(self) -> tuple[str, ...]:
        """Addresses that no mail reaches."""
        return tuple(a for a, part in self.script.items() if part is Part.BOUNCES)
