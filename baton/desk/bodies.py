"""What callers send; a field that is not known is refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, EmailStr, Field

from baton.domain.meeting import OutcomeKind
from baton.domain.verdict import Verdict

MAX_TEXT = 20_000
MAX_NAME = 500
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Name = Annotated[str, Field(max_length=MAX_NAME)]
Words = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]


class Body(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


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


class ApprovalBody(Body):
    """An approver's decision."""

    approved: bool
    by: EmailStr
    note: Text = ""


class AnswersBody(Body):
    """Answers to open questions: fact name to value; null means "still unknown"."""

    answers: Annotated[dict[str, Any], Field(min_length=1)]
    by: EmailStr


class ContactBody(Body):
    """The lead's other address, after the first one was refused."""

    email: EmailStr
    by: EmailStr


class OutcomeBody(Body):
    """What the AE says after the meeting; `not_met` needs the AE's words (I3)."""

    kind: OutcomeKind
    verdicts: dict[str, Verdict] = Field(default_factory=dict)
    feedback: Text = ""
    by: EmailStr


class OptOutBody(Body):
    """A person's wish not to be contacted (I4)."""

    address: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    channel: Literal["email", "phone", "all"] = "all"
    source: Name = "api"
    reason: Text = ""


class AttemptBody(Body):
    """A rep's try to reach a lead (D6); `key` makes it once."""

    channel: Annotated[str, Field(min_length=1, max_length=100)]
    by: EmailStr
    note: Text = ""
    key: Annotated[str, Field(min_length=1, max_length=200)] | None = None
