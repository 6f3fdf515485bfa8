"""The judge finds each way of breaking a promise in made-up logs, and nothing in clean ones.

A story is what the counterparts of one hand-off wrote down; a test changes one thing in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.chaos.evidence import Evidence, Placed
from benchmarks.chaos.judge import CROSSING_SECONDS, judge
from benchmarks.chaos.records import Invite, Mail, Saying, Write

BEGUN = datetime(2026, 3, 26, 8, tzinfo=UTC)
LEAD, AE, SDR = "ada@firm1.example", "ae1@seller.example", "sdr1@seller.example"
WORDS = "They have no say in it."
HOURS = 3600


class Story:
    """The logs of a fire, and how people and neighbours write into them."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.writes: list[Write] = []
        self.sayings: list[Saying] = []
        self.place = "nurture"
        self.imported = [LEAD]
        self._tick = 0.0

    def at(self) -> tuple[float, datetime]:
        self._tick += 60
        return self._tick, BEGUN + timedelta(seconds=self._tick)

    def mail(self, kind: str, name: str, *to: str, case: str = "h1", **values: Any) -> Mail:
        tick, at = self.at()
        text = str(values.pop("text", kind))
        made = Mail(tick, at, to, f"<{case}{kind}{name}>", case, kind, name, text, **values)
        self.mails.append(made)
        return made

    def invite(
        self, sequence: int = 0, *, case: str = "h1", hours: int = 24, method: str = "REQUEST"
    ) -> Mail:
        starts_at = BEGUN + timedelta(hours=hours)
        asked = Invite(method, f"{case}@baton", sequence, starts_at, starts_at + timedelta(hours=1))
        kind = "invite" if method == "REQUEST" else "invite_cancellation"
        return self.mail(kind, str(sequence + 1), LEAD, AE, case=case, invite=asked)

    def write(self, kind: str, name: str, case: str = "h1", **body: str) -> Write:
        tick, at = self.at()
        made = Write(tick, at, f"{case}:{kind}:{name}", kind, 1, body)
        self.writes.append(made)
        return made

    def says(self, who: str, what: str, case: str = "h1", **detail: Any) -> Saying:
        tick, at = self.at()
        made = Saying(tick, at, who, what, case, detail, tick, at)
        self.sayings.append(made)
        return made

    def introduced(self) -> Story:
        self.mail("introduction", "1", LEAD, AE)
        return self

    def invited(self) -> Story:
        self.introduced().invite()
        return self

    def accepted(self) -> Story:
        self.invited().says(AE, "answered")
        self.says(AE, "accepted", sequence=0)
        self.says(LEAD, "accepted", sequence=0)
        return self

    def suspect(self) -> Story:
        self.accepted().write("crm_status", "suspect", status="suspect")
        return self

    def met(self) -> Story:
        self.suspect().says(AE, "outcome", kind="met", feedback="Good.")
        self.write("crm_status", "transferred", status="sales_qualified")
        self.write("crm_owner", "transferred", owner_email=AE)
        self.place = "with_ae"
        return self

    def returned(self) -> Story:
        self.suspect().says(AE, "outcome", kind="not_met", feedback=WORDS)
        self.write("crm_status", "returned", status="nurture")
        self.write("crm_note", "returned", title="Returned to nurture", text=f"not met. {WORDS}")
        self.mail("notice", "returned", SDR, text=WORDS)
        return self

    def judged(self, **more: Any) -> list[tuple[str, str]]:
        evidence = Evidence(
            mails=sorted(self.mails, key=lambda mail: mail.tick),
            writes=sorted(self.writes, key=lambda write: write.tick),
            sayings=sorted(self.sayings, key=lambda saying: saying.tick),
            imported=self.imported,
            placed=[Placed(LEAD, self.place)],
            aes=frozenset({AE}),
        )
        return [(found.rule, found.what) for found in judge(replace(evidence, **more))]


@pytest.mark.parametrize("story", [Story.introduced, Story.met, Story.returned])
def test_a_clean_story_has_no_violation(story: Callable[[Story], Story]) -> None:
    assert story(Story()).judged() == []


def without(story: Story, who: str, what: str) -> Story:
    story.sayings = [s for s in story.sayings if (s.who, s.what) != (who, what)]
    return story


