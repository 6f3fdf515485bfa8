"""Small true stories in the database: reps, a signed agreement, a lead, an open hand-off."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from baton.store.tables import (
    AgreementVersion,
    AttendanceRow,
    Decision,
    Effect,
    HandOff,
    Intake,
    Lead,
    Meeting,
    Rep,
    Signature,
    StageDone,
    StatusChange,
    Touch,
    Wait,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def signed_version(session: Session) -> int:
    content = hashlib.sha256(b"story").hexdigest()
    version = AgreementVersion(
        content_hash=content, title="Story", content={}, source="", stored_at=NOW
    )
    session.add(version)
    session.flush()
    for team in ("marketing", "sales"):
        session.add(
            Signature(agreement_id=version.id, team=team, name="Mo", content_hash=content, at=NOW)
        )
    session.flush()
    return version.id


def rep(session: Session, email: str, role: str) -> int:
    person = Rep(email=email, name=email.partition("@")[0].title(), role=role)
    session.add(person)
    session.flush()
    return person.id


def lead(session: Session, key: str, *, email: str | None, external_id: str | None = None) -> int:
    intake = Intake(source="story", key=key, at=NOW)
    session.add(intake)
    session.flush()
    person = Lead(
        intake_id=intake.id,
        external_id=external_id,
        email=email,
        given_name="Ada",
        family_name="Moor",
        company="Harbour [bold]Ltd",
        created_at=NOW,
        changed_at=NOW,
    )
    session.add(person)
    session.flush()
    return person.id


def open_hand_off(database: Engine) -> uuid.UUID:
    """A hand-off that waits for an AE's outcome, with everything that a page shows of one."""
    with Session(database) as session, session.begin():
        version = signed_version(session)
        sdr = rep(session, "sam@seller.example", "SDR")
        ae = rep(session, "ida@seller.example", "AE")
        lead_id = lead(session, "story-1", email="ada@harbour.example", external_id="X-7")
        hand_off = HandOff(
            id=uuid.uuid4(),
            lead_id=lead_id,
            agreement_id=version,
            sdr_id=sdr,
            ae_id=ae,
            stage="await_outcome",
            opened_at=NOW,
            opened_by="story",
            next_step="await_outcome",
            responsible_id=ae,
            due_at=NOW + timedelta(days=1),
        )
        session.add(hand_off)
        session.get_one(Lead, lead_id).place = "hand_off"
        session.flush()
        _fill(session, hand_off, ae)
        return hand_off.id


def _fill(session: Session, hand_off: HandOff, ae: int) -> None:
    meeting = Meeting(
        hand_off_id=hand_off.id,
        ordinal=1,
        ae_id=ae,
        during=Range(NOW + timedelta(hours=4), NOW + timedelta(hours=4, minutes=30)),
        uid="m-1@baton.example",
        state="confirmed",
    )
    session.add(meeting)
    session.flush()
    session.add_all(
        [
            StageDone(hand_off_id=hand_off.id, stage="enrich", at=NOW),
            Touch(lead_id=hand_off.lead_id, kind="webinar", at=NOW - timedelta(days=1)),
            StatusChange(
                lead_id=hand_off.lead_id,
                from_status="new",
                to_status="marketing_qualified",
                from_place="waiting",
                to_place="hand_off",
                reason="hand-off opened",
                by="story",
                at=NOW,
            ),
            Decision(
                lead_id=hand_off.lead_id,
                hand_off_id=hand_off.id,
                agreement_id=hand_off.agreement_id,
                kind="route",
                at=NOW,
                as_of=NOW,
                facts={"open": 1},
                result={"ae": "ida@seller.example"},
                reasons=["ida has the fewest"],
            ),
            AttendanceRow(meeting_id=meeting.id, email="ada@harbour.example", side="lead"),
            Effect(
                key="story:introduction:1",
                hand_off_id=hand_off.id,
                kind="introduction",
                provider_id="<1@baton.example>",
                state="done",
                intended_at=NOW,
                settled_at=NOW,
            ),
            Wait(
                hand_off_id=hand_off.id,
                kind="outcome",
                ordinal=1,
                subject="the outcome of the meeting",
                responsible_id=ae,
                opened_at=NOW,
                not_before=NOW,
                due_at=NOW + timedelta(days=1),
                on_expiry="escalate",
            ),
        ]
    )
