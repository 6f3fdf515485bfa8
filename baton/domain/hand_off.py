"""The words of a hand-off: its states, its stages, what it waits for and what it does outside."""

from __future__ import annotations

from enum import StrEnum


class HandOffState(StrEnum):
    """Whether a hand-off is under way, or how it ended."""

    OPEN = "open"
    TRANSFERRED = "transferred"
    RETURNED = "returned"
    NOT_QUALIFIED = "not_qualified"
    QUARANTINED = "quarantined"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class WaitKind(StrEnum):
    """What a hand-off waits for a person to do."""

    ANSWERS = "answers"
    APPROVAL = "approval"
    CONTACT = "contact"
    ASSIGNMENT = "assignment"
    ACCEPTANCE = "acceptance"
    OUTCOME = "outcome"
    CALENDAR = "calendar"
    CONNECT = "connect"


class WaitState(StrEnum):
    """Where a wait stands."""

    OPEN = "open"
    DECIDED = "decided"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Neighbour(StrEnum):
    """The systems that effects happen in."""

    MAIL = "mail"
    CRM = "crm"
    CALENDAR = "calendar"


class EffectKind(StrEnum):
    """Things done outside our database; each happens once (I6)."""

    INTRODUCTION = "introduction"
    CONTEXT_PACKET = "context_packet"
    INVITE = "invite"
    INVITE_CANCELLATION = "invite_cancellation"
    OUTCOME_REQUEST = "outcome_request"
    NOTICE = "notice"
    CRM_STATUS = "crm_status"
    CRM_OWNER = "crm_owner"
    CRM_NOTE = "crm_note"
    CRM_TASK = "crm_task"
    CRM_OPT_OUT = "crm_opt_out"
    CRM_OPT_IN = "crm_opt_in"
    CALENDAR_ENTRY = "calendar_entry"

    @property
    def is_mail(self) -> bool:
        """True when the effect is a mail, so that opt-outs and the tracking copy matter."""
        return self.neighbour is Neighbour.MAIL

    @property
    def neighbour(self) -> Neighbour:
        """Where the effect happens."""
        if self is EffectKind.CALENDAR_ENTRY:
            return Neighbour.CALENDAR
        return Neighbour.CRM if self.value.startswith("crm_") else Neighbour.MAIL

    @property
    def is_decisive(self) -> bool:
        """True when the hand-off goes by how it ends: after a failure it takes another way."""
        return self in (EffectKind.INTRODUCTION, EffectKind.INVITE)


class EffectDecision(StrEnum):
    """What a person may decide about an effect that Baton cannot bring to an end by itself."""

    RETRY = "retry"
    DONE = "done"
    NOT_DONE = "not_done"
    DROPPED = "dropped"


class EffectState(StrEnum):
    """Where an effect stands; `IN_FLIGHT` found after a crash means in doubt."""

    INTENDED = "intended"
    IN_FLIGHT = "in_flight"
    DONE = "done"
    FAILED = "failed"
    WITHHELD = "withheld"
