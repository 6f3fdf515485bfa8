"""Attendance ends as RFC 5546 says, whatever is sent, and in whatever order it arrives.

People and calendars act at random; each message is written as a calendar program writes it, and is
read as any other. The oracle keeps the list of what was delivered and judges it by the rules of the
standard in a few lines. Answers, counters, invites and attendance are in the real database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event, vCalAddress, vText
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from baton.adapters.calendar.replies import parse_reply, speaker
from baton.domain.meeting import Attendance, MeetingState
from baton.store.attendance import Reply, addressed, attendance_of, record_reply
from baton.store.counters import OtherTime, open_counters, record_counter
from baton.store.meetings import latest_meeting, propose_meeting
from baton.store.tables import AttendanceChange, HandOff, Meeting
from tests.factories import NOW, make_hand_off, make_rep

AE, LEAD, EVE = "ida@seller.example", "ada@buyer.example", "eve@there.example"
SIDES = {"ae": AE, "lead": LEAD}
MINUTES = 30
# In the same second a no outweighs a perhaps, and that a yes.
WEIGHT = ("accepted", "tentative", "declined")


@dataclass(frozen=True)
class Message:
    """What somebody's program sends: an answer, or (`hours`) another time, that many hours on."""

    attendee: str
    sender: str
    sequence: int | None
    made_after: int
    answer: str = "accepted"
    hours: int = 0

    @property
    def made_at(self) -> datetime:
        return NOW + timedelta(seconds=self.made_after)


@dataclass
class Standing:
    """The oracle: what was delivered while its sequence was the present one."""

    sequence: int = 0
    is_on: bool = True
    heard: list[Message] = field(default_factory=list)

    def changes_time(self) -> None:
        self.sequence, self.is_on, self.heard = self.sequence + 1, True, []

    def hears(self, message: Message) -> None:
        is_invited = message.attendee in SIDES.values()
        is_own = message.sender == message.attendee
        is_present = (message.sequence or 0) == self.sequence
        if is_invited and is_own and is_present and self.is_on:
            self.heard.append(message)

    def attendance(self, attendee: str) -> str:
        """The answer that was made last."""
        answers = [m for m in self.heard if m.attendee == attendee and not m.hours]
        best = max(answers, key=lambda m: (m.made_at, WEIGHT.index(m.answer)), default=None)
        return best.answer if best else "needs-action"

    def proposes(self, attendee: str) -> datetime | None:
        """The time that was proposed last, unless an answer was made after that."""
        mine = [m for m in self.heard if m.attendee == attendee]
        last = max((m.made_at for m in mine if not m.hours), default=NOW)
        times = [m for m in mine if m.hours and m.made_at >= last]
        best = max(times, key=lambda m: (m.made_at, m.hours), default=None)
        return proposed(best)[0] if best and self.is_on else None


def proposed(message: Message) -> tuple[datetime, datetime]:
    start = NOW + timedelta(days=3, hours=message.hours)
    return start, start + timedelta(minutes=MINUTES)


def written(message: Message, uid: str) -> bytes:
    """Return the object as a calendar program writes it."""
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", message.made_at)
    if message.sequence is not None:
        event.add("sequence", message.sequence)
    attendee = vCalAddress(f"mailto:{message.attendee}")
    attendee.params["PARTSTAT"] = vText(message.answer.upper())
    event.add("attendee", attendee, encode=False)
    if message.hours:
        start, end = proposed(message)
        event.add("dtstart", start)
        event.add("dtend", end)
    calendar = Calendar()
    calendar.add("method", "COUNTER" if message.hours else "REPLY")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


@dataclass
class Scene:
    """A hand-off with an invite in the database; the world reads all mail a day later."""

    session: Session
    hand_off: HandOff
    read_at: datetime = NOW + timedelta(days=1)

    @classmethod
    def invited(cls, session: Session) -> Scene:
        scene = cls(session, session.scalars(select(HandOff)).one())
        scene.propose(0)
        return scene

    def propose(self, number: int) -> Meeting:
        starts_at = NOW + timedelta(days=2, hours=number)
        return propose_meeting(
            self.session,
            self.hand_off,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=MINUTES),
            location="",
            lead_email=LEAD,
            ae_email=AE,
            before=latest_meeting(self.session, self.hand_off.id),
        )

    def meeting(self) -> Meeting:
        found = latest_meeting(self.session, self.hand_off.id)
        assert found is not None
        return found

    def deliver(self, message: Message) -> None:
        said = parse_reply(written(message, self.meeting().uid))
        assert said is not None
        sender = speaker(message.sender, said)
        assert said.stamped_at is not None
        if said.proposes is None:
            reply = Reply(said.uid, said.sequence, said.email, said.reply, said.stamped_at)
            record_reply(self.session, reply, sender=sender, at=self.read_at)
            return
        about = addressed(
            self.session, uid=said.uid, sequence=said.sequence, email=said.email, sender=sender
        )
        assert about is not None
        other = OtherTime(said.email, said.sequence, *said.proposes, "", said.stamped_at)
        record_counter(
            self.session, about.meeting, about.row, other, refused=about.refused, at=self.read_at
        )


