"""Qualifying in sets: the same enrichment, gate and statement as a single hand-off's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from baton.domain.lead import LeadStatus
from baton.domain.verdict import Evaluation, Qualification
from baton.intake.enriching import enrich_leads
from baton.rulebook.active import active_agreement
from baton.rulebook.evaluator import evaluate
from baton.runtime import Runtime
from baton.store.decisions import record_qualifications
from baton.store.gate_rows import gate_rows
from baton.store.quarantine import quarantine_lead
from baton.store.waiting_leads import nurture_leads

GATE = "qualify"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a set of leads: `ready` go on to a hand-off, hot ones first."""

    ready: list[int]
    nurtured: int


def enrich_batch(runtime: Runtime, lead_ids: Sequence[int]) -> list[int]:
    """Enrich the leads; return those that are not duplicates of older ones."""
    with runtime.transaction() as session:
        found = enrich_leads(
            session,
            lead_ids,
            firmographics=runtime.firmographics,
            default_country=runtime.settings.default_country,
            at=runtime.clock.now(),
        )
    return [lead_id for lead_id in lead_ids if lead_id not in found.duplicates]


def gate_batch(runtime: Runtime, lead_ids: Sequence[int]) -> list[int]:
    """Quarantine the leads that the gate refuses; return the rest."""
    if not lead_ids or not runtime.gates.has(GATE):
        return list(lead_ids)
    with runtime.transaction() as session:
        rows = gate_rows(session, lead_ids)
    refused = runtime.gates.check(GATE, rows).refused
    with runtime.transaction() as session:
        for lead_id, refusal in refused.items():
            quarantine_lead(
                session,
                int(lead_id),
                field=refusal.column or "",
                value=None if refusal.value is None else str(refusal.value),
                reason=f"gate {GATE}: {refusal.meaning or refusal.expectation}",
                at=runtime.clock.now(),
            )
    return [lead_id for lead_id in lead_ids if lead_id not in refused]


def judge_batch(runtime: Runtime, lead_ids: Sequence[int]) -> Judged:
    """Judge the leads under the active agreement and store every decision (I8).

    Who does not qualify is nurtured until the check-in date that was agreed.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        agreement_id, agreement = active_agreement(session)
        judged = list(evaluate(session, agreement_id, agreement, lead_ids=lead_ids, as_of=now))
        record_qualifications(session, judged, hand_off_id=None, at=now)
        ready = [e for e in judged if e.qualification is not Qualification.NOT_QUALIFIED]
        back = {
            e.lead_id: (why_not(e), _status(e))
            for e in judged
            if e.qualification is Qualification.NOT_QUALIFIED
        }
        days = timedelta(days=agreement.nurture.not_qualified_days)
        nurture_leads(session, back, check_in_on=(now + days).date(), at=now)
    ready.sort(key=lambda e: (-e.total_points, e.lead_id))
    return Judged([e.lead_id for e in ready], len(back))


def why_not(judged: Evaluation) -> str:
    """Return in one line why the lead does not go over."""
    if judged.unmet:
        return "not met: " + "; ".join(c.name for c in judged.unmet)
    return (
        f"score {judged.total_points:g} (fit {judged.fit_points:g}, "
        f"warmth {judged.warmth_points:g}) is below the agreed one"
    )


def _status(judged: Evaluation) -> str:
    if judged.is_marketing_qualified:
        return LeadStatus.MARKETING_QUALIFIED
    return LeadStatus.NURTURE
