"""From the meeting to the AE's word on it."""

from __future__ import annotations

from baton.domain.hand_off import WaitKind, WaitState
from baton.domain.meeting import MeetingKind, MeetingState, OutcomeKind
from baton.engine.booking import propose_again, settle_proposal
from baton.engine.calling_off import call_off
from baton.engine.inviting import times_of
from baton.engine.stage import Asleep, Finished, Step, Work
from baton.engine.waiting import open_promise
from baton.store.meetings import latest_meeting
from baton.store.opt_outs import has_opted_out
from baton.store.outcomes import latest_outcome, no_shows
from baton.store.tables import Meeting
from baton.store.waits import latest_wait


def settle_meeting(work: Work) -> Step:
    """Bring the newest meeting on: to its outcome, or to another time if it was moved or is off."""
    with work.transaction() as (session, hand_off):
        meeting = latest_meeting(session, hand_off.id)
        outcome = latest_outcome(session, hand_off.id)
        assert meeting is not None
        state = meeting.state
        is_said = outcome is not None and outcome.meeting_id == meeting.id
        said = OutcomeKind(outcome.kind) if outcome is not None and is_said else None
    if state == MeetingState.PROPOSED:
        step = _no_second_chance(work) or settle_proposal(work)
        is_confirmed = isinstance(step, Finished) and "meeting" in step.result
        return wait_for_outcome(work) if is_confirmed else step
    if state == MeetingState.CANCELLED or said is OutcomeKind.RESCHEDULED:
        return propose_again(work)
    if said is OutcomeKind.NO_SHOW and _is_rebooked(work):
        return propose_again(work, is_owed=True)
    return wait_for_outcome(work) if said is None else Finished({"outcome": said})


def _is_rebooked(work: Work) -> bool:
    with work.transaction() as (session, hand_off):
        allowed = work.agreement(session, hand_off).techniques.appointment.no_show_rebooks
        is_reached = not has_opted_out(session, hand_off.lead_id)
        return is_reached and no_shows(session, hand_off.id) <= allowed


def _no_second_chance(work: Work) -> Finished | None:
    """Let a lead who did not come, and does not take the other time either, go back (I3)."""
    with work.transaction() as (session, hand_off):
        outcome = latest_outcome(session, hand_off.id)
        wait = latest_wait(session, hand_off.id, WaitKind.ACCEPTANCE)
        if outcome is None or outcome.kind != OutcomeKind.NO_SHOW or wait is None:
            return None
        is_leads_no = wait.decision == "declined" and "lead" in (wait.decision_detail or {}).get(
            "declined", []
        )
        if wait.decision != "give_up" and not is_leads_no:
            return None
        call_off(work.runtime, session, hand_off)
        return Finished({"outcome": OutcomeKind.NO_SHOW})


def wait_for_outcome(work: Work) -> Step:
    """Open the wait for the AE's word; it begins when the meeting ends.

    The first reminder, at the meeting's end, is the request itself; the sweep sends it.
    """
    with work.transaction() as (session, hand_off):
        wait = latest_wait(session, hand_off.id, WaitKind.OUTCOME)
        if wait is not None and wait.state == WaitState.OPEN:
            return Asleep(wait.id)
        meeting = latest_meeting(session, hand_off.id)
        assert meeting is not None
        assert hand_off.ae_id is not None
        if was_agreed(meeting):
            wait = open_promise(
                work,
                session,
                hand_off,
                WaitKind.OUTCOME,
                subject="say what the meeting came to",
                responsible_id=hand_off.ae_id,
                since=times_of(meeting)[1],
                ask_at_start=True,
            )
            return Asleep(wait.id)
    # Somebody declined it, or moved it, in this very moment.
    return settle_meeting(work)


def was_agreed(meeting: Meeting) -> bool:
    """Return whether the meeting stands, or was a call that took place."""
    is_call = meeting.kind == MeetingKind.CALL
    return meeting.state == MeetingState.CONFIRMED or (
        is_call and meeting.state == MeetingState.OVER
    )
