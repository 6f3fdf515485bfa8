from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from baton.adapters.calendar.replies import parse_reply
from baton.adapters.mail.reading import read_mail
from baton.demo.cast import Cast, Part
from baton.demo.desk_client import DeskClient, OpenHandOff
from baton.demo.people import People
from baton.demo.post import Person, PostBox
from baton.demo.post_office import PostOffice
from baton.demo.stage import Stage
from baton.domain.clock import SetClock
from baton.domain.hand_off import WaitKind
from baton.domain.meeting import Attendance, MessageClass
from baton.testing.mail import MailWorld, calendar_of, recipients_of
from tests.demo.letters import (
    AE,
    HAND_OFF,
    LEAD,
    NOW,
    OWN,
    SDR,
    introduction,
    invite,
    notice,
)

APPROVER = ("Ada Boss", "ada@seller.example")


class RecordingDesk(DeskClient):
    """Remembers what people tell the API; one hand-off is open and waits for `waits`."""

    def __init__(self, waits: WaitKind, responsible: str) -> None:
        self.case = OpenHandOff(HAND_OFF, LEAD[1], waits, responsible)
        self.told: list[tuple[str, dict[str, Any]]] = []

    def open_hand_offs(self) -> dict[str, OpenHandOff]:
        return {HAND_OFF: self.case}

    def show(self, hand_off_id: str) -> dict[str, Any]:
        questions = [{"criterion": "decides", "ask": "Who decides?"}]
        waits = [{"state": "open", "questions": questions}]
        return {"flow_run_id": "run-1", "waits": waits}

    def _post(self, hand_off_id: str, what: str, body: dict[str, Any]) -> None:
        self.told.append((what, body))


class Scene:
    """People around one lead who plays a part, and the mail between them."""

    def __init__(self, mail: MailWorld, clock: SetClock) -> None:
        self.mail = mail
        self.clock = clock
        self.resumed: list[tuple[str, dict[str, str]]] = []
        self.desk = RecordingDesk(WaitKind.CONTACT, "nobody@seller.example")
        self.people = self.around(Part.BUYS)

    def around(
        self, part: Part, waits: WaitKind = WaitKind.CONTACT, responsible: str = AE[1]
    ) -> People:
        self.desk = RecordingDesk(waits, responsible)
        stage = Stage(
            post_box=PostBox("127.0.0.1", self.mail.port),
            desk=self.desk,
            resume_in_prefect=lambda run, form: self.resumed.append((run, form)),
            clock=self.clock,
            cast=Cast({LEAD[1]: part}),
            criteria=("fits", "decides"),
            answers={"decides": {"is_decision_maker": True}},
        )
        colleagues = {email: Person(email, name) for name, email in (AE, SDR, APPROVER)}
        self.people = People(stage, PostOffice(self.mail, OWN), colleagues)
        return self.people

    def receive(self, content: bytes) -> None:
        self.mail.deliver(content, OWN, recipients_of(content))

    def answers(self) -> list[bytes]:
        """Return what has come into Baton's own mailbox, oldest first."""
        return [received.content for received in self.mail.mailbox(OWN).fetch()]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    clock = SetClock(NOW)
    mail = MailWorld(tmp_path, clock=clock)
    mail.start()
    yield Scene(mail, clock)
    mail.stop()


def classes(scene: Scene) -> list[tuple[str | None, MessageClass]]:
    read = [read_mail(content, own_address=OWN) for content in scene.answers()]
    return [(mail.sender, mail.message_class) for mail in read]


def attendances(scene: Scene) -> dict[str, Attendance]:
    found = [calendar_of(content) for content in scene.answers()]
    replies = [parse_reply(ics) for ics in found if ics]
    return {reply.email: reply.reply for reply in replies if reply}


def test_the_ae_answers_everybody_in_the_thread_and_quotes(scene: Scene) -> None:
    scene.around(Part.SILENT)
    scene.receive(introduction())
    scene.people.act()
    (content,) = scene.answers()
    answer = message_from_bytes(content, policy=policy.default)
    original = message_from_bytes(introduction(), policy=policy.default)
    assert answer["In-Reply-To"] == original["Message-ID"]
    assert original["Message-ID"] in answer["References"]
    assert LEAD[1] in str(answer["Cc"])
    body = answer.get_body(("plain",))
    assert body is not None
    assert "> Hello." in body.get_content()
    assert classes(scene) == [(AE[1], MessageClass.HUMAN_REPLY)]


def test_both_sides_accept_an_invite_by_a_calendar_reply(scene: Scene) -> None:
    scene.receive(invite())
    scene.people.act()
    assert attendances(scene) == {AE[1]: Attendance.ACCEPTED, LEAD[1]: Attendance.ACCEPTED}


