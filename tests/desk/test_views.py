from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from baton.domain.hand_off import HandOffState
from baton.errors import NotFoundError
from baton.store.histories import find_lead, tell_lead
from baton.store.tables import AttendanceChange, Meeting
from baton.store.views import count_hand_offs, list_hand_offs, show_hand_off
from tests.desk.stories import NOW, lead, open_hand_off
from tests.factories import make_hand_off, make_rep, make_returned


def test_an_open_hand_off_says_who_owes_what_by_when(database: Engine) -> None:
    hand_off_id = open_hand_off(database)
    with Session(database) as session:
        (line,) = list_hand_offs(session)
    assert line.id == hand_off_id
    assert line.lead == "Ada Moor"
    assert line.waits_for == "the outcome of the story"
    assert line.wait_kind == "outcome"
    assert line.responsible == "ida@seller.example"
    assert line.due_at == NOW + timedelta(days=1)


def test_the_list_can_be_limited_to_a_state(database: Engine) -> None:
    open_hand_off(database)
    with Session(database) as session:
        assert list_hand_offs(session, state=HandOffState.RETURNED) == []
        assert len(list_hand_offs(session, state=None)) == 1


def test_the_list_comes_in_pages_and_nobody_is_left_out(database: Engine) -> None:
    with Session(database) as session, session.begin():
        ids = {make_hand_off(session).id for _ in range(3)}
    with Session(database) as session:
        pages = [list_hand_offs(session, limit=2, skip=skip) for skip in (0, 2, 4)]
        assert count_hand_offs(session) == 3
        assert count_hand_offs(session, HandOffState.RETURNED) == 0
    assert [len(page) for page in pages] == [2, 1, 0]
    assert {line.id for page in pages for line in page} == ids


def test_a_hand_off_is_shown_with_waits_meeting_attendance_and_messages(database: Engine) -> None:
    hand_off_id = open_hand_off(database)
    with Session(database) as session:
        view = show_hand_off(session, hand_off_id)
    assert (view.sdr, view.ae) == ("sam@seller.example", "ida@seller.example")
    assert view.stages_done == ["enrich"]
    assert [wait.kind for wait in view.waits] == ["outcome"]
    assert view.meetings[0].attendance[0].reply == "needs-action"
    assert view.meetings[0].starts_at == NOW + timedelta(hours=4)
    assert [(m.direction, m.kind, m.state) for m in view.messages] == [
        ("out", "introduction", "done")
    ]


def test_an_unknown_hand_off_is_not_found(session: Session) -> None:
    with pytest.raises(NotFoundError, match="There is no hand-off"):
        show_hand_off(session, uuid.uuid4())


@pytest.mark.parametrize("reference", ["ada@harbour.example", " ADA@harbour.example ", "X-7"])
def test_a_lead_is_found_by_address_and_by_external_id(database: Engine, reference: str) -> None:
    open_hand_off(database)
    with Session(database) as session:
        assert find_lead(session, str(find_lead(session, reference))) == find_lead(session, "X-7")


def test_an_external_id_of_digits_comes_before_an_id_of_ours(session: Session) -> None:
    first = lead(session, "one", email="one@harbour.example")
    second = lead(session, "two", email="two@harbour.example", external_id=str(first))
    assert find_lead(session, str(first)) == second


@pytest.mark.parametrize("reference", ["nobody@harbour.example", "", "0", "9" * 40, "²"])
def test_an_unknown_lead_is_not_found(session: Session, reference: str) -> None:
    with pytest.raises(NotFoundError, match="No lead has"):
        find_lead(session, reference)


def test_a_story_has_decisions_hand_offs_and_history_in_order(database: Engine) -> None:
    hand_off_id = open_hand_off(database)
    with Session(database) as session:
        story = tell_lead(session, find_lead(session, "X-7"))
    assert story.lead.place == "hand_off"
    assert [decision.reasons for decision in story.decisions] == [["ida has the fewest"]]
    assert [line.id for line in story.hand_offs] == [hand_off_id]
    assert [event.kind for event in story.history] == ["touch", "status"]


def test_a_story_tells_who_accepted_what_and_what_came_of_it(session: Session) -> None:
    ida = make_rep(session, "AE", email="ida@seller.example")
    hand_off = make_returned(session, ae=ida, at=NOW)
    (meeting,) = session.scalars(select(Meeting).where(Meeting.hand_off_id == hand_off.id))
    session.add_all(
        AttendanceChange(
            meeting_id=meeting.id, email=who, reply="accepted", sequence=0, at=NOW, refused=refused
        )
        for who, refused in (("ada@harbour.example", None), ("eve@other.example", "not invited"))
    )
    session.flush()
    story = tell_lead(session, hand_off.lead_id)
    at = f"{meeting.during.lower:%Y-%m-%d %H:%M} UTC"
    assert [(e.kind, e.what, e.by) for e in story.history if e.kind in ("reply", "outcome")] == [
        ("reply", f"accepted the meeting of {at}", "ada@harbour.example"),
        (
            "reply",
            f"accepted the meeting of {at}, which does not count: not invited",
            "eve@other.example",
        ),
        ("outcome", "not met (decides): They have no say in it.", "ida@seller.example"),
    ]
