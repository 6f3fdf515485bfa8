"""Who does what on which mail, by the dice: leads, AEs, SDRs, approvers and managers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from baton.domain.meeting import Attendance, OutcomeKind
from benchmarks.chaos.people import SOON, UNSUBSCRIBE, Letter, People
from benchmarks.chaos.records import Mail

NOT_MET = "They have no say in it, and nobody who has wants to talk to us this year."
UNSEEN = "Nobody came, and nobody answered the phone."
# What an SDR finds out, whatever is asked.
FINDINGS: dict[str, object] = {"employees": 240, "country": "DE", "is_decision_maker": True}

_NAME = re.compile(r"Number\d{5}")

OUTCOMES: Mapping[str, float] = {
    OutcomeKind.NOT_MET.value: 0.22,
    OutcomeKind.NO_SHOW.value: 0.10,
    OutcomeKind.RESCHEDULED.value: 0.10,
}
HOURS: Mapping[int, float] = {1: 0.3, 5: 0.2, 20: 0.1, 40: 0.06}
WISHES: Mapping[str, float] = {
    "on introduction": 0.03,
    "on invite": 0.03,
    "after accepting": 0.03,
    "by hand": 0.03,
}


class Habits:
    """How people react; `roles` says who our own people are (address to role)."""

    def __init__(self, roles: Mapping[str, str]) -> None:
        self._roles = roles
        self._asked: dict[tuple[str, str], Letter] = {}

    def react(self, people: People, letter: Letter) -> None:
        """Plan what the reader does about the letter."""
        if letter.reader not in self._roles:
            self._lead(people, letter)
        elif letter.mail.kind == "introduction":
            self._ae_answers(people, letter)
        elif letter.mail.kind == "invite":
            self._ae_decides(people, letter)
        elif letter.mail.kind in ("outcome_request", "notice"):
            self._owes(people, letter)

    # Leads

    def _lead(self, people: People, letter: Letter) -> None:
        who, mail = letter.reader, letter.mail
        wish = people.dice.pick(WISHES, "", who, "opts out")
        if mail.kind == "introduction":
            if wish == "on introduction":
                people.later(
                    SOON,
                    "a lead opts out by mail",
                    lambda: people.answer(letter, UNSUBSCRIBE, "opted_out"),
                )
            elif wish == "by hand":
                after = timedelta(hours=people.dice.between(0, 60, who, "wish"))
                people.later(after, "a lead opts out by telephone", lambda: _calls(people, who))
            elif people.dice.happens(0.4, who, "writes back"):
                people.later(
                    SOON,
                    "a lead writes back",
                    lambda: people.answer(letter, "Thank you, glad to meet you.", "answered"),
                )
        elif mail.kind == "invite" and mail.invite is not None:
            self._lead_decides(people, letter, wish)

    def _lead_decides(self, people: People, letter: Letter, wish: str) -> None:
        who, name = letter.reader, _version(letter.mail)
        if wish == "on invite":
            people.later(
                SOON,
                "a lead opts out by mail",
                lambda: people.answer(letter, UNSUBSCRIBE, "opted_out"),
            )
            return
        if people.dice.happens(0.06, who, "forgets"):
            people.deeds["a lead forgets"] += 1
            return
        after = _hours(people, who, name)
        declines = people.dice.happens(0.12, who, "declines", name)
        self._says(people, letter, after, declines=declines)
        if people.dice.happens(0.1, who, "twice", name):
            self._says(people, letter, after + SOON, declines=declines)
        if people.dice.happens(0.03, who, "changes mind", name):
            self._says(people, letter, after + timedelta(hours=2), declines=not declines)
        if wish == "after accepting":
            more = after + timedelta(hours=people.dice.between(0, 48, who, "wish"))
            people.later(more, "a lead opts out by telephone", lambda: _calls(people, who))

    def _says(self, people: People, letter: Letter, after: timedelta, *, declines: bool) -> None:
        word = Attendance.DECLINED if declines else Attendance.ACCEPTED
        side = "AE" if letter.reader in self._roles else "lead"
        people.later(
            after, f"{side}: invite {word.value}", lambda: people.answer_invite(letter, word)
        )

    # AEs

    def _ae_answers(self, people: People, letter: Letter) -> None:
        case = _case(letter.mail)
        self._asked[letter.reader, letter.mail.hand_off] = letter
        if people.dice.happens(0.04, case, "AE never answers"):
            people.deeds["an AE forgets to answer"] += 1
            return
        words, after = "Glad to meet you.", _hours(people, case, "AE answers")
        people.later(after, "an AE answers", lambda: people.answer(letter, words, "answered"))
        if people.dice.happens(0.1, case, "AE answers twice"):
            people.later(
                after + SOON, "an AE answers", lambda: people.answer(letter, words, "answered")
            )

    def _ae_decides(self, people: People, letter: Letter) -> None:
        case = f"{_case(letter.mail)} {_version(letter.mail)}"
        after = _hours(people, case, "AE decides")
        declines = people.dice.happens(0.06, case, "AE declines")
        self._says(people, letter, after, declines=declines)
        if people.dice.happens(0.1, case, "AE twice"):
            self._says(people, letter, after + SOON, declines=declines)

    # Whoever owes something

    def _owes(self, people: People, letter: Letter) -> None:
        what, reader, case = letter.mail.name, letter.reader, _case(letter.mail)
        if letter.mail.kind == "outcome_request":
            what = "outcome"
        is_last_call = what.startswith("escalation")
        if not is_last_call and people.dice.happens(0.2, case, what, "forgets"):
            people.deeds["a rep forgets"] += 1
            return
        after = _hours(people, case, what)
        if "outcome" in what:
            self._outcome(people, letter, after)
        elif what.startswith("reminder-acceptance"):
            asked = self._asked.get((reader, letter.mail.hand_off))
            if asked is not None:
                people.later(
                    after,
                    "an AE answers",
                    lambda: people.answer(asked, "Sorry, I am late.", "answered"),
                )
        elif "approval" in what:
            # Approvers look in the afternoon.
            after += timedelta(hours=5)
            yes = not people.dice.happens(0.15, case, "approver refuses")
            body = {"approved": yes, "by": reader, "note": ""}
            _later_tells(people, letter, after, "approval", body)
        elif "answers" in what or "questions" in what:
            known = not people.dice.happens(0.15, case, "SDR cannot find out")
            answers = FINDINGS if known else {}
            _later_tells(people, letter, after, "answers", {"answers": answers, "by": reader})
        elif what.startswith("contact-failed"):
            other = f"other@{case.lower().replace('number', 'firm')}.example"
            _later_tells(people, letter, after, "contact", {"email": other, "by": reader})

    def _outcome(self, people: People, letter: Letter, after: timedelta) -> None:
        case, hand_off, reader = _case(letter.mail), letter.mail.hand_off, letter.reader
        met = OutcomeKind.MET.value
        kind = people.dice.pick(OUTCOMES, met, case, "outcome", letter.mail.name)
        feedback = {"met": f"They can decide. ({case})", "not_met": f"{NOT_MET} ({case})"}
        words = feedback.get(kind, UNSEEN)
        people.later(
            after, f"an AE reports {kind}", lambda: people.report(hand_off, reader, kind, words)
        )
        if people.dice.happens(0.1, case, "reports twice"):
            people.later(
                after + SOON,
                "an AE reports again",
                lambda: people.report(hand_off, reader, kind, words),
            )


def _later_tells(
    people: People, letter: Letter, after: timedelta, what: str, body: dict[str, object]
) -> None:
    path = f"/hand-offs/{letter.mail.hand_off}/{what}"
    people.later(
        after,
        f"a rep gives {what}",
        lambda: people.tell(None, lambda: people.desk.post(path, body)),
    )


def _calls(people: People, who: str) -> None:
    body = {"address": who, "channel": "all", "source": "telephone", "reason": "called us"}
    people.opt_out(who, lambda: people.desk.post("/opt-outs", body))


def _hours(people: People, *names: object) -> timedelta:
    """Return how long somebody takes: mostly no time at all."""
    hours = people.dice.pick(HOURS, 0, *names, "hours")
    return timedelta(hours=hours) + SOON


def _version(mail: Mail) -> str:
    return f"version {mail.invite.sequence}" if mail.invite else ""


def _case(mail: Mail) -> str:
    """Name the case alike in every run: by the lead's name, not by the hand-off's id."""
    found = _NAME.search(mail.text)
    return found.group() if found else mail.hand_off
