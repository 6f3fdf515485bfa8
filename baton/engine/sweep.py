"""Every minute: nothing stands still without a reason (I5).

Overdue waits expire by their own rule or are escalated, reminders go out, hand-offs of leads that
opted out elsewhere end, runs whose decision is recorded are woken, runs that died are driven
again, effects in doubt are settled, leads counted.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from baton.engine.actions import cancel_hand_off, launch_hand_off
from baton.engine.calendars import look_again
from baton.engine.deciding import wake_hand_off
from baton.engine.effects import carry_out
from baton.engine.opting_out import opt_out
from baton.engine.promising import keep_promises
from baton.engine.queueing import look_for_aes
from baton.engine.reminding import escalation, remind
from baton.engine.runs import Standing, drive_again, end_cancelled, runs_cancelled, standings_of
from baton.engine.telling import tell_owners
from baton.engine.watching import see_cancellations
from baton.errors import (
    EngineUnavailableError,
    InDoubtError,
    NeighbourPausedError,
    PaceError,
    PermanentError,
    RefusedError,
    TransientError,
)
from baton.runtime import Runtime
from baton.store.effects import intend, look_later
from baton.store.health import where_leads_are
from baton.store.opt_outs import is_told, wishes_to_respect
from baton.store.sweeping import (
    Idle,
    idle_hand_offs,
    may_drive_again,
    open_hand_offs_of,
    unlaunched_hand_offs,
    unsettled_effects,
)
from baton.store.tables import HandOff
from baton.store.waits import expire, overdue_waits, waits_to_remind

logger = logging.getLogger(__name__)
STOPPED = ("FAILED", "CRASHED", "COMPLETED")
# A run takes its lease within moments of running. Before that it may pend behind many others.
RUNS_WITHOUT_LEASE_SECONDS = 60
PENDS_SECONDS = 600
# Many effects may wait for the same pace; the sweep must not wait for each.
PACE_PATIENCE_SECONDS = 1.0


@dataclass(slots=True)
class SweepResult:
    """What one sweep did; `difference` other than 0 means that a lead is lost (I5)."""

    expired: int = 0
    escalated: int = 0
    reminded: int = 0
    opted_out: int = 0
    launched: int = 0
    woken: int = 0
    driven_again: int = 0
    cancelled: int = 0
    settled: int = 0
    unsettled: int = 0
    readable: int = 0
    assignable: int = 0
    called_off: int = 0
    promised: int = 0
    breached: int = 0
    told: int = 0
    difference: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the figures by name."""
        return asdict(self)


def sweep(runtime: Runtime) -> SweepResult:
    """Bring on everything that is due; calling it twice does nothing twice."""
    result = SweepResult()
    _expire(runtime, result)
    _remind(runtime, result)
    _keep_promises(runtime, result)
    _respect_opt_outs(runtime, result)
    result.told = tell_owners(runtime)
    _settle_effects(runtime, result)
    result.readable = look_again(runtime)
    result.assignable = look_for_aes(runtime)
    result.called_off = see_cancellations(runtime)
    try:
        _bring_on(runtime, result)
    except EngineUnavailableError as error:
        logger.warning("%s The next sweep tries again.", error)
    with runtime.transaction() as session:
        result.difference = where_leads_are(session).difference
    if result.difference:
        logger.error("I5: %d leads are nowhere or twice; see 'baton doctor'.", result.difference)
    return result


def _expire(runtime: Runtime, result: SweepResult) -> None:
    now = runtime.clock.now()
    with runtime.transaction() as session:
        for wait in overdue_waits(session, at=now):
            if wait.on_expiry != "escalate":
                result.expired += expire(wait, at=now)
                continue
            with _set_apart(session, wait.id, "escalated"):
                hand_off = session.get_one(HandOff, wait.hand_off_id)
                intend(session, escalation(runtime, session, hand_off, wait), at=now)
                wait.escalated_at = now
                result.escalated += 1


def _remind(runtime: Runtime, result: SweepResult) -> None:
    now = runtime.clock.now()
    with runtime.transaction() as session:
        for wait in waits_to_remind(session, at=now):
            with _set_apart(session, wait.id, "reminded"):
                hand_off = session.get_one(HandOff, wait.hand_off_id)
                was_escalated = wait.escalated_at
                remind(runtime, session, hand_off, wait)
                if wait.escalated_at == was_escalated:
                    result.reminded += 1
                else:
                    result.escalated += 1


def _keep_promises(runtime: Runtime, result: SweepResult) -> None:
    done = keep_promises(runtime)
    result.promised += done.begun
    result.breached += done.breached
    result.reminded += done.reminded
    result.escalated += done.escalated