def test_a_lead_declines_the_first_invite_and_accepts_the_second(scene: Scene) -> None:
    scene.around(Part.DECLINES_FIRST)
    scene.receive(invite())
    scene.people.act()
    assert attendances(scene)[LEAD[1]] is Attendance.DECLINED
    scene.receive(invite(sequence=1))
    scene.people.act()
    assert attendances(scene)[LEAD[1]] is Attendance.ACCEPTED


def test_a_lead_who_is_away_says_so_and_accepts_a_day_later(scene: Scene) -> None:
    scene.around(Part.OUT_OF_OFFICE)
    scene.receive(introduction())
    scene.receive(invite())
    scene.people.act()
    assert (LEAD[1], MessageClass.AUTO_REPLY) in classes(scene)
    assert LEAD[1] not in attendances(scene)
    assert scene.people.next_act_at == NOW + timedelta(days=1)
    scene.clock.advance(timedelta(days=1))
    scene.people.act()
    assert attendances(scene)[LEAD[1]] is Attendance.ACCEPTED
    assert scene.people.next_act_at is None


def test_a_lead_who_wants_no_mail_asks_for_it_in_words(scene: Scene) -> None:
    scene.around(Part.UNSUBSCRIBES)
    scene.receive(introduction())
    scene.receive(invite())
    scene.people.act()
    assert (LEAD[1], MessageClass.OPT_OUT) in classes(scene)
    assert LEAD[1] not in attendances(scene)


def test_a_silent_lead_does_nothing(scene: Scene) -> None:
    scene.around(Part.SILENT)
    scene.receive(introduction())
    scene.receive(invite())
    scene.people.act()
    assert {sender for sender, _ in classes(scene)} == {AE[1]}


def test_people_do_not_answer_each_others_answers(scene: Scene) -> None:
    scene.receive(introduction())
    scene.people.act()
    before = len(scene.answers())
    assert scene.people.act() == []
    assert len(scene.answers()) == before


@pytest.mark.parametrize(
    ("part", "kind", "unmet"),
    [(Part.BUYS, "met", 0), (Part.DOES_NOT_FIT, "not_met", 1), (Part.NO_SHOW, "no_show", 0)],
)
def test_the_ae_reports_what_the_meeting_came_to(
    scene: Scene, part: Part, kind: str, unmet: int
) -> None:
    scene.around(part, WaitKind.OUTCOME)
    scene.receive(notice(AE, "outcome_request"))
    scene.people.act()
    ((what, body),) = scene.desk.told
    assert (what, body["kind"], body["by"]) == ("outcome", kind, AE[1])
    assert list(body["verdicts"].values()).count("unmet") == unmet
    assert body["feedback"]


def test_two_mails_about_one_hand_off_are_answered_once(scene: Scene) -> None:
    scene.around(Part.BUYS, WaitKind.OUTCOME)
    scene.receive(notice(AE, "outcome_request"))
    scene.receive(notice(AE, "reminder"))
    scene.people.act()
    assert len(scene.desk.told) == 1


def test_the_sdr_answers_with_facts_or_says_that_they_are_unknown(scene: Scene) -> None:
    for part, value in ((Part.BUYS, True), (Part.QUESTION_UNANSWERED, None)):
        scene.around(part, WaitKind.ANSWERS, SDR[1])
        scene.receive(notice(SDR, f"questions-{part}"))
        scene.people.act()
        assert scene.desk.told == [
            ("answers", {"answers": {"is_decision_maker": value}, "by": SDR[1]})
        ]


@pytest.mark.parametrize(("part", "approved"), [(Part.BUYS, True), (Part.APPROVAL_REFUSED, False)])
def test_the_approver_decides_over_the_api(scene: Scene, part: Part, approved: bool) -> None:
    scene.around(part, WaitKind.APPROVAL, APPROVER[1])
    scene.receive(notice(APPROVER))
    scene.people.act()
    ((what, body),) = scene.desk.told
    assert (what, body["approved"], body["by"]) == ("approval", approved, APPROVER[1])
    assert scene.resumed == []


def test_one_approval_is_given_in_prefects_form(scene: Scene) -> None:
    scene.around(Part.APPROVED_IN_PREFECT, WaitKind.APPROVAL, APPROVER[1])
    scene.receive(notice(APPROVER))
    scene.people.act()
    assert scene.resumed == [("run-1", {"decision": "approve"})]
    assert scene.desk.told == []


def test_a_rep_leaves_what_somebody_else_owes(scene: Scene) -> None:
    scene.around(Part.BUYS, WaitKind.OUTCOME, responsible=AE[1])
    scene.receive(notice(SDR))
    scene.people.act()
    assert scene.desk.told == []