@pytest.mark.parametrize(
    ("who", "what", "says"),
    [
        (LEAD, "accepted", "a suspect without both acceptances"),
        (AE, "accepted", "a suspect without both acceptances"),
        (AE, "answered", "a suspect to whom no AE had answered"),
    ],
)
def test_a_suspect_whom_somebody_did_not_accept_is_found(who: str, what: str, says: str) -> None:
    assert without(Story().suspect(), who, what).judged() == [("I1", says)]


def test_acceptances_of_different_times_do_not_make_a_suspect() -> None:
    story = Story().suspect()
    story.sayings[-1].detail["sequence"] = 1
    assert story.judged() == [("I1", "a suspect without both acceptances")]


def test_a_suspect_who_was_never_introduced_is_found() -> None:
    story = Story().suspect()
    story.mails = story.mails[1:]
    assert ("I1", "a suspect without an introduction") in story.judged()


def test_a_transfer_without_the_aes_word_is_found() -> None:
    story = without(Story().met(), AE, "outcome")
    assert {rule for rule, _ in story.judged()} == {"I2"}


def test_an_owner_without_the_status_is_found() -> None:
    story = Story().met()
    story.writes = [w for w in story.writes if w.body.get("status") != "sales_qualified"]
    assert story.judged() == [("I2", "status and owner did not change together")]


def test_a_rejection_without_an_outcome_is_found() -> None:
    story = without(Story().returned(), AE, "outcome")
    assert story.judged() == [("I3", "returned without an AE's word")]


def test_a_rejection_without_the_aes_words_is_found() -> None:
    story = Story().returned()
    story.writes[-1].body["text"] = "not met."
    story.mails = story.mails[:-1]
    assert [rule for rule, _ in story.judged()] == ["I3", "I3"]


@pytest.mark.parametrize(
    ("seconds", "jumped", "found"),
    [(-1, 0, 0), (1, 0, 0), (CROSSING_SECONDS + 1, 0, 1), (1, 4 * HOURS, 1)],
)
def test_a_mail_after_an_opt_out_is_found_unless_they_crossed(
    seconds: float, jumped: float, found: int
) -> None:
    story = Story()
    wish = story.says(LEAD, "opted_out", "")
    assert wish.known_tick is not None
    assert wish.known_at is not None
    later = timedelta(seconds=seconds + jumped)
    mail = replace(
        story.introduced().mails[-1], tick=wish.known_tick + seconds, at=wish.known_at + later
    )
    story.mails, story.place = [mail], "closed"
    wanted = [("I4", "got introduction after the wish for no mail")] * found
    assert story.judged() == wanted


def test_a_wish_that_baton_does_not_know_yet_binds_nobody() -> None:
    story = Story()
    story.says(LEAD, "opted_out", "").known_tick = None
    assert story.introduced().judged() == []


@pytest.mark.parametrize(
    ("placed", "says"),
    [
        ([], "is in 0 places"),
        ([Placed(LEAD, "nurture"), Placed(LEAD, "nurture")], "is in 2 places"),
        ([Placed(LEAD, "hand_off")], "is hand_off; the logs say nurture or quarantined"),
        ([Placed(LEAD, "with_ae")], "is with_ae; the logs say nurture or quarantined"),
    ],
)
def test_a_lead_that_is_not_in_its_one_place_is_found(placed: list[Placed], says: str) -> None:
    assert Story().introduced().judged(placed=placed) == [("I5", says)]


def test_a_lead_that_was_transferred_and_is_elsewhere_is_found() -> None:
    story = Story().met()
    story.place = "nurture"
    assert story.judged() == [("I5", "is nurture; the logs say with_ae")]


def test_what_stands_still_is_found() -> None:
    assert Story().introduced().judged(stuck=["h1"]) == [("I5", "stands still: h1")]


def test_the_same_mail_twice_is_found() -> None:
    story = Story().introduced()
    story.introduced()
    assert ("I6", f"introduced 2 times at {LEAD}") in story.judged()
    assert ("I6", f"{LEAD} got introduction 1 2 times") in story.judged()


def test_who_is_reached_at_another_address_is_introduced_and_invited_there() -> None:
    story = Story().invited()
    elsewhere = LEAD.replace("@", ".new@")
    story.mail("introduction", "2", elsewhere, AE)
    moved = story.invite(1)
    story.mails[-1] = replace(moved, recipients=(elsewhere, AE))
    assert story.judged() == []


