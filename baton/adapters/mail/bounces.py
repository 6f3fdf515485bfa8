"""Finds out of a bounce which addresses it is about (RFC 3464, and what is none)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from baton.adapters.mail.parts import (
    addresses,
    content_of,
    decoded,
    header,
    ids,
    leaves,
    text_of,
)

_ADDRESS = re.compile(r"[\w.+'=-]+@[\w-]+(?:\.[\w-]+)+")
_MAX_NAMED = 20
_FAILED = frozenset({"failed", ""})


def is_failure_report(message: Message) -> bool:
    """Tell whether a delivery report says that it failed for good, for any recipient."""
    return any(_is_failure(fields) for fields in _recipients(message))


def bounced_addresses(message: Message) -> tuple[str, ...]:
    """Return the addresses that could not be reached, lower case.

    From the report's own fields; without them, from `X-Failed-Recipients`; without that, from the
    text, where each address that is not the sender's or the reader's is taken.
    """
    named = [_final(fields) for fields in _recipients(message) if _is_failure(fields)]
    found = [name for name in named if name] or list(addresses(message, "X-Failed-Recipients"))
    if not found:
        own = set(addresses(message, "From", "To", "Delivered-To", "Return-Path"))
        said = (name.lower() for name in _ADDRESS.findall(text_of(message)))
        found = [name for name in said if name not in own]
    return tuple(dict.fromkeys(found))[:_MAX_NAMED]


def returned_ids(message: Message) -> tuple[str, ...]:
    """Return the Message-IDs of the messages that a report gives back, whole or headers only."""
    found: list[str] = []
    for part in leaves(message):
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list):
            for inner in payload:
                found += ids(header(inner, "Message-ID")) if isinstance(inner, Message) else ()
        elif part.get_content_type() == "text/rfc822-headers":
            headers = message_from_bytes(content_of(part), policy=compat32)
            found += ids(header(headers, "Message-ID"))
    return tuple(dict.fromkeys(found))


def _recipients(message: Message) -> Iterator[Message]:
    """Yield the report's groups of fields, one for each recipient."""
    for part in leaves(message):
        payload = part.get_payload()
        # The standard library reads each group of fields as a message of its own.
        if part.get_content_type() == "message/delivery-status" and isinstance(payload, list):
            for fields in payload:
                if isinstance(fields, Message) and (fields["Final-Recipient"] or fields["Action"]):
                    yield fields


def _is_failure(fields: Message) -> bool:
    action = decoded(str(fields["Action"] or "")).lower()
    status = str(fields["Status"] or "").strip()
    return action in _FAILED and not status.startswith(("2.", "4."))


def _final(fields: Message) -> str:
    # RFC 3464: "rfc822; someone@there.example"; the original one is what we wrote to.
    for name in ("Original-Recipient", "Final-Recipient"):
        found = _ADDRESS.search(decoded(str(fields[name] or "")).rpartition(";")[2])
        if found:
            return found.group().lower()
    return ""
