"""What a message changes: engagement, attendance, touches; and whether it decides the wait."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from baton.adapters.calendar.port import CalendarReply
from baton.adapters.calendar.replies import speaker
from baton.adapters.mail.incoming import IncomingMail
from baton.domain.hand_off import HandOffState
from baton.domain.meeting import InboundDecision, MeetingState, MessageClass
from baton.engine.accepting import settle_acceptance
from baton.engine.bouncing import hear_bounce
from baton.engine.connecting import settle_correspondence
from baton.engine.countering import Answer, answered_offer, hear_counter
from baton.engine.following_up import log_attempt
from baton.engine.people import People, people_of
from baton.engine.withdrawing import settle_withdrawal
from baton.errors import RefusedError
from baton.runtime import Runtime
from baton.store.attendance import Reply, record_reply
from baton.store.dead_addresses import is_alive_again
from baton.store.meetings import latest_meeting
from baton.store.tables import HandOff
from baton.store.touches import record_touch

_SIGNS_OF_LIFE = (MessageClass.HUMAN_REPLY, MessageClass.CALENDAR_REPLY)


def hear(
    runtime: Runtime, session: Session, hand_off: HandOff, mail: IncomingMail, *, at: datetime
) -> bool:
    """Apply the message to its hand-off; return whether it decided the open wait.

    Automatic replies, our own copies and what cannot be read change nothing; they are kept.
    """
    # Two replies read at once see each other: the second waits until the first is stored.
    session.refresh(hand_off, with_for_update={"key_share": True})
    people, sender = people_of(session, hand_off), mail.sender or ""
    if sender == people.lead.email and mail.message_class in _SIGNS_OF_LIFE:
        is_alive_again(session, sender, by="a mail from it", at=at)
    if mail.message_class is MessageClass.CALENDAR_REPLY and mail.calendar_reply:
        return _calendar(runtime, session, hand_off, mail.calendar_reply, sender=sender, at=at)
    if mail.message_class is MessageClass.HUMAN_REPLY:
        _human_reply(session, hand_off, people, mail, at=at)
        if people.ae is not None and sender == people.ae.email:
            answer = Answer(mail.references, mail.text, by=sender)
            if answered_offer(runtime, session, hand_off, answer, at=at):
                return True
    elif mail.message_class is MessageClass.BOUNCE:
        return hear_bounce(session, hand_off, people, mail, at=at)
    return _settle(session, hand_off, by=sender or "mail", at=at)


def _calendar(
    runtime: Runtime,
    session: Session,
    hand_off: HandOff,
    said: CalendarReply,
    *,
    sender: str,
    at: datetime,
) -> bool:
    if said.proposes is not None:
        return hear_counter(runtime, session, hand_off, said, sender=sender, at=at)
    reply = Reply(said.uid, said.sequence, said.email, said.reply, said.stamped_at)
    refused = record_reply(session, reply, sender=speaker(sender, said), at=at)
    meeting = latest_meeting(session, hand_off.id)
    is_open = hand_off.state == HandOffState.OPEN
    if is_open and meeting is not None and meeting.state == MeetingState.CONFIRMED:
        return refused is None and settle_withdrawal(
            runtime, session, hand_off, meeting, by=said.email, comment=said.comment, at=at
        )
    return settle_acceptance(session, hand_off, by=sender or "mail", at=at)


def _human_reply(
    session: Session, hand_off: HandOff, people: People, mail: IncomingMail, *, at: datetime
) -> None:
    side = side_of(people, mail.sender)
    if side is not None:
        _answered(session, hand_off, people, side, key=mail.message_id, at=at)


def side_of(people: People, sender: str | None) -> InboundDecision | None:
    """Return whose answer it is by its sender's address; None for anybody else's."""
    if people.ae is not None and sender == people.ae.email:
        return InboundDecision.AE
    return InboundDecision.LEAD if sender == people.lead.email else None


def hear_answer(
    session: Session, hand_off: HandOff, side: InboundDecision, *, key: str | None, at: datetime
) -> bool:
    """Take it that the lead or the AE answered; return whether it decided the open wait.

    Args:
        side: `LEAD` or `AE`, as a person says who read the message.
        key: The message's id, which makes it one answer.
        at: Aware UTC.

    Raises:
        RefusedError: The hand-off has no AE yet.
    """
    session.refresh(hand_off, with_for_update={"key_share": True})
    people = people_of(session, hand_off)
    if side is InboundDecision.AE and people.ae is None:
        raise RefusedError(f"Hand-off {hand_off.id} has no AE yet whose answer it could be.")
    _answered(session, hand_off, people, side, key=key, at=at)
    return _settle(session, hand_off, by=side, at=at)


def _settle(session: Session, hand_off: HandOff, *, by: str, at: datetime) -> bool:
    is_decided = settle_correspondence(session, hand_off, at=at)
    return is_decided or settle_acceptance(session, hand_off, by=by, at=at)


def _answered(
    session: Session,
    hand_off: HandOff,
    people: People,
    side: InboundDecision,
    *,
    key: str | None,
    at: datetime,
) -> None:
    if side is InboundDecision.AE and people.ae is not None:
        hand_off.ae_engaged_at = hand_off.ae_engaged_at or at
        is_over = hand_off.state != HandOffState.OPEN
        log_attempt(
            session,
            lead_id=hand_off.lead_id,
            hand_off_id=hand_off.id,
            rep=people.ae,
            channel="email",
            at=at,
            note="wrote to the lead" if is_over else "answered the introduction",
            key=key or f"{hand_off.id}:{at.isoformat()}",
        )
    else:
        record_touch(session, hand_off.lead_id, kind="reply", at=at, detail=key or "")