messages = st.builds(
    Message,
    attendee=st.sampled_from([AE, LEAD, LEAD, EVE]),
    sender=st.just(""),
    sequence=st.sampled_from([0, 0, 0, 1, 1, 2, 3, None]),
    made_after=st.integers(0, 5),
    answer=st.sampled_from(WEIGHT),
    hours=st.sampled_from([0, 0, 0, 1, 2]),
)


@st.composite
def sent(draw: st.DrawFn) -> Message:
    message = draw(messages)
    forger = draw(st.sampled_from([None, None, None, None, EVE, AE]))
    return Message(**{**vars(message), "sender": forger or message.attendee})


@st.composite
def histories(draw: st.DrawFn) -> list[Message | str]:
    """What happens, with duplicates, late and early arrivals: any order of everything."""
    mails: list[Message | str] = list(draw(st.lists(sent(), min_size=1, max_size=8)))
    again = draw(st.lists(st.sampled_from(mails), max_size=3))
    acts = draw(st.lists(st.sampled_from(["another time", "cancel"]), max_size=3))
    return draw(st.permutations([*mails, *again, *acts]))


@pytest.fixture
def scenes(database: Engine) -> Iterator[Session]:
    with Session(database) as session:
        make_hand_off(session, ae=make_rep(session, "AE"))
        yield session
        session.rollback()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories())
def test_attendance_ends_as_the_standard_says(
    scenes: Session, history: list[Message | str]
) -> None:
    with scenes.begin_nested() as savepoint:
        scene, standing = Scene.invited(scenes), Standing()
        for number, happens in enumerate(history, start=1):
            if isinstance(happens, Message):
                scene.deliver(happens)
                standing.hears(happens)
            elif happens == "cancel":
                scene.meeting().state = MeetingState.CANCELLED
                standing.is_on = False
            else:
                scene.propose(number)
                standing.changes_time()
        scenes.flush()
        meeting = scene.meeting()
        assert meeting.sequence == standing.sequence
        assert attendance_of(scenes, meeting.id) == {
            side: standing.attendance(email) for side, email in SIDES.items()
        }
        if standing.is_on:
            found = {c.email: c.starts_at for c in open_counters(scenes, meeting.id)}
            wanted = {email: standing.proposes(email) for email in SIDES.values()}
            assert found == {email: at for email, at in wanted.items() if at is not None}
        kept = scenes.scalars(
            select(AttendanceChange.id).join(Meeting).where(Meeting.uid == meeting.uid)
        ).all()
        assert len(kept) == sum(isinstance(m, Message) and not m.hours for m in history)
        savepoint.rollback()


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), mails=st.lists(sent(), min_size=2, max_size=6))
def test_the_order_of_arrival_does_not_matter(
    scenes: Session, data: st.DataObject, mails: list[Message]
) -> None:
    ends = []
    for order in (mails, data.draw(st.permutations(mails))):
        with scenes.begin_nested() as savepoint:
            scene = Scene.invited(scenes)
            for message in order:
                scene.deliver(message)
            meeting = scene.meeting()
            counters = sorted((c.email, c.starts_at) for c in open_counters(scenes, meeting.id))
            ends.append((attendance_of(scenes, meeting.id), counters))
            savepoint.rollback()
    assert ends[0] == ends[1]


def test_a_reply_of_the_future_does_not_outlive_the_next_one(scenes: Session) -> None:
    """A clock that is wrong by years must not make every later answer an old one."""
    with scenes.begin_nested() as savepoint:
        scene = Scene.invited(scenes)
        for made_at, answer in ((NOW + timedelta(days=9999), "accepted"), (None, "declined")):
            reply = Reply(scene.meeting().uid, 0, LEAD, Attendance(answer), made_at)
            scene.read_at += timedelta(seconds=1)
            assert record_reply(scenes, reply, sender=LEAD, at=scene.read_at) is None
        assert attendance_of(scenes, scene.meeting().id)["lead"] == "declined"
        savepoint.rollback()
