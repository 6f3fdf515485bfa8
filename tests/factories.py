"""Rows for tests, inserted in the order in which the database's guards hold."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from baton.store.judgements import KEPT_IN, open_judging
from baton.store.tables import (
    Account,
    Activation,
    AgreementVersion,
    AttendanceRow,
    Decision,
    HandOff,
    Intake,
    Judgement,
    Lead,
    Meeting,
    Outcome,
    Quarantine,
    Rep,
    Signature,
    Touch,
    Wait,
)

NOW = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
EMPLOYEES = MappingProxyType({"employees": 100})
SQL_TYPES = {bool: "boolean", int: "numeric", float: "numeric", str: "text"}
_numbers = itertools.count(1)

AGREEMENT: dict[str, Any] = {
    "title": "How we hand over",
    "definition": "A lead that fits and is warm.",
    "scoring": {
        "fit": [{"id": "size", "name": "Size", "points": 10, "when": "employees >= 50"}],
        "warmth": [
            {"touch": "webinar", "name": "Webinar", "points": 5, "cap": 10, "half_life_days": 30}
        ],
        "fit_floor": 5,
        "warmth_floor": 1,
        "hand_off_at": 10,
        "hot_at": 50,
    },
    "marketing_qualified": {"met_when": "touches > 0"},
    "sales_qualified": [
        {
            "id": "fits-our-market",
            "name": "The company fits our market",
            "met_when": "employees between 50 and 5000",
            "ask": "How many people work there?",
            "required": True,
        },
        {
            "id": "decides",
            "name": "We talk to someone who decides",
            "met_when": "seniority in ('c_level', 'vp')",
            "ask": "Who decides?",
            "required": True,
        },
    ],
    "approval": {"when": "never", "borderline_points": 0},
    "promises": {
        kind: {"within_minutes": 60, "remind_after_minutes": [30], "on_expiry": "escalate"}
        for kind in ("answers", "approval", "contact", "acceptance", "outcome", "step")
    },
    "techniques": {
        "appointment": {
            "meeting_minutes": 30,
            "lead_time_minutes": 240,
            "buffer_minutes": 15,
            "horizon_days": 10,
            "max_proposals": 3,
            "location": "Video call",
        }
    },
    "nurture": {"not_qualified_days": 90, "returned_days": 30, "no_show_days": 7},
    "follow_up": {"minimum_attempts": 3, "over_days": 10},
    "oversight": {"sample_ratio": 0.5, "sample_minimum": 2},
}


def make_rep(
    session: Session, role: str = "SDR", *, email: str | None = None, name: str = "Robin Example"
) -> Rep:
    """Insert an active rep."""
    number = next(_numbers)
    rep = Rep(email=email or f"{role.lower()}{number}@seller.example", name=name, role=role)
    session.add(rep)
    session.flush()
    return rep


def make_agreement(
    session: Session, content: Mapping[str, Any] | None = None, *, at: datetime = NOW
) -> AgreementVersion:
    """Insert a version that both teams signed and that is active."""
    content_hash = f"hash-{next(_numbers)}"
    version = AgreementVersion(
        content_hash=content_hash,
        title="How we hand over",
        content=dict(content or AGREEMENT),
        source="",
        stored_at=at,
    )
    session.add(version)
    session.flush()
    for team in ("marketing", "sales"):
        session.add(
            Signature(
                agreement_id=version.id, team=team, name="Kim", content_hash=content_hash, at=at
            )
        )
    session.flush()
    session.add(Activation(agreement_id=version.id, by="Kim", at=at))
    session.flush()
    return version


def make_intake(session: Session, key: str | None = None, *, at: datetime = NOW) -> Intake:
    """Insert something taken in; a key that begins with `touch:` is no lead."""
    intake = Intake(source="test", key=key or f"lead:test-{next(_numbers)}", at=at)
    session.add(intake)
    session.flush()
    return intake


def make_lead(session: Session, *, at: datetime = NOW, **values: Any) -> Lead:
    """Insert a lead with its intake; it waits unless `values` say otherwise."""
    number = next(_numbers)
    chosen: dict[str, Any] = {
        "email": f"lead{number}@buyer.example",
        "given_name": "Lee",
        "family_name": f"Number{number}",
        "created_at": at,
        "changed_at": at,
    }
    lead = Lead(intake_id=make_intake(session, at=at).id, **(chosen | values))
    session.add(lead)
    session.flush()
    return lead


def make_account(session: Session, domain: str = "buyer.example", **values: Any) -> Account:
    """Insert a company."""
    account = Account(domain=domain, **({"name": "Buyer", "employees": 100} | values))
    session.add(account)
    session.flush()
    return account


def make_touch(session: Session, lead: Lead, *, at: datetime = NOW, kind: str = "webinar") -> Touch:
    """Insert something the lead did."""
    touch = Touch(lead_id=lead.id, kind=kind, at=at)
    session.add(touch)
    session.flush()
    return touch


def make_quarantine(
    session: Session, intake_id: int, *, lead: Lead | None = None, at: datetime = NOW
) -> Quarantine:
    """Insert an open quarantine entry."""
    entry = Quarantine(
        intake_id=intake_id,
        lead_id=lead.id if lead else None,
        source="test",
        field="email",
        reason="no address",
        row={},
        at=at,
    )
    session.add(entry)
    session.flush()
    return entry


def make_decision(
    session: Session, lead: Lead, agreement: AgreementVersion, *, at: datetime = NOW
) -> Decision:
    """Insert a decision about whose turn it is; qualifications are judgements."""
    decision = Decision(
        lead_id=lead.id,
        agreement_id=agreement.id,
        kind="route",
        at=at,
        as_of=at,
        facts={"open": 1},
        result={"ae": "ida@seller.example"},
        reasons=["Ida has the fewest."],
    )
    session.add(decision)
    session.flush()
    return decision


def make_judging(
    session: Session,
    agreement: AgreementVersion,
    *,
    facts: Mapping[str, Any] = EMPLOYEES,
    at: datetime = NOW,
) -> int:
    """Insert a judging that sees these facts; return its number."""
    types = {key: SQL_TYPES[type(value)] for key, value in facts.items()}
    return open_judging(
        session, agreement_id=agreement.id, facts=types, hand_off_id=None, at=at, as_of=at
    )


def make_judgement(
    session: Session,
    lead: Lead,
    agreement: AgreementVersion,
    *,
    at: datetime = NOW,
    facts: Mapping[str, Any] = EMPLOYEES,
    judging_id: int | None = None,
    **values: Any,
) -> Judgement:
    """Insert what was said of a lead: of `AGREEMENT`, one fit rule and two criteria."""
    chosen: dict[str, Any] = {
        "qualification": "qualified",
        "fit_tenths": 100,
        "warmth_tenths": 100,
        "is_hot": False,
        "is_marketing_qualified": True,
        "verdicts": [True, True, True],
        "did": [[1, 1, round(at.timestamp()) * 1_000_000, 1_000_000, 100]],
    } | {
        name: [value for value in facts.values() if SQL_TYPES[type(value)] == sql_type]
        for sql_type, name in KEPT_IN.items()
    }
    judgement = Judgement(
        lead_id=lead.id,
        judging_id=judging_id or make_judging(session, agreement, facts=facts, at=at),
        **(chosen | values),
    )
    session.add(judgement)
    session.flush()
    return judgement


def make_hand_off(
    session: Session,
    *,
    lead: Lead | None = None,
    agreement: AgreementVersion | None = None,
    sdr: Rep | None = None,
    ae: Rep | None = None,
    at: datetime = NOW,
    **values: Any,
) -> HandOff:
    """Insert an open hand-off and put its lead there."""
    lead = lead or make_lead(session, at=at)
    sdr = sdr or make_rep(session)
    hand_off = HandOff(
        id=uuid.uuid4(),
        lead_id=lead.id,
        agreement_id=(agreement or active_agreement(session)).id,
        sdr_id=sdr.id,
        ae_id=ae.id if ae else None,
        opened_at=at,
        opened_by="test",
        next_step="enrich",
        responsible_id=sdr.id,
        due_at=at + timedelta(hours=1),
        **values,
    )
    session.add(hand_off)
    lead.place = "hand_off"
    lead.owner_id = sdr.id
    session.flush()
    return hand_off


def active_agreement(session: Session) -> AgreementVersion:
    """Return the newest version, made if there is none."""
    found = session.scalars(
        select(AgreementVersion).order_by(AgreementVersion.id.desc()).limit(1)
    ).first()
    return found or make_agreement(session)


def make_wait(
    session: Session,
    hand_off: HandOff,
    kind: str = "contact",
    *,
    at: datetime = NOW,
    due_at: datetime | None = None,
    **values: Any,
) -> Wait:
    """Insert a wait; open unless `values` say otherwise."""
    wait = Wait(
        hand_off_id=hand_off.id,
        kind=kind,
        ordinal=values.pop("ordinal", 1),
        subject=f"Do: {kind}",
        responsible_id=hand_off.sdr_id,
        opened_at=at,
        not_before=at,
        due_at=due_at or at + timedelta(hours=1),
        on_expiry="escalate",
        **values,
    )
    session.add(wait)
    session.flush()
    return wait


def make_suspect(session: Session, *, at: datetime = NOW, **values: Any) -> HandOff:
    """Insert a hand-off whose meeting both accepted, with its lead a suspect (I1)."""
    ae = values.pop("ae", None) or make_rep(session, "AE")
    hand_off = make_hand_off(
        session, ae=ae, at=at, introduced_at=at + timedelta(minutes=10), ae_engaged_at=at, **values
    )
    meeting = Meeting(
        hand_off_id=hand_off.id,
        ordinal=1,
        ae_id=ae.id,
        during=Range(at + timedelta(days=1), at + timedelta(days=1, minutes=30)),
        uid=f"{hand_off.id}@baton",
        state="confirmed",
    )
    session.add(meeting)
    session.flush()
    for side in ("lead", "ae"):
        session.add(
            AttendanceRow(
                meeting_id=meeting.id,
                email=f"{side}-{meeting.id}@people.example",
                side=side,
                reply="accepted",
            )
        )
    session.flush()
    _lead_of(session, hand_off).status = "suspect"
    session.flush()
    return hand_off


def make_transferred(session: Session, *, at: datetime = NOW, **values: Any) -> HandOff:
    """Insert a hand-off that sales accepted at `at` plus two days (I2)."""
    hand_off = make_suspect(session, at=at, **values)
    end = at + timedelta(days=2)
    _outcome(session, hand_off, "met", unmet=[], feedback="", at=end)
    lead = _lead_of(session, hand_off)
    lead.status, lead.place, lead.owner_id = "sales_qualified", "with_ae", hand_off.ae_id
    _close(session, hand_off, "transferred", end)
    return hand_off


def make_returned(
    session: Session,
    *,
    at: datetime = NOW,
    kind: str = "not_met",
    unmet: tuple[str, ...] = ("decides",),
    feedback: str = "They have no say in it.",
    **values: Any,
) -> HandOff:
    """Insert a hand-off that came back at `at` plus two days with the AE's feedback (I3)."""
    hand_off = make_suspect(session, at=at, **values)
    end = at + timedelta(days=2)
    _outcome(session, hand_off, kind, unmet=list(unmet), feedback=feedback, at=end)
    lead = _lead_of(session, hand_off)
    lead.status, lead.place, lead.check_in_on = "nurture", "nurture", date(2030, 1, 1)
    _close(session, hand_off, "returned", end)
    return hand_off


def _lead_of(session: Session, hand_off: HandOff) -> Lead:
    return session.get_one(Lead, hand_off.lead_id)


def _outcome(
    session: Session, hand_off: HandOff, kind: str, *, unmet: list[str], feedback: str, at: datetime
) -> None:
    meeting = session.scalars(select(Meeting).where(Meeting.hand_off_id == hand_off.id)).one()
    assert hand_off.ae_id is not None
    session.add(
        Outcome(
            hand_off_id=hand_off.id,
            meeting_id=meeting.id,
            rep_id=hand_off.ae_id,
            kind=kind,
            verdicts={"fits-our-market": "met"} | dict.fromkeys(unmet, "unmet"),
            unmet=unmet,
            feedback=feedback,
            at=at,
        )
    )
    meeting.state = "over"
    session.flush()


def _close(session: Session, hand_off: HandOff, state: str, at: datetime) -> None:
    # The lead first: its guards (I2, I3) ask for an open hand-off.
    session.flush()
    hand_off.state, hand_off.closed_at, hand_off.close_reason = state, at, state
    hand_off.next_step = hand_off.due_at = None
    session.flush()
