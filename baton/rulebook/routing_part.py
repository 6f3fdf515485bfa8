"""The agreement's section `routing`: which AE may get a lead, and whose turn it is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from baton.rulebook.parts import CountryCode, Identifier, Minutes, Part, Range, Word, Words

Email = Annotated[str, Field(pattern=r"^[^@\sA-Z]+@[^@\sA-Z]+\.[^@\sA-Z]+$", max_length=254)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


def _in_thousandths(weight: float) -> float:
    """Refuse what shares cannot be worked out in exactly."""
    if round(weight, 3) != weight:
        raise ValueError(f"has more than three decimals; write {weight:.3f}")
    return weight


class Weight(Part):
    """How large a share is: 2 is twice as many leads as 1."""

    team: Word | None = None
    """Everybody of the team; give this or `rep`."""
    rep: Email | None = None
    """One rep, by mail address; it counts before the team's."""
    weight: Annotated[float, Field(ge=0, le=1000), AfterValidator(_in_thousandths)]
    """The weight; whoever is not named has 1."""


class Territory(Part):
    """Leads that only some reps may have; a lead is in the first territory that it fits."""

    id: Identifier
    """Its name for Baton; it stays the same when the territory is called otherwise."""
    name: Words
    """What people call it."""
    when: Words | None = None
    """A condition, in facts: 'baton rules facts' lists them."""
    countries: tuple[CountryCode, ...] = ()
    """ISO 3166 codes, such as DE; anywhere, if none is given."""
    employees: Range | None = None
    """How many people work at the company; any number, if not given."""
    languages: tuple[Language, ...] = ()
    """The lead's language as ISO 639 code, such as de; any, if none is given."""
    teams: tuple[Word, ...] = ()
    """Whose reps may have its leads."""
    reps: tuple[Email, ...] = ()
    """Further reps who may have them, by mail address."""


class SkillRule(Part):
    """What the AE of some leads must be able to do."""

    skill: Identifier
    """As the column `skills` of the reps' file has it."""
    when: Words
    """Which leads need it, in facts."""


class Caps(Part):
    """How much one rep may have; no limit where none is given."""

    open_hand_offs: Annotated[int, Field(gt=0, le=100_000)] | None = None
    """Hand-offs that are open at the same time."""
    a_day: Annotated[int, Field(gt=0, le=100_000)] | None = None
    """Leads on one day of the rep's own zone."""
    a_week: Annotated[int, Field(gt=0, le=100_000)] | None = None
    """Leads from Monday to Sunday of the rep's own zone."""


class Credits(Part):
    """For which leads a rep gets another one: they do not count against the share."""

    no_show: bool = True
    """The lead did not come to the meeting."""
    not_met: bool = True
    """The AE's feedback says that the definition was not met."""
    review: bool = True
    """The oversight committee says that marketing should not have handed it over."""


class Fallback(Part):
    """Where a lead waits that nobody may have."""

    name: Words
    """What people call the queue."""
    to: Email
    """Who finds somebody for it."""
    within_minutes: Minutes
    """Within how many minutes; after that the manager is told, and it waits on."""
    remind_after_minutes: tuple[Minutes, ...] = ()
    """After how many minutes it is reminded, each later than the one before."""


class Routing(Part):
    """Who may get a lead, and whose turn it is among them."""

    owner_first: bool = True
    """The owner of the lead's account gets it, if the rules below let them."""
    weights: tuple[Weight, ...] = ()
    """Shares that are not alike."""
    territories: tuple[Territory, ...] = ()
    """Who may have which leads; anybody any, if none is given."""
    speaks_language: bool = False
    """The AE must speak the lead's language, where both are known."""
    skills: tuple[SkillRule, ...] = ()
    """What some leads need."""
    caps: Caps = Caps()
    """How much one rep may have."""
    cool_down_days: Annotated[int, Field(ge=0, le=3650)] = 0
    """For so many days an AE who rejected a lead is not given it again."""
    calibration: Literal["even", "none"] = "even"
    """`even`: who is new or was away begins level with the others; `none`: catches up on them."""
    credits: Credits = Credits()
    """Which leads do not count against the share."""
    fallback: Fallback
    """The queue of the leads that nobody may have, and who finds somebody."""
