"""What callers send; a field that is not known is refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, EmailStr, Field

from baton.domain.hand_off import EffectDecision
from baton.domain.meeting import InboundDecision, OutcomeKind
from baton.domain.oversight import Miss
from baton.domain.verdict import Verdict

MAX_TEXT = 20_000
MAX_NAME = 500
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Name = Annotated[str, Field(max_length=MAX_NAME)]
FactName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Words = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]


class Body(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class LeadBody(Body):
    """A lead, with the fields that an import knows, and facts of your own in `custom`.

    `source` names the system it comes from; with `external_id` it makes the lead the same one
    the next time. `start` opens its hand-off at once, whose first stages enrich, score and
    validate it.
    """

    source: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=50)] = "api"
    external_id: Name | None = None
    email: Name | None = None
    name: Name | None = None
    given_name: Name | None = None
    family_name: Name | None = None
    phone: Name | None = None
    title: Name | None = None
    seniority: Name | None = None
    function: Name | None = None
    company: Name | None = None
    domain: Name | None = None
    website: Name | None = None
    country: Name | None = None
    time_zone: Name | None = None
    language: Name | None = None
    origin: Name | None = None
    campaign: Name | None = None
    notes: Text | None = None
    needs: Text | None = None
    timetable: Name | None = None
    preferred_channel: Name | None = None
    preferred_time: Name | None = None
    created_at: AwareDatetime | None = None
    owner: Name | None = None
    opted_out: bool | None = None
    custom: Annotated[dict[FactName, Name | float | bool | None], Field(max_length=100)] = Field(
        default_factory=dict
    )
    start: bool = False


class TouchBody(Body):
    """Something a lead did; the lead is named by `email` or `external_id`."""

    email: Name | None = None
    external_id: Name | None = None
    kind: Annotated[str, Field(min_length=1, max_length=100)]
    at: AwareDatetime = Field(description="ISO 8601 with its UTC offset.")
    detail: Text = ""


class StartBody(Body):
    """Who starts a hand-off."""

    by: Name = "api"


class CancelBody(Body):
    """Who cancels, and why."""

    by: Name
    reason: Words


class RetryBody(Body):
    """Who has an effect tried again, and why."""

    by: Name
    reason: Text = ""


class ResolveBody(Body):
    """What a person knows or wants of an effect, and how they know.

    `done`: it happened. `not_done`: it was in doubt and did not happen, so it is done again.
    `dropped`: it is not wanted any more.
    """

    decision: Literal[EffectDecision.DONE, EffectDecision.NOT_DONE, EffectDecision.DROPPED]
    by: Name
    reason: Words


class SettleBody(Body):
    """What a person says that a message is.

    `lead`, `ae`: that side's answer, in the hand-off named or the one that the message seems to
    belong to. `opt_out`: the wish of the address, or the sender. `contact`: the address, or whom
    the message names, becomes a lead. `nothing`: nothing follows.
    """

    decision: InboundDecision
    by: Name
    reason: Text = ""
    hand_off_id: UUID | None = None
    email: Name | None = None


class ApprovalBody(Body):
    """An approver's decision."""

    approved: bool
    by: EmailStr
    note: Text = ""


class AnswersBody(Body):
    """Answers to open questions, by fact; null is "still unknown", no answer gives the lead up."""

    answers: dict[str, Any]
    by: EmailStr


class ContactBody(Body):
    """The lead's other address, after the first one was refused."""

    email: EmailStr
    by: EmailStr


class CounterBody(Body):
    """The AE's answer to the time that the lead proposes."""

    accepted: bool
    by: EmailStr


class TimesBody(Body):
    """Who asks for times to choose from."""

    by: EmailStr


class ChoiceBody(Body):
    """The time that the lead chose, with its offset from UTC."""

    starts_at: AwareDatetime
    by: EmailStr


class OutcomeBody(Body):
    """What the AE says after the meeting; `not_met` needs the AE's words (I3)."""

    kind: OutcomeKind
    verdicts: dict[str, Verdict] = Field(default_factory=dict)
    feedback: Text = ""
    by: EmailStr


class VerdictBody(Body):
    """What a reviewer says of a case; a proposal goes with the miss `definition`."""

    miss: Miss
    follow_up: Words
    criterion: Name | None = None
    proposal: Text | None = None
    by: EmailStr


class OptOutBody(Body):
    """A person's wish not to be contacted (I4)."""

    address: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    channel: Literal["email", "phone", "all"] = "all"
    source: Name = "api"
    reason: Text = ""


class GiveUpBody(Body):
    """An AE's lead that nobody reached; only a manager gives a reason."""

    by: EmailStr
    reason: Text = ""


class AttemptBody(Body):
    """A rep's try to reach a lead (D6); `key` makes it once."""

    channel: Annotated[str, Field(min_length=1, max_length=100)]
    by: EmailStr
    note: Text = ""
    key: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class ConnectedBody(Body):
    """Whether the AE reached the lead."""

    by: EmailStr
    reached: bool
    note: Text = ""


class PresenceBody(Body):
    """For how long hot leads may be put through to an AE."""

    by: EmailStr
    minutes: Annotated[int, Field(ge=0)]
    """From now; 0 ends it."""


class AssignmentBody(Body):
    """Which AE gets a lead of the fallback queue."""

    ae: EmailStr
    by: EmailStr


class MergeBody(Body):
    """The lead that is merged into the one of the path, who says so, and why."""

    drop: int
    by: EmailStr
    reason: Text = ""


class UnmergeBody(Body):
    """Who tells a merged lead apart, and why."""

    by: EmailStr
    reason: Text = ""


class DistinctBody(Body):
    """The lead that is another person than the one of the path, and who says so."""

    other: int
    by: EmailStr
