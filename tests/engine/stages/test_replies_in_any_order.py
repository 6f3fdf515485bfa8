"""Attendance ends as RFC 5546 says, whatever comes, how often, and in whatever order.

A random walk of requests, replies, counters, reschedules, cancels and duplicates goes through the
real reading of mails into the real tables; beside it goes `Organizer`, which keeps every message
and works out from all of them what must be so.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.adapters.calendar.invites import build_request
from baton.adapters.calendar.port import Attendee
from baton.adapters.mail.reading import read_mail
from baton.domain.hand_off import HandOffState
from baton.domain.lead import Place
from baton.domain.meeting import Attendance, MeetingState
from baton.engine.hearing import hear
from baton.engine.inviting import times_of
from baton.store.attendance import attendance_of
from baton.store.counters import close_counters, open_counters
from baton.store.hand_offs import Ending, close_hand_off
from baton.store.meetings import latest_meeting, propose_meeting
from baton.store.tables import AttendanceChange, CounterProposal, HandOff, Meeting
from baton.testing.mail import calendar_reply_mail, counter_mail
from tests.calendar.test_invites import INVITATION
from tests.engine.worlds import World

AE, LEAD, EVE = "ida@seller.example", "ada@harbour.example", "eve@elsewhere.example"
SIDES = {AE: "ae", LEAD: "lead"}
ANSWERS = (Attendance.ACCEPTED, Attendance.TENTATIVE, Attendance.DECLINED)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Said:
    """A message: who says what of which sequence, made when, and who sent it in truth."""

    who: str
    sent_by: str
    sequence: int
    made_at: datetime
    answer: Attendance | None
    hours_later: int = 0

    @property
    def order(self) -> tuple[datetime, int]:
        """DTSTAMP; of two answers in one second the more cautious counts."""
        return self.made_at, ANSWERS.index(self.answer) if self.answer else self.hours_later


@dataclass
class Organizer:
    """What RFC 5546 wants of one who keeps an event: 2.1.4, 2.1.5, 3.2.3 and 3.2.7."""

    sequence: int = 0
    stands: bool = True
    is_confirmed: bool = False
    heard: list[Said] = field(default_factory=list)

    def refusals(self, said: Said) -> set[str]:
        """Return every reason for which the message may not change anything."""
        reasons = {
            "the address was not invited": said.who not in SIDES,
            "it was not sent by the attendee": said.sent_by != said.who,
            f"it answers sequence {said.sequence}": said.sequence != self.sequence,
            "the meeting is cancelled": not self.stands,
        }
        return {reason for reason, applies in reasons.items() if applies}

    def asks_again(self) -> None:
        self.sequence, self.heard = self.sequence + 1, []
        self.stands, self.is_confirmed = True, False

    def is_off(self) -> None:
        self.stands = self.is_confirmed = False

    def answers(self, who: str) -> list[Said]:
        return [said for said in self.heard if said.who == who and said.answer is not None]

    def counters(self, who: str) -> list[Said]:
        return [said for said in self.heard if said.who == who and said.answer is None]

    def attendance(self) -> dict[str, str]:
        """The newest answer of each to the present request."""
        newest = {
            SIDES[who]: max(self.answers(who), key=lambda said: said.order, default=None)
            for who in SIDES
        }
        return {
            side: said.answer if said and said.answer else "needs-action"
            for side, said in newest.items()
        }

    def is_outdated(self, said: Said) -> bool:
        """Tell whether the same attendee said something else later than that."""
        if said.answer is not None:
            return any(said.order < other.order for other in self.answers(said.who))
        return any(said.order < other.order for other in self.counters(said.who)) or any(
            said.made_at < other.made_at for other in self.answers(said.who)
        )

    def proposed(self) -> set[int]:
        """Return the lead's time that waits for an answer, by its distance."""
        return {s.hours_later for s in self.counters(LEAD) if not self.is_outdated(s)}


@dataclass(frozen=True)
class Draft:
    """What a person is about to write; `age` is how many requests ago the answered one was."""

    who: str
    answer: Attendance | None
    minutes_ago: int
    age: int
    hours_later: int
    is_forged: bool
    is_at_once: bool


DRAFTS = st.builds(
    Draft,
    who=st.sampled_from([LEAD] * 5 + [AE] * 2 + [EVE]),
    answer=st.sampled_from([*ANSWERS, Attendance.ACCEPTED, None, None]),
    minutes_ago=st.integers(-1, 3),
    age=st.sampled_from([0] * 8 + [1, 2, -1]),
    hours_later=st.integers(1, 2),
    is_forged=st.sampled_from([False] * 9 + [True]),
    is_at_once=st.booleans(),
)


