"""The messages of ours that a report gives back, whole or their headers only; and complaints."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from baton.adapters.mail.parts import ADDRESS, addresses, content_of, decoded, header, ids, leaves

# RFC 5965 and RFC 6430; "not-spam", "auth-failure" and "virus" are nobody's wish.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
_TOLD = ("Original-Rcpt-To", "Removal-Recipient", "X-HmXmrOriginalRecipient")


def returned_ids(message: Message) -> tuple[str, ...]:
    """Return the Message-IDs of the messages that a report gives back."""
    found = [name for one in _returned(message) for name in ids(header(one, "Message-ID"))]
    return tuple(dict.fromkeys(found))


def is_complaint(message: Message) -> bool:
    """Tell whether somebody pressed "this is spam": RFC 5965, or Microsoft's own form."""
    kinds = [decoded(str(fields["Feedback-Type"] or "")).lower() for fields in _fields(message)]
    return any(kind in _COMPLAINTS for kind in kinds) or bool(_told(message, _TOLD[2]))


def complained_addresses(message: Message) -> tuple[str, ...]:
    """Return whose complaint it is; if that is hidden, to whom the mail in question was sent."""
    told = [address for name in _TOLD for address in _told(message, name)]
    usable = [address for address in told if not address.endswith(".invalid")]
    sent = [address for one in _returned(message) for address in addresses(one, "To")]
    return tuple(dict.fromkeys(usable or sent))


def _told(message: Message, name: str) -> list[str]:
    values = [
        str(value)
        for part in (message, *_fields(message), *_returned(message))
        for value in part.get_all(name, [])
    ]
    return [found.lower() for value in values for found in ADDRESS.findall(decoded(value))]


def _fields(message: Message) -> Iterator[Message]:
    for part in leaves(message):
        if part.get_content_type() == "message/feedback-report":
            payload = part.get_payload()
            if isinstance(payload, list):
                yield from (one for one in payload if isinstance(one, Message))
            else:
                yield message_from_bytes(content_of(part), policy=compat32)


def _returned(message: Message) -> Iterator[Message]:
    for part in leaves(message):
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list):
            yield from (inner for inner in payload if isinstance(inner, Message))
        elif part.get_content_type() == "text/rfc822-headers":
            yield message_from_bytes(content_of(part), policy=compat32)
