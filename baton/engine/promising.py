"""Promises under the agreement's SLAs: begun and fulfilled by what happens, broken by time."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from baton.domain.promise import PromiseState
from baton.domain.rep import Role, Team
from baton.engine.escalating import Done, act
from baton.errors import PermanentError
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Agreement
from baton.rulebook.sla_due import Clock, DueTime, due_time, minutes_taken, office_clock
from baton.rulebook.sla_judging import Kept, beginnings, judge
from baton.rulebook.sla_part import OWN, Sla
from baton.runtime import Runtime
from baton.store.absences import absences_of
from baton.store.agreements import active_id
from baton.store.decisions import record_decision
from baton.store.month_promises import begin_month, end_month
from baton.store.promises import (
    Happened,
    events_of,
    hand_offs_by_id,
    promises_due,
    promises_of,
    take_looks,
)
from baton.store.tables import Decision, HandOff, PromiseRow, Rep

logger = logging.getLogger(__name__)
AT_ONCE = 500
MOST = 5_000
TEAMS = {Role.SDR: Team.MARKETING.value, Role.AE: Team.SALES.value}


@dataclass(slots=True)
class Promised:
    """What one look at the promises did."""

    begun: int = 0
    breached: int = 0
    reminded: int = 0
    escalated: int = 0


def keep_promises(runtime: Runtime) -> Promised:
    """Open, fulfil and break promises as of now, and do what is due about them; twice is once."""
    done = Promised()
    for _ in range(MOST // AT_ONCE):
        with runtime.transaction() as session:
            looks = take_looks(session, limit=AT_ONCE)
            if not looks:
                break
            _look(session, looks, runtime.clock.now(), done)
    _begin_month(runtime, done)
    _let_time_pass(runtime, done)
    return done


def _begin_month(runtime: Runtime, done: Promised) -> None:
    now = runtime.clock.now()
    with runtime.transaction() as session, _set_apart(session, "of this month"):
        agreement_id = active_id(session)
        quota = None if agreement_id is None else agreement_of(session, agreement_id).quota
        if agreement_id is not None and quota is not None:
            leads = quota.sales_qualified_a_month
            done.begun += begin_month(session, agreement_id, leads, at=now)


def _look(
    session: Session, hand_off_ids: Sequence[uuid.UUID], now: datetime, done: Promised
) -> None:
    events = events_of(session, hand_off_ids)
    promises = promises_of(session, hand_off_ids)
    for key, hand_off in hand_offs_by_id(session, hand_off_ids).items():
        with _set_apart(session, f"of hand-off {key}"):
            there = promises.get(key, [])
            _look_at(session, hand_off, events=events[key], there=there, now=now, done=done)


@contextmanager
def _set_apart(session: Session, which: str) -> Iterator[None]:
    """Undo and report what cannot be done about some promises, so that the others go on."""
    try:
        with session.begin_nested():
            yield
    except PermanentError as error:
        logger.error("The promises %s are not looked at: %s", which, error)  # noqa: TRY400 (a person's work, no fault)


def _look_at(
    session: Session,
    hand_off: HandOff,
    *,
    events: Sequence[Happened],
    there: Sequence[PromiseRow],
    now: datetime,
    done: Promised,
) -> None:
    agreement = agreement_of(session, hand_off.agreement_id)
    for sla in agreement.slas:
        mine = [row for row in there if row.sla == sla.id]
        begun = {row.occurrence for row in mine}
        for one in beginnings(sla, events):
            if one.occurrence not in begun:
                mine.append(_begin(session, (hand_off, agreement, sla), one, now))
                done.begun += 1
        for row in mine:
            done.breached += _follow(session, hand_off, sla, row, events=events, now=now)


def _begin(
    session: Session,
    promise: tuple[HandOff, Agreement, Sla],
    begins: Happened,
    now: datetime,
) -> PromiseRow:
    hand_off, agreement, sla = promise
    owing = session.get_one(Rep, _who_owes(hand_off, sla, begins))
    clock = _clock(session, agreement, sla, owing, begins.at)
    found = due_time(sla, begins.at, clock)
    row = PromiseRow(
        agreement_id=hand_off.agreement_id,
        sla=sla.id,
        hand_off_id=hand_off.id,
        responsible_id=owing.id,
        occurrence=begins.occurrence,
        team=owing.team or TEAMS.get(Role(owing.role), owing.role.lower()),
        since=begins.at,
        due_at=found.due_at,
        decision_id=_keep_due_time(session, hand_off, (sla, begins.at, clock, found), owing, now),
        opened_at=now,
        acts=[{"at": at.isoformat(), "act": act.value} for at, act in found.acts],
        acted=0,
        state=PromiseState.OPEN.value,
        is_measured=True,
    )
    row.next_at = next_at(row)
    session.add(row)
    session.flush()
    return row


def _who_owes(hand_off: HandOff, sla: Sla, begins: Happened) -> int:
    if sla.owed_by == "sdr":
        return hand_off.sdr_id
    owing = begins.rep_id or hand_off.ae_id
    # The agreement's check lets nobody promise before they take part.
    assert owing is not None
    return owing


def _clock(session: Session, agreement: Agreement, sla: Sla, owing: Rep, since: datetime) -> Clock:
    if sla.calendar != OWN:
        office = next(one for one in agreement.calendars if one.id == sla.calendar)
        return office_clock(office.name, office.zone, office.hours, office.country)
    away = absences_of(session, since=since, rep_ids=[owing.id]).get(owing.id, [])
    return Clock(owing.name, owing.time_zone, owing.working_hours, owing.country, away)


def _keep_due_time(
    session: Session,
    hand_off: HandOff,
    told: tuple[Sla, datetime, Clock, DueTime],
    owing: Rep,
    now: datetime,
) -> int:
    sla, since, clock, found = told
    return record_decision(
        session,
        hand_off,
        "due",
        at=now,
        as_of=since,
        facts={
            "promise": sla.id,
            "since": since.isoformat(),
            **sla.model_dump(mode="json", exclude={"since", "id"}),
            "clock": clock.as_facts(),
        },
        result={
            "due_at": found.due_at.isoformat(),
            "responsible_id": owing.id,
            "by_clock": found.by_clock,
        },
        reasons=found.reasons,
    )


def next_at(row: PromiseRow) -> datetime | None:
    """Return when time next does something to the promise; None if never."""
    if not row.is_measured:
        return None
    left = row.acts[row.acted :]
    coming = [datetime.fromisoformat(left[0]["at"])] if left else []
    coming += [row.due_at] if row.state == PromiseState.OPEN else []
    return min(coming, default=None)


def _follow(
    session: Session,
    hand_off: HandOff,
    sla: Sla,
    row: PromiseRow,
    *,
    events: Sequence[Happened],
    now: datetime,
) -> bool:
    """Bring a promise to where it stands by now; return whether it was broken since."""
    if not row.is_measured:
        return False
    was_open = row.state == PromiseState.OPEN
    kept = Kept(row.occurrence, row.since, row.due_at, row.responsible_id, not was_open)
    found = judge(sla, kept, events, closed_at=hand_off.closed_at, at=now)
    taken = None
    if found.fulfilled_at is not None and (sla.measure_on or found.state == PromiseState.KEPT):
        taken = _taken(session, row, found.fulfilled_at)
        row.fulfilled_at = found.fulfilled_at
    row.took_minutes, row.why, row.is_measured = taken, found.why, not found.is_over
    if found.state == PromiseState.BREACHED and row.breached_at is None:
        row.breached_at = now
    row.state = found.state.value
    row.next_at = next_at(row)
    return was_open and found.state == PromiseState.BREACHED


def _taken(session: Session, row: PromiseRow, until: datetime) -> float:
    decision = session.get_one(Decision, row.decision_id)
    clock = Clock.of_facts(decision.facts["clock"])
    return minutes_taken(row.since, until, clock, by_clock=decision.result["by_clock"])


def _let_time_pass(runtime: Runtime, done: Promised) -> None:
    """Break what is overdue and do what is due about it: no write has to happen for that."""
    for _ in range(MOST // AT_ONCE):
        with runtime.transaction() as session:
            rows = promises_due(session, at=runtime.clock.now(), limit=AT_ONCE)
            for row in rows:
                with _set_apart(session, f"with number {row.id}"):
                    _pass(runtime, session, row, done)
        if len(rows) < AT_ONCE:
            return


def _pass(runtime: Runtime, session: Session, row: PromiseRow, done: Promised) -> None:
    now = runtime.clock.now()
    agreement = agreement_of(session, row.agreement_id)
    if row.hand_off_id is None:
        assert agreement.quota is not None
        leads = agreement.quota.sales_qualified_a_month
        done.breached += end_month(session, row, leads, at=now)
        return
    hand_off = session.get_one(HandOff, row.hand_off_id)
    agreed = {sla.id: sla for sla in agreement.slas}
    events = events_of(session, [hand_off.id])[hand_off.id]
    done.breached += _follow(session, hand_off, agreed[row.sla], row, events=events, now=now)
    while row.next_at is not None and row.next_at <= now:
        kind = act(runtime, session, hand_off, agreed[row.sla], row)
        done.reminded += kind is Done.REMINDED
        done.escalated += kind is Done.ESCALATED
        row.acted += 1
        row.next_at = next_at(row)
    session.flush()
