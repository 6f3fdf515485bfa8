"""Small true stories in the database: reps, a signed agreement, a lead, an open hand-off."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, EffectState
from baton.domain.rep import Team
from baton.engine.inbox import read_inbox
from baton.engine.qualification import judge
from baton.rulebook.loading import load_agreement
from baton.runtime import Runtime
from baton.store.looks import list_looks
from baton.store.tables import (
    AttendanceRow,
    Decision,
    Effect,
    HandOff,
    Intake,
    Lead,
    Meeting,
    Rep,
    StageDone,
    StatusChange,
    Touch,
    Wait,
)
from baton.testing.agreeing import signed
from baton.testing.mail_fakes import FakeMailbox

RULES = Path(__file__).parents[2] / "rules"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def signed_version(session: Session) -> int:
    """The agreement of the default rules, signed by both teams."""
    loaded = load_agreement(RULES / "agreement.yaml")
    by = dict.fromkeys(Team, "Mo")
    return signed(session, loaded.content, at=NOW, by=by, source=loaded.source)


def rep(session: Session, email: str, role: str) -> int:
    person = Rep(email=email, name=email.partition("@")[0].title(), role=role)
    session.add(person)
    session.flush()
    return person.id


def failed_note(session: Session, *, error: str, lead_id: int | None = None) -> int:
    """A note to the CRM that failed for good; return its number."""
    effect = Effect(
        key="k",
        kind=EffectKind.CRM_NOTE,
        provider_id="k",
        lead_id=lead_id,
        payload={"title": "x", "text": "y"},
        state=EffectState.FAILED,
        attempts=1,
        error=error,
        intended_at=NOW,
        settled_at=NOW,
    )
    session.add(effect)
    session.flush()
    return effect.id


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


def open_hand_off(database: Engine, waits_for: str = "outcome") -> uuid.UUID:
    """A hand-off that waits for somebody, with everything that a page shows of one."""
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
        rep(session, "mara@seller.example", "APPROVER")
        _fill(session, hand_off, ae, waits_for)
        return hand_off.id


def give_hours(database: Engine, email: str) -> None:
    """Let a rep work from nine to five, Monday to Friday."""
    hours = {day: ["09:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    with Session(database) as session, session.begin():
        session.execute(update(Rep).where(Rep.email == email).values(working_hours=hours))


def judge_story(database: Engine, hand_off_id: uuid.UUID) -> None:
    """Judge the hand-off's lead, as the stage does that scores."""
    with Session(database) as session, session.begin():
        judge(session, session.get_one(HandOff, hand_off_id), at=NOW)


def _fill(session: Session, hand_off: HandOff, ae: int, waits_for: str) -> None:
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
                kind=waits_for,
                ordinal=1,
                subject=f"the {waits_for} of the story",
                responsible_id=ae,
                opened_at=NOW,
                not_before=NOW,
                due_at=NOW + timedelta(days=1),
                on_expiry="escalate",
            ),
        ]
    )


def stray_mail(runtime: Runtime) -> int:
    """A stranger writes to Baton's address, in answer to nothing; return the message's number."""
    own = runtime.settings.mail_address
    mail = f"From: carl@elsewhere.example\r\nTo: {own}\r\nSubject: Pumps\r\n\r\nPumps?\r\n"
    box = FakeMailbox()
    box.deliver(mail.encode())
    assert read_inbox(replace(runtime, mailbox=box)) == 1
    with runtime.transaction() as session:
        (line,) = list_looks(session)
    return line.id
