"""The appointment and who said what to it."""

from __future__ import annotations

from enum import StrEnum


class MeetingKind(StrEnum):
    """Whether it is proposed by an invite that both accept, or an AE calls."""

    APPOINTMENT = "appointment"
    CALL = "call"


class MeetingState(StrEnum):
    """Whether the slot is taken (`HELD`, `PROPOSED`, `CONFIRMED`) or free again."""

    HELD = "held"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    OVER = "over"


class Attendance(StrEnum):
    """An attendee's reply, in the words of RFC 5545 PARTSTAT."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class OutcomeKind(StrEnum):
    """What the AE says after the meeting."""

    MET = "met"
    NOT_MET = "not_met"
    NO_SHOW = "no_show"
    RESCHEDULED = "rescheduled"


class BounceKind(StrEnum):
    """Whether an address is dead (`HARD`, RFC 3464 status 5) or in trouble for now (`SOFT`, 4)."""

    HARD = "hard"
    SOFT = "soft"


class MessageClass(StrEnum):
    """What a message that came in is."""

    TRACKING_COPY = "tracking_copy"
    HUMAN_REPLY = "human_reply"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    OPT_OUT = "opt_out"
    COMPLAINT = "complaint"
    CALENDAR_REPLY = "calendar_reply"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"


class InboundDecision(StrEnum):
    """What a person says that a message is which nobody could place.

    `LEAD`, `AE`: the answer of that side of a hand-off. `CONTACT`: it names somebody who becomes a
    lead. `NOTHING`: nothing follows from it.
    """

    LEAD = "lead"
    AE = "ae"
    OPT_OUT = "opt_out"
    CONTACT = "contact"
    NOTHING = "nothing"