def replaced(story: Story, *, cancelled: bool = True) -> Story:
    """The AE declines, and another one is introduced and invited."""
    other = AE.replace("ae1", "ae2")
    story.invited().says(AE, "declined", sequence=0)
    story.mail("introduction", "1-2", LEAD, other)
    for who in (AE, other):
        story.write("crm_note", f"to-{who}", title="Introduced to sales", text=who)
        story.write("crm_task", f"to-{who}", title="Answer", assignee_email=who)
    story.mails.append(replace(story.invite(1), recipients=(LEAD, other)))
    del story.mails[-2]
    if cancelled:
        off = story.invite(1, method="CANCEL")
        story.mails[-1] = replace(off, recipients=(AE,), name="1-ae")
    return story


def test_who_declines_is_replaced_and_taken_out_of_the_meeting() -> None:
    assert replaced(Story()).judged() == []
    left = replaced(Story(), cancelled=False).judged()
    assert left == [("I7", "stands in a meeting that another AE has")]


def test_another_ae_whom_nobody_asked_for_and_the_same_one_twice_are_found() -> None:
    story = replaced(Story())
    story.sayings.clear()
    why = "another AE was introduced though the first had not declined"
    assert ("I6", why) in story.judged()
    story = replaced(Story())
    story.mail("introduction", "1-3", LEAD, AE)
    story.write("crm_note", "again", title="Introduced to sales", text=AE)
    assert ("I6", f"introduced 2 times at {LEAD}") in story.judged()
    assert ("I6", "'Introduced to sales' stands in the CRM 2 times") in story.judged()


def test_an_invite_twice_is_found() -> None:
    story = Story().invited()
    story.invite()
    assert ("I6", "invite 0 went out 2 times") in story.judged()


def test_another_time_that_nobody_asked_for_is_found() -> None:
    story = Story().invited()
    story.invite(1)
    assert story.judged() == [("I6", "invite 1 that nobody had asked for")]


@pytest.mark.parametrize(
    ("what", "detail"),
    [("declined", {"sequence": 0}), ("outcome", {"kind": "rescheduled", "feedback": ""})],
)
def test_another_time_after_no_or_a_moved_meeting_is_wanted(
    what: str, detail: dict[str, Any]
) -> None:
    story = Story().invited()
    story.says(AE, what, **detail)
    story.invite(1)
    assert story.judged() == []


def test_an_owner_who_changes_twice_is_found() -> None:
    story = Story().met()
    story.write("crm_owner", "again", owner_email=AE)
    assert story.judged() == [("I6", "the owner changed 2 times")]


def test_a_repeated_call_with_the_same_id_is_no_second_change() -> None:
    story = Story().met()
    story.writes.append(replace(story.writes[-1], is_repeat=True))
    assert story.judged() == []


def test_an_owner_who_never_changes_is_found() -> None:
    story = Story().met()
    story.writes, story.place = story.writes[:1], "nurture"
    wanted = "an AE said that it is met, and the owner never changed"
    assert story.judged() == [("I6", wanted)]


def test_what_the_api_refused_was_not_said() -> None:
    story = Story().suspect()
    story.says(AE, "outcome", kind="met", feedback="").is_refused = True
    assert story.judged() == []


def test_an_id_that_changes_the_crm_twice_is_found() -> None:
    story = Story().suspect()
    story.writes.append(story.writes[-1])
    assert story.judged() == [("I6", "changed the CRM 2 times")]


def two_meetings(hours: int) -> Story:
    story = Story().invited()
    story.mail("introduction", "1", LEAD, AE, case="h2")
    story.invite(case="h2", hours=hours)
    return story


def test_two_meetings_at_once_are_found() -> None:
    (found,) = two_meetings(24).judged()
    assert found == ("I7", "is in two meetings at Fri 27 Mar 08:00 UTC")
    assert two_meetings(25).judged() == []


def test_a_meeting_that_is_called_off_declined_or_moved_leaves_room() -> None:
    called_off = two_meetings(24)
    called_off.invite(1, method="CANCEL")
    declined = two_meetings(24)
    declined.says(AE, "declined", sequence=0)
    moved = two_meetings(24)
    moved.says(LEAD, "declined", sequence=0)
    moved.invite(1, hours=30)
    assert [story.judged() for story in (called_off, declined, moved)] == [[], [], []]
