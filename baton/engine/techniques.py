"""By which agreed technique a hand-off goes over, and why; stored as a decision (I8, D5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from baton.domain.technique import NAMES, Technique
from baton.engine.assigning import assign_ae, would_get
from baton.engine.presence import free_now
from baton.engine.stage import Finished, Step, Work
from baton.rulebook.agreement import Agreement
from baton.rulebook.judged import latest_qualification
from baton.rulebook.technique_rules import Situation, chosen, fitting
from baton.store.connections import free_call, reserve_call
from baton.store.decisions import record_decision
from baton.store.holds import take_turns as take_turns_with
from baton.store.meetings import busy_times
from baton.store.routing import take_turns
from baton.store.tables import HandOff


def choose_technique(work: Work) -> Step:
    """Choose by the agreement's rules, in their order; an appointment where none fits.

    A warm transfer reserves its AE in the same moment, so that nobody is promised who is gone.
    """
    with work.look() as (session, hand_off):
        agreed, is_chosen = work.agreement(session, hand_off), hand_off.technique
    if is_chosen is not None:
        return Finished({"technique": is_chosen})
    free = _asked_for_free(work, agreed)
    with work.transaction() as (session, hand_off):
        technique = _choose(work, session, hand_off, agreed, free)
    return Finished({"technique": technique})


def _asked_for_free(work: Work, agreed: Agreement) -> frozenset[int]:
    is_asked = any(r.technique is Technique.WARM_TRANSFER for r in agreed.techniques.rules)
    talk = agreed.techniques.warm_transfer.talk_minutes
    return free_now(work.runtime, talk) if is_asked else frozenset()


def _choose(
    work: Work, session: Session, hand_off: HandOff, agreed: Agreement, free: frozenset[int]
) -> Technique:
    if not agreed.techniques.rules:
        reason = "the agreement knows one technique: an introduction with an appointment"
        _keep(session, hand_off, Technique.APPOINTMENT, facts={}, why=reason, at=work.now())
        return Technique.APPOINTMENT
    now = work.now()
    ends_at = now + timedelta(minutes=agreed.techniques.warm_transfer.talk_minutes)
    take_turns(session)
    rep_id = _able(work, session, hand_off, free)
    judged = latest_qualification(session, hand_off.lead_id)
    result: Mapping[str, Any] = judged.result if judged is not None else {}
    situation = Situation(
        result.get("total_points"), bool(result.get("is_hot")), rep_free_now=rep_id is not None
    )
    seen, fits = fitting(session, agreed, hand_off.lead_id, situation, as_of=now)
    technique, place = chosen(agreed, fits)
    facts = {"situation": asdict(situation), "facts": dict(seen), "fits": list(fits)}
    why = _why(agreed, technique, place)
    _keep(session, hand_off, technique, facts=facts, why=why, at=now)
    if technique is Technique.WARM_TRANSFER and rep_id is not None:
        assign_ae(session, hand_off, at=now, only=(rep_id,))
        reserve_call(session, hand_off, starts_at=now, ends_at=ends_at)
    return technique


def _able(work: Work, session: Session, hand_off: HandOff, free: frozenset[int]) -> int | None:
    """Return the AE to whom the lead would go of those who are free; none else gets their time."""
    now = work.now()
    minutes = work.agreement(session, hand_off).techniques.warm_transfer.talk_minutes
    while free:
        rep_id = would_get(session, hand_off, at=now, only=free)
        if rep_id is None:
            return None
        take_turns_with(session, rep_id)
        if not busy_times(session, rep_id, since=now, until=now + timedelta(minutes=minutes)):
            return rep_id
        free -= {rep_id}
    return None


def _why(agreed: Agreement, technique: Technique, place: int | None) -> str:
    if place is None:
        return "no rule fits the lead, so an appointment is proposed"
    condition = " ".join(agreed.techniques.rules[place].when.split())
    return f"{NAMES[technique]} by rule {place + 1}: {condition}"


def go_on_by_appointment(session: Session, hand_off: HandOff, why: str, *, at: datetime) -> None:
    """Propose an appointment from now on, and give the reserved time back; store why (I8)."""
    facts = {"before": hand_off.technique}
    free_call(session, hand_off.id)
    _keep(session, hand_off, Technique.APPOINTMENT, facts=facts, why=why, at=at)


def _keep(
    session: Session,
    hand_off: HandOff,
    technique: Technique,
    *,
    facts: Mapping[str, Any],
    why: str,
    at: datetime,
) -> None:
    hand_off.technique = technique
    record_decision(
        session,
        hand_off,
        "technique",
        at=at,
        facts=facts,
        result={"technique": technique.value},
        reasons=[why],
    )
