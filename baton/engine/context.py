"""What colleagues are told about a lead: score, criteria, history, answers (B4, C3).

None of it may reach the lead; the texts for leads see none of these variables.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from baton.rulebook.active import agreement_of
from baton.rulebook.judged import latest_qualification
from baton.store.outcomes import earlier_hand_offs
from baton.store.tables import HandOff, Lead
from baton.store.touches import attempts_of, touches_of


def judged_variables(session: Session, hand_off: HandOff) -> dict[str, Any]:
    """Return score, why now, criteria and groups of them as the hand-off's decision has them."""
    decision = latest_qualification(session, hand_off.lead_id)
    assert decision is not None, "score stores a decision before anything reads it"
    said = decision.result
    names = {c["id"]: c["name"] for c in said["criteria"]}
    return {
        "score": {
            "total": said["total_points"],
            "fit": said["fit_points"],
            "warmth": said["warmth_points"],
            "reasons": [
                {"name": p["name"], "points": p["points"], "reason": p["reason"]}
                for p in said["points"]
                if p["points"]
            ],
        },
        "why_now": said["why_now"],
        "criteria": [
            {
                "id": c["id"],
                "name": c["name"],
                "verdict": c["verdict"],
                "ask": c["ask"],
                "evidence": [{"name": n, "value": v} for n, v in c["evidence"].items()],
            }
            for c in said["criteria"]
        ],
        "groups": [
            {
                "name": group["name"],
                "verdict": group["verdict"],
                "met": group["met"],
                "at_least": group["at_least"],
                "of": "; ".join(names[member] for member in group["of"]),
            }
            for group in said.get("groups", ())
        ],
    }


def packet_variables(session: Session, hand_off: HandOff, lead: Lead) -> dict[str, Any]:
    """Return everything that a good first conversation needs beyond who takes part."""
    return {
        **judged_variables(session, hand_off),
        "origin": lead.origin,
        "campaign": lead.campaign,
        "history": _history(session, lead),
        "earlier": _earlier(session, hand_off),
        "notes": lead.notes,
        "needs": lead.needs,
        "timetable": lead.timetable,
        "answers": [
            {"question": name.replace("_", " "), "answer": str(value)}
            for name, value in sorted(lead.answers.items())
        ],
        "preferred_channel": lead.preferred_channel,
        "preferred_time": lead.preferred_time,
    }


def _history(session: Session, lead: Lead) -> list[dict[str, Any]]:
    """Return what the lead did and what we did to reach it, newest first."""
    theirs = [
        # The detail of an answer is its Message-ID, which tells people nothing.
        {"at": t.at, "kind": t.kind, "detail": "" if t.detail.startswith("<") else t.detail}
        for t in touches_of(session, lead.id)
    ]
    ours = [
        {"at": attempt.at, "kind": f"{attempt.channel} from {name}", "detail": attempt.note}
        for attempt, name in attempts_of(session, lead.id)
    ]
    return sorted([*theirs, *ours], key=lambda line: line["at"], reverse=True)


def _earlier(session: Session, hand_off: HandOff) -> list[dict[str, Any]]:
    """Return how the lead's earlier hand-offs ended, and what their AEs said."""
    lines = []
    for one in earlier_hand_offs(session, hand_off):
        agreed = agreement_of(session, one.hand_off.agreement_id).sales_qualified
        names = {criterion.id: criterion.name for criterion in agreed}
        unmet = one.outcome.unmet if one.outcome else []
        lines.append(
            {
                "at": one.hand_off.closed_at,
                "ae": one.ae_name,
                "end": one.hand_off.state,
                "reason": one.hand_off.close_reason,
                "unmet": [{"name": names.get(criterion, criterion)} for criterion in unmet],
                "feedback": one.outcome.feedback if one.outcome else None,
            }
        )
    return lines
