"""What colleagues are told about a lead: score, criteria, history, answers (B4, C3).

None of it may reach the lead; the texts for leads see none of these variables.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from baton.rulebook.judged import latest_qualification
from baton.store.tables import HandOff, Lead
from baton.store.touches import touches_of


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
        "history": [
            {"at": t.at, "kind": t.kind, "detail": t.detail} for t in touches_of(session, lead.id)
        ],
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
