"""Reads a raw message: who, in answer to what, what they wrote, and what kind of message it is."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.message import Message
from email.policy import compat32
from email.utils import parsedate_to_datetime

from mailparser_reply import EmailReplyParser

from baton.adapters.calendar.port import CalendarReply
from baton.adapters.calendar.replies import method_of, parse_reply
from baton.adapters.mail.automatic import may_be_automatic, says_left
from baton.adapters.mail.bounces import Failure, noticed_failure, reported_failure, says_failure
from baton.adapters.mail.classifying import Signs, classify
from baton.adapters.mail.incoming import IncomingMail
from baton.adapters.mail.naming import contacts_of
from baton.adapters.mail.parts import (
    address,
    addresses,
    content_of,
    header,
    ids,
    leaves,
    text_of,
)
from baton.adapters.mail.returned import complained_addresses, is_complaint, returned_ids
from baton.adapters.mail.returning import return_day
from baton.domain.meeting import MessageClass

_LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "cs", "ja", "ko", "zh"]
_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
# Somebody and a time, before lines marked as quotes, or at the end.
_ABOVE_QUOTE = re.compile(
    r"^[^\n>]{0,200}(?:@|\d)[^\n]{0,200}:[ \t]*(?=\n[ \t]*\n?[ \t]*>|\s*\Z)", re.MULTILINE
)
# A line or a ruler below which every program puts what it quotes.
_ORIGINAL = re.compile(
    r"^[ \t]*(-{3,} ?(original|forwarded|weitergeleitet|urspr|on [^\n]+ wrote ---).*"
    r"|_{20,}[ \t]*$)",
    re.IGNORECASE | re.MULTILINE,
)
# What a broken message can raise inside the standard library's parser.
_UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    RecursionError,
    email.errors.MessageError,
)


def read_mail(content: bytes, *, own_address: str) -> IncomingMail:
    """Return what the message is; never raises for what is in it.

    Args:
        content: The raw bytes.
        own_address: Baton's own address, without plus-part. Mail to its plus-part
            `unsubscribe`, or one that begins with `unsubscribe-` or `unsubscribe.`, is an opt-out.

    Returns:
        The message; of class `UNREADABLE` with a note if it cannot be taken apart.
    """
    try:
        message = email.message_from_bytes(content, policy=compat32)
        return _read(message, own_address)
    except _UNREADABLE as error:
        return IncomingMail(
            message_id=None,
            references=(),
            sender=None,
            recipients=(),
            subject="",
            text="",
            message_class=MessageClass.UNREADABLE,
            note=f"cannot be taken apart ({type(error).__name__})",
        )


def own_words(text: str) -> str:
    """Return what the writer wrote: without quotes, the mail answered, and the signature."""
    text = _ORIGINAL.split(text.replace("\r\n", "\n"))[0]
    # The parser goes by the line above a quote ("... wrote:"); lines marked as quotes go after it.
    latest = _without_quotes(_latest(text))
    if not latest and text.strip():
        # Whoever answers below the quote begins with it.
        latest = _without_quotes(text)
    return re.sub(r"\n{3,}", "\n\n", latest).strip()


def _latest(text: str) -> str:
    replies = EmailReplyParser(languages=list(_LANGUAGES)).read(text).replies
    return str(replies[0].body or replies[0].content) if replies else text


def _without_quotes(text: str) -> str:
    return _QUOTED.sub("", _ABOVE_QUOTE.sub("", text)).strip()


@dataclass(frozen=True, slots=True)
class _Calendar:
    method: str | None = None
    reply: CalendarReply | None = None


def _read(message: Message, own_address: str) -> IncomingMail:
    calendar = _calendar(message)
    sender = address(message, "From")
    recipients = addresses(message, "To", "Cc", "Delivered-To", "X-Original-To")
    references = _references(message)
    text = own_words(text_of(message))
    subject = header(message, "Subject")
    failure = reported_failure(message)
    signs = Signs(
        headers={name.lower(): header(message, name) for name in message.keys()},  # noqa: SIM118
        sender=sender,
        recipients=recipients,
        own_address=own_address.lower(),
        subject=subject,
        text=text,
        has_references=bool(references),
        is_report=message.get_content_type() == "multipart/report",
        report_type=str(message.get_param("report-type") or "").lower(),
        is_failure=failure is not None,
        says_failure=_is_from_nobody(message) and says_failure(message),
        is_complaint=is_complaint(message),
        has_only_tnef=not text and _has_tnef(message),
        calendar_method=calendar.method,
        has_calendar_reply=calendar.reply is not None,
    )
    message_class, note = classify(signs)
    mail = IncomingMail(
        message_id=next(iter(ids(header(message, "Message-ID"))), None),
        references=references,
        sender=sender,
        recipients=recipients,
        subject=subject,
        text=text,
        message_class=message_class,
        calendar_reply=calendar.reply if message_class is MessageClass.CALENDAR_REPLY else None,
        note=note,
        contacts=contacts_of(message, text),
    )
    return _with_details(mail, message, failure)


def _with_details(mail: IncomingMail, message: Message, failure: Failure | None) -> IncomingMail:
    """Add what only messages of this class say."""
    if mail.message_class is MessageClass.BOUNCE:
        failure = failure or noticed_failure(message)
        return replace(
            mail,
            references=tuple(dict.fromkeys((*mail.references, *returned_ids(message)))),
            bounced=failure.addresses,
            bounce=failure.kind,
            is_final=failure.is_final,
        )
    if mail.message_class is MessageClass.COMPLAINT:
        return replace(
            mail,
            references=tuple(dict.fromkeys((*mail.references, *returned_ids(message)))),
            complained=complained_addresses(message),
        )
    said = f"{mail.subject}\n{mail.text}"
    if mail.message_class is MessageClass.AUTO_REPLY or may_be_automatic(mail.text):
        returns_on = return_day(said, sent_on=_sent_on(message))
        return replace(mail, returns_on=returns_on, has_left=says_left(said))
    return mail


def _sent_on(message: Message) -> date:
    try:
        return parsedate_to_datetime(header(message, "Date")).date()
    except (ValueError, TypeError, OverflowError):
        return datetime.now(UTC).date()


def _is_from_nobody(message: Message) -> bool:
    return header(message, "Return-Path").replace(" ", "") == "<>"


def _has_tnef(message: Message) -> bool:
    return any(
        part.get_content_type() in {"application/ms-tnef", "application/vnd.ms-tnef"}
        or (part.get_filename() or "").lower() == "winmail.dat"
        for part in leaves(message)
    )


def _references(message: Message) -> tuple[str, ...]:
    nearest = ids(header(message, "In-Reply-To"))
    thread = reversed(ids(header(message, "References")))
    return tuple(dict.fromkeys((*nearest, *thread)))


def _calendar(message: Message) -> _Calendar:
    seen = _Calendar()
    for part in leaves(message):
        name = (part.get_filename() or "").lower()
        if part.get_content_type() in {"text/calendar", "application/ics"} or name.endswith(".ics"):
            content = content_of(part)
            reply = parse_reply(content)
            if reply is not None:
                return _Calendar("REPLY", reply)
            seen = _Calendar(seen.method or method_of(content) or "UNREADABLE")
    return seen