def request_mail(meeting: Meeting, sequence: int) -> bytes:
    """Return an invite to this proposal as a mail."""
    starts_at, ends_at = times_of(meeting)
    people = (Attendee(AE, "Ida", "ae"), Attendee(LEAD, "Ada", "lead"))
    invitation = replace(
        INVITATION,
        uid=meeting.uid,
        sequence=sequence,
        starts_at=starts_at,
        ends_at=ends_at,
        organizer=people[0],
        attendees=people,
    )
    mail = EmailMessage()
    mail["From"], mail["To"] = "sam@seller.example", f"{AE}, {LEAD}"
    mail["Subject"], mail["Message-ID"] = "Invite", f"<{uuid.uuid4().hex}@seller.example>"
    mail.set_content("Come.")
    mail.add_alternative(
        build_request(invitation), "text", "calendar", params={"method": "REQUEST"}
    )
    return mail.as_bytes()


class Exchange(RuleBasedStateMachine):
    """One meeting's mail, in one transaction that is never committed."""

    world: World
    hand_off_id: uuid.UUID

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(self.world.runtime.database)
        self.hand_off = self.session.get_one(HandOff, self.hand_off_id)
        self.now = self.world.clock.now()
        self.organizer = Organizer()
        self.is_closed = False
        self.sent: list[tuple[Said, bytes]] = []
        self.requests: list[tuple[bytes, datetime]] = []

    @initialize()
    def is_asked(self) -> None:
        self._keep_request()

    def _meeting(self) -> Meeting:
        meeting = latest_meeting(self.session, self.hand_off_id)
        assert meeting is not None
        return meeting

    def _keep_request(self) -> None:
        meeting = self._meeting()
        assert meeting.sequence == self.organizer.sequence
        self.requests.append((request_mail(meeting, meeting.sequence), times_of(meeting)[0]))
        self.never_sent = (request_mail(meeting, meeting.sequence + 1), times_of(meeting)[0])

    @rule(drafts=st.lists(DRAFTS, min_size=1, max_size=4))
    def people_write(self, drafts: list[Draft]) -> None:
        """Write to a request, new, old or never sent; some of it arrives only later."""
        for draft in drafts:
            self._writes(draft)

    def _writes(self, draft: Draft) -> None:
        who, answer = draft.who, draft.answer
        sequence = max(0, self.organizer.sequence - draft.age)
        known = dict(enumerate(self.requests))
        original, starts_at = known.get(sequence, self.never_sent)
        made_at = self.now - draft.minutes_ago * MINUTE
        later = 0 if answer else draft.hours_later
        if answer is None:
            mail = counter_mail(
                original,
                sender=("", who),
                starts_at=starts_at + timedelta(hours=later),
                at=made_at,
            )
        else:
            mail = calendar_reply_mail(original, sender=("", who), attendance=answer, at=made_at)
        sent_by = "mallory@elsewhere.example" if draft.is_forged else who
        mail = mail.replace(f"From: {who}".encode(), f"From: {sent_by}".encode())
        said = Said(who, sent_by, sequence, made_at, answer, later)
        self.sent.append((said, mail))
        if draft.is_at_once:
            self._arrives(said, mail)

    @precondition(lambda self: self.sent)
    @rule(ages=st.lists(st.integers(1, 6), min_size=1, max_size=3))
    def mails_arrive(self, ages: list[int]) -> None:
        """Deliver what was written before; it may have come before."""
        for age in ages:
            self._arrives(*self.sent[-min(age, len(self.sent))])

    def _arrives(self, said: Said, content: bytes) -> None:
        # Nothing was made later than it was read, whatever clock the sender has.
        said = replace(said, made_at=min(said.made_at, self.now))
        mail = read_mail(content, own_address=self.world.runtime.settings.mail_address)
        assert mail.calendar_reply is not None
        before = self._log_length(said)
        may_not = self.organizer.refusals(said)
        is_new = said not in self.organizer.heard
        is_outdated = self.organizer.is_outdated(said)
        hear(self.world.runtime, self.session, self.hand_off, mail, at=self.now)
        self.session.flush()
        if said.answer is not None:
            self._is_logged_reply(before, may_not, is_outdated=is_outdated)
        elif is_new and self._log_length(said) > before:
            self._is_logged_counter(said, may_not, is_outdated=is_outdated)
        if not may_not:
            assert said.answer or not is_new or self._log_length(said) > before
            self.organizer.heard.append(said)
            self._may_call_off(said, is_outdated=is_outdated)

    def _log_length(self, said: Said) -> int:
        table = CounterProposal if said.answer is None else AttendanceChange
        return len(self.session.scalars(select(table.id)).all())

    def _is_logged_reply(self, before: int, may_not: set[str], *, is_outdated: bool) -> None:
        rows = self.session.scalars(select(AttendanceChange).order_by(AttendanceChange.id)).all()
        assert len(rows) == before + 1
        refused = rows[-1].refused
        if may_not:
            assert refused is not None
            assert any(refused.startswith(reason) for reason in may_not), (refused, may_not)
        else:
            assert (refused is not None) == is_outdated, refused

    def _is_logged_counter(self, said: Said, may_not: set[str], *, is_outdated: bool) -> None:
        row = self.session.scalars(
            select(CounterProposal).order_by(CounterProposal.id.desc()).limit(1)
        ).one()
        if may_not:
            assert row.state == "refused"
            assert any(row.why.startswith(reason) for reason in may_not), (row.why, may_not)
        elif is_outdated:
            assert row.state == "superseded"
        else:
            assert row.state == ("accepted" if said.who == AE else "open")

    def _may_call_off(self, said: Said, *, is_outdated: bool) -> None:
        """A confirmed meeting is off if a side declines it, or if the AE moves it."""
        if self.organizer.is_confirmed and not is_outdated:
            is_declined = Attendance.DECLINED in self.organizer.attendance().values()
            if is_declined or (said.answer is None and said.who == AE):
                self.organizer.is_off()

    @precondition(lambda self: not self.is_closed)
    @rule(hours=st.sampled_from([24, 25, 0, 0, 0]))
    def asks_for_another_time(self, hours: int) -> None:
        """Reschedule: UID as before, SEQUENCE higher, everybody is asked anew."""
        if not hours:
            return
        before = self._meeting()
        starts_at = times_of(before)[0] + timedelta(hours=hours)
        propose_meeting(
            self.session,
            self.hand_off,
            starts_at=starts_at,
            ends_at=starts_at + 30 * MINUTE,
            location="",
            lead_email=LEAD,
            ae_email=AE,
            before=before,
        )
        close_counters(self.session, before.id, "another time", at=self.now)
        self.organizer.asks_again()
        self._keep_request()

    @precondition(
        lambda self: (
            self.organizer.stands
            and set(self.organizer.attendance().values()) == {Attendance.ACCEPTED}
            and not self.organizer.counters(AE)
        )
    )
    @rule()
    def is_confirmed(self) -> None:
        self._meeting().state = MeetingState.CONFIRMED
        self.session.flush()
        self.organizer.is_confirmed = True

    @precondition(lambda self: not self.is_closed and len(self.sent) > 4)
    @rule(is_meant=st.sampled_from([False, False, False, True]))
    def is_called_off(self, is_meant: bool) -> None:
        if is_meant:
            ending = Ending(
                HandOffState.CANCELLED, "by a person", Place.NURTURE, check_in_on=date(2030, 1, 1)
            )
            close_hand_off(self.session, self.hand_off, ending, by="test", at=self.now)
            self.session.expire_all()
            self.organizer.is_off()
            self.is_closed = True

    @rule(minutes=st.integers(1, 3))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @invariant()
    def attendance_is_what_the_rfc_says(self) -> None:
        meeting = self._meeting()
        assert attendance_of(self.session, meeting.id) == self.organizer.attendance()

    @invariant()
    def the_leads_newest_other_time_waits_for_an_answer(self) -> None:
        if not self.organizer.stands:
            return
        meeting = self._meeting()
        starts_at = times_of(meeting)[0]
        found = {
            round((one.starts_at - starts_at) / timedelta(hours=1))
            for one in open_counters(self.session, meeting.id)
        }
        assert found == self.organizer.proposed()

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()


def test_attendance_ends_as_rfc_5546_says(world: World) -> None:
    hand_off_id = world.invited(email=LEAD)
    assert world.ae == AE

    class Here(Exchange):
        pass

    Here.world, Here.hand_off_id = world, hand_off_id
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=20,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            # Looking for the smallest failure takes minutes; the steps are printed as they are.
            phases=(Phase.generate,),
            report_multiple_bugs=False,
        ),
    )
