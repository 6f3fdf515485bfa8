"""How a simulated lead reacts to a mail."""

from __future__ import annotations

from datetime import timedelta

from baton.demo.cast import Part
from baton.demo.deeds import Deed
from baton.demo.dice import share
from baton.demo.letters import Letter, LetterKind
from baton.demo.post import Person
from baton.demo.stage import Stage
from baton.domain.meeting import Attendance
from baton.testing.mail import auto_reply_mail, calendar_reply_mail, reply_mail

AWAY = timedelta(days=1)
_WRITES_BACK = 0.5


def react(stage: Stage, person: Person, letter: Letter) -> Deed | None:
    """Return what the lead does about the letter, or None if nothing."""
    part = stage.cast.part_of(person.email)
    if part in (Part.SILENT, Part.BOUNCES):
        return None
    if letter.kind is LetterKind.INVITE:
        return _answer_invite(stage, person, letter, part)
    if letter.kind is LetterKind.LETTER:
        return _answer_letter(stage, person, letter, part)
    return None


def _answer_invite(stage: Stage, person: Person, letter: Letter, part: Part) -> Deed | None:
    if part is Part.UNSUBSCRIBES:
        return None
    assert letter.invite is not None
    declines = part is Part.DECLINES_FIRST and letter.invite.sequence == 0
    answer = Attendance.DECLINED if declines else Attendance.ACCEPTED

    def act() -> str:
        now = stage.clock.now()
        reply = calendar_reply_mail(
            letter.content, sender=person.signature, attendance=answer, at=now
        )
        stage.send(reply, person)
        return f"{person.name} {'declines' if declines else 'accepts'} the invite"

    later = part is Part.OUT_OF_OFFICE
    return Deed(act, stage.clock.now() + AWAY if later else None)


def _answer_letter(stage: Stage, person: Person, letter: Letter, part: Part) -> Deed | None:
    if part is Part.OUT_OF_OFFICE:
        return Deed(lambda: _is_away(stage, person, letter))
    if part is Part.UNSUBSCRIBES:
        words = "Please unsubscribe me. I do not want to be contacted again."
        return Deed(lambda: _write(stage, person, letter, words, "asks to be left alone"))
    if share(person.email, "writes back") < _WRITES_BACK:
        words = "Thank you for the introduction. Looking forward to talking to you."
        return Deed(lambda: _write(stage, person, letter, words, "answers the introduction"))
    return None


def _is_away(stage: Stage, person: Person, letter: Letter) -> str:
    words = "I am out of the office and will be back tomorrow."
    now = stage.clock.now()
    stage.send(auto_reply_mail(letter.content, sender=person.signature, text=words, at=now), person)
    return f"{person.name} is out of the office"


def _write(stage: Stage, person: Person, letter: Letter, words: str, event: str) -> str:
    now = stage.clock.now()
    stage.send(reply_mail(letter.content, sender=person.signature, text=words, at=now), person)
    return f"{person.name} {event}"
