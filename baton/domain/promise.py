"""The words of a promise: the events between which it is measured, where it stands."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """What happens to a hand-off, in the order of its way; a promise runs from one to a later."""

    OPENED = "opened"
    QUESTIONS_ASKED = "questions_asked"
    QUESTIONS_ANSWERED = "questions_answered"
    APPROVAL_ASKED = "approval_asked"
    APPROVAL_DECIDED = "approval_decided"
    ASSIGNED = "assigned"
    INTRODUCED = "introduced"
    INVITE_SENT = "invite_sent"
    FIRST_TOUCH = "first_touch"
    INTRODUCTION_ANSWERED = "introduction_answered"
    INVITE_ACCEPTED_BY_AE = "invite_accepted_by_ae"
    INVITE_ACCEPTED = "invite_accepted"
    MEETING_ENDED = "meeting_ended"
    OUTCOME_SAID = "outcome_said"
    REJECTED = "rejected"
    RETURNED = "returned"

    @property
    def place(self) -> int:
        """Where on the way it stands; a later event has a higher number."""
        return list(Event).index(self)


EVENT_NAMES = {
    Event.OPENED: "the hand-off begins",
    Event.QUESTIONS_ASKED: "the SDR is asked the open questions",
    Event.QUESTIONS_ANSWERED: "the SDR has answered them",
    Event.APPROVAL_ASKED: "the approver is asked",
    Event.APPROVAL_DECIDED: "the approver has decided",
    Event.ASSIGNED: "the AE gets the lead",
    Event.INTRODUCED: "the AE is introduced to the lead",
    Event.INVITE_SENT: "the invite goes out",
    Event.FIRST_TOUCH: "the AE first tries to reach the lead",
    Event.INTRODUCTION_ANSWERED: "the AE answers the introduction",
    Event.INVITE_ACCEPTED_BY_AE: "the AE accepts the invite",
    Event.INVITE_ACCEPTED: "both have accepted the invite",
    Event.MEETING_ENDED: "the meeting ends",
    Event.OUTCOME_SAID: "the AE says what the meeting came to",
    Event.REJECTED: "the AE says that the definition is not met",
    Event.RETURNED: "the SDR has the lead back, with the feedback",
}


class PromiseState(StrEnum):
    """Where a promise stands; one that was broken stays so, however late it is fulfilled."""

    OPEN = "open"
    KEPT = "kept"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class Act(StrEnum):
    """What the sweep does about a promise at an instant."""

    REMIND = "remind"
    MANAGER = "manager"
    REASSIGN = "reassign"