@contextmanager
def _set_apart(session: Session, wait_id: int, what: str) -> Iterator[None]:
    """Undo and report what cannot be done for one wait, so that the others go on (I5)."""
    try:
        with session.begin_nested():
            yield
    except PermanentError as error:
        logger.error("Wait %d could not be %s: %s", wait_id, what, error)  # noqa: TRY400 (a person's work, no fault)


def _respect_opt_outs(runtime: Runtime, result: SweepResult) -> None:
    """Act on wishes that came by a way that only keeps them, such as an import.

    Hand-offs end, leads are closed, the connected systems hear of it.
    """
    with runtime.transaction() as session:
        wishes = wishes_to_respect(session)
    for wish in wishes:
        try:
            result.opted_out += len(
                opt_out(
                    runtime,
                    wish.address,
                    channel=wish.channel,
                    source=wish.source,
                    reason=wish.reason,
                )
            )
        except PermanentError as error:
            logger.error("An opt-out could not be respected in full: %s", error)  # noqa: TRY400 (a person's work, no fault)
            with runtime.transaction() as session:
                is_told(session, wish.address, wish.channel, at=runtime.clock.now())


def _settle_effects(runtime: Runtime, result: SweepResult) -> None:
    with runtime.transaction() as session:
        keys = unsettled_effects(session)
    for key in keys:
        try:
            carry_out(runtime, key, patience=PACE_PATIENCE_SECONDS)
            result.settled += 1
        except NeighbourPausedError:
            result.unsettled += 1
        except TransientError as error:
            if isinstance(error, InDoubtError | PaceError):
                with runtime.transaction() as session:
                    look_later(session, key)
            logger.warning("Effect not settled: %s", error)
            result.unsettled += 1


def _bring_on(runtime: Runtime, result: SweepResult) -> None:
    _cancel_what_prefect_cancelled(runtime, result)
    with runtime.transaction() as session:
        unlaunched = unlaunched_hand_offs(session)
        idle = idle_hand_offs(session)
    for hand_off_id in unlaunched:
        result.launched += launch_hand_off(runtime, hand_off_id)
    runs = [one.flow_run_id for one in idle if one.flow_run_id is not None]
    standings = standings_of(runtime.settings, runs)
    for one in idle:
        if one.flow_run_id is not None:
            _bring_on_one(runtime, one, one.flow_run_id, standings.get(one.flow_run_id), result)


def _bring_on_one(
    runtime: Runtime,
    one: Idle,
    flow_run_id: str,
    standing: Standing | None,
    result: SweepResult,
) -> None:
    state = None if standing is None else standing.state
    if standing is None:
        result.launched += launch_hand_off(runtime, one.hand_off_id)
    elif state == "PAUSED":
        result.woken += wake_hand_off(runtime, one.hand_off_id)
    elif state == "CANCELLED":
        _cancel(runtime, one.hand_off_id, result)
    elif state in STOPPED or _has_died(one, standing):
        with runtime.transaction() as session:
            may = may_drive_again(session, one.hand_off_id)
        if may:
            drive_again(runtime.settings, flow_run_id)
            result.driven_again += 1


def _has_died(one: Idle, standing: Standing) -> bool:
    """Return whether the process that had the run is gone: it shows no sign of life.

    One that was killed before it took the lease left none behind that could run out.
    """
    if standing.state == "RUNNING":
        return one.lease_expired or standing.for_seconds > RUNS_WITHOUT_LEASE_SECONDS
    return standing.state == "PENDING" and standing.for_seconds > PENDS_SECONDS


def _cancel_what_prefect_cancelled(runtime: Runtime, result: SweepResult) -> None:
    """Cancel hand-offs whose run was cancelled in Prefect, asleep or at work.

    A segment that is at work ends at its next stage, because its hand-off is over; nothing but
    us then tells Prefect that the run has ended.
    """
    cancelled = runs_cancelled(runtime.settings)
    with runtime.transaction() as session:
        hand_offs = open_hand_offs_of(session, list(cancelled))
    for hand_off_id in hand_offs.values():
        _cancel(runtime, hand_off_id, result)
    for flow_run_id, is_ended in cancelled.items():
        if not is_ended:
            end_cancelled(runtime.settings, flow_run_id)


def _cancel(runtime: Runtime, hand_off_id: uuid.UUID, result: SweepResult) -> None:
    try:
        cancel_hand_off(runtime, hand_off_id, by="Prefect's UI", reason="cancelled in Prefect's UI")
        result.cancelled += 1
    except RefusedError:
        # It ended between the look and the act, which is what was wanted.
        return
