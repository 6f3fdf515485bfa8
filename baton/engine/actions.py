"""What people do to hand-offs; the pages, the CLI, the API and Prefect's form all come here (I10).

Every function records the decision in our tables first and wakes the sleeping run afterwards, so
a crash between the two loses nothing: the sweep wakes what was decided.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from baton.domain.hand_off import WaitKind
from baton.domain.meeting import OutcomeKind
from baton.runtime import Runtime


def start_hand_off(runtime: Runtime, lead_id: int, *, by: str) -> uuid.UUID:
    """Open a hand-off for a waiting lead and launch its flow run; twice is once.

    Raises:
        NotFoundError: No such lead.
        RefusedError: The lead is not waiting (the message says where it is).
        NotSignedError: No signed agreement is active (I9).
    """
    raise NotImplementedError


def cancel_hand_off(runtime: Runtime, hand_off_id: uuid.UUID, *, by: str, reason: str) -> None:
    """Close the hand-off as cancelled; the lead goes to nurture, invites are called off.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: It is closed already.
    """
    raise NotImplementedError


def approve(
    runtime: Runtime, hand_off_id: uuid.UUID, *, approved: bool, by: str, note: str = ""
) -> None:
    """Record an approver's decision and wake the run.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: It does not wait for an approval, or `by` is not an approver or manager.
    """
    raise NotImplementedError


def answer_questions(
    runtime: Runtime, hand_off_id: uuid.UUID, *, answers: Mapping[str, Any], by: str
) -> None:
    """Record answers to open questions as facts of the lead and wake the run.

    Args:
        answers: Fact name to value, of the fact's type; null means "still unknown".

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: It does not wait for answers, or `by` is not a rep.
        InputError: A name is not a fact, or a value is not of its type.
    """
    raise NotImplementedError


def correct_contact(runtime: Runtime, hand_off_id: uuid.UUID, *, email: str, by: str) -> None:
    """Record the lead's other address after the server refused the first, and wake the run."""
    raise NotImplementedError


def report_outcome(
    runtime: Runtime,
    hand_off_id: uuid.UUID,
    *,
    kind: OutcomeKind,
    verdicts: Mapping[str, str],
    feedback: str,
    by: str,
) -> None:
    """Record what the AE says after the meeting and wake the run.

    Args:
        verdicts: Criterion id to "met", "unmet" or "unknown"; for `MET` and `NOT_MET` every
            required criterion of the hand-off's agreement must be there.
        feedback: The AE's words; required for `NOT_MET` (I3).
        by: The AE's e-mail address.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: It does not wait for an outcome, the meeting is not over, or `by` is not its
            AE (or a manager).
        InputError: Verdicts are missing, or do not fit the kind.
    """
    raise NotImplementedError


def opt_out(
    runtime: Runtime, address: str, *, channel: str, source: str, reason: str = ""
) -> list[uuid.UUID]:
    """Respect a wish not to be contacted, at once (I4).

    Everything not yet released to the address is withheld, the lead's open hand-off is closed
    and the CRM is told.

    Args:
        address: Mail address or phone number, normalised here.
        channel: "email", "phone" or "all".

    Returns:
        The hand-offs that it closed.

    Raises:
        InputError: It is neither a mail address nor a phone number.
    """
    raise NotImplementedError


def log_attempt(
    runtime: Runtime, lead_id: int, *, channel: str, by: str, note: str = "", key: str | None = None
) -> None:
    """Record that a rep tried to reach the lead (D6); `key` makes it once."""
    raise NotImplementedError


def decided_by_form(
    runtime: Runtime, wait_id: int, kind: WaitKind, decision: str, *, by: str
) -> None:
    """Record what a person chose in Prefect's form; the flow calls it when the run resumes."""
    raise NotImplementedError
