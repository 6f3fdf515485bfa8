"""Reads a raw message: who, in answer to what, what they wrote, and what kind of message it is."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email.message import Message
from email.policy import compat32

from mailparser_reply import EmailReplyParser

from baton.adapters.calendar.port import CalendarReply
from baton.adapters.calendar.replies import method_of, parse_reply
from baton.adapters.mail.bounces import bounced_addresses, is_failure_report, returned_ids
from baton.adapters.mail.classifying import Signs, classify
from baton.adapters.mail.incoming import IncomingMail
from baton.adapters.mail.parts import (
    address,
    addresses,
    content_of,
    header,
    ids,
    leaves,
    text_of,
)
from baton.domain.meeting import MessageClass

_LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "cs", "ja", "ko", "zh"]
_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_ORIGINAL = re.compile(
    r"^[ \t]*-{3,} ?(original|forwarded|weitergeleitet|urspr).*", re.IGNORECASE | re.MULTILINE
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
    replies = EmailReplyParser(languages=list(_LANGUAGES)).read(text).replies
    latest = (replies[0].body or replies[0].content) if replies else text
    return re.sub(r"\n{3,}", "\n\n", _QUOTED.sub("", latest)).strip()


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
        is_failure=is_failure_report(message),
        calendar_method=calendar.method,
        has_calendar_reply=calendar.reply is not None,
    )
    message_class, note = classify(signs)
    if message_class is MessageClass.BOUNCE:
        references = tuple(dict.fromkeys((*references, *returned_ids(message))))
    return IncomingMail(
        message_id=next(iter(ids(header(message, "Message-ID"))), None),
        references=references,
        sender=sender,
        recipients=recipients,
        subject=subject,
        text=text,
        message_class=message_class,
        calendar_reply=calendar.reply if message_class is MessageClass.CALENDAR_REPLY else None,
        bounced=bounced_addresses(message) if message_class is MessageClass.BOUNCE else (),
        note=note,
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
