"""Turns a rendered message into the bytes that go to the mail server."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, quote

from baton.errors import InputError
from baton.messages.rendering import Rendered

Person = tuple[str, str]

EFFECT_HEADER = "X-Baton-Effect"
# Marks our own Message-IDs, so that our own copy is told from an answer to it.
ID_PREFIX = "baton."

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"\\@]{1,64}@[^\s<>()\[\],;:\"\\@]{1,255}")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_TOKEN = re.compile(r"[a-z0-9][a-z0-9._-]*")
_MAX_NAME = 200
_LINE = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An envelope's outside: who writes to whom, as what, in which thread.

    Attributes:
        message_id: With angle brackets; see `message_id`.
        from_name: Whose message it is.
        from_email: Their address.
        sender: Baton's own address; becomes `Sender` when it differs from `from_email`.
        to: Names and addresses.
        cc: Names and addresses.
        reply_to: Addresses that answers go to; Baton's tracking address among them.
        in_reply_to: Id of the message that this one answers.
        references: Ids of the thread, oldest first.
        sent_at: Aware UTC; becomes `Date`.
        headers: More headers by name, `List-Unsubscribe` and `X-Baton-Effect` for example.
        calendar: The iCalendar object of an invite.
        calendar_method: Its METHOD (`REQUEST`, `CANCEL`); needed with `calendar`.
        is_notice: True for what no person wrote (reminders, requests): says `Auto-Submitted`.
    """

    message_id: str
    from_name: str
    from_email: str
    sender: str
    to: tuple[Person, ...]
    sent_at: datetime
    cc: tuple[Person, ...] = ()
    reply_to: tuple[str, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    calendar: bytes | None = None
    calendar_method: str | None = None
    is_notice: bool = False


def compose(letter: Letter, rendered: Rendered) -> bytes:
    """Return the message: RFC 5322 bytes, ASCII only, CRLF line ends.

    The same letter gives the same bytes. No value can add a header, a recipient or a line: names
    are cleaned and encoded, addresses are checked.

    Raises:
        InputError: An address, a header's name or the calendar method cannot be used.
    """
    head = "".join(f"{name}: {value}\r\n" for name, value in _headers(letter, rendered))
    body = _body(letter, rendered)
    _bound(body, letter.message_id)
    return head.encode("ascii") + body.as_bytes(policy=SMTP)


def message_id(key: str, domain: str) -> str:
    """Return the Message-ID of an effect: the same key gives the same id, for ever.

    Args:
        key: The effect's key; it cannot be read back from the id.
        domain: Domain of Baton's own address.
    """
    return f"<{ID_PREFIX}{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def tracking_address(base: str, token: str) -> str:
    """Return Baton's own address with the token as plus-part: `handoffs+7c1e@seller.example`.

    Raises:
        InputError: The token has characters that mail programs change (upper case too).
    """
    if not _TOKEN.fullmatch(token):
        raise InputError(
            f"'{token}' cannot be part of a mail address: use a-z, 0-9, '.', '_' and '-'."
        )
    local, _, domain = base.partition("@")
    return f"{local}+{token}@{domain}"


def token_of(address: str, base: str) -> str | None:
    """Return the token that `tracking_address` put in, in lower case; None if there is none."""
    local, _, domain = address.strip().lower().rpartition("@")
    own_local, _, own_domain = base.lower().partition("@")
    name, plus, token = local.partition("+")
    if (name, domain) != (own_local, own_domain) or not plus or not token:
        return None
    return token


def _headers(letter: Letter, rendered: Rendered) -> list[tuple[str, str]]:
    found = [
        ("From", _person((letter.from_name, letter.from_email))),
        ("To", _people(letter.to)),
        ("Subject", _text(rendered.subject, "Subject")),
        ("Date", format_datetime(letter.sent_at)),
        ("Message-ID", _ascii(letter.message_id)),
    ]
    if letter.sender.lower() != letter.from_email.lower():
        found.append(("Sender", _address(letter.sender)))
    if letter.cc:
        found.append(("Cc", _people(letter.cc)))
    if letter.reply_to:
        found.append(("Reply-To", ",\r\n ".join(_address(a) for a in letter.reply_to)))
    if letter.in_reply_to:
        found.append(("In-Reply-To", _ascii(letter.in_reply_to)))
    if letter.references:
        found.append(("References", "\r\n ".join(_ascii(ref) for ref in letter.references)))
    if letter.is_notice:
        found.append(("Auto-Submitted", "auto-generated"))
    for name, value in letter.headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise InputError(f"'{clean(name)}' is no name of a mail header.")
        found.append((name, _text(value, name)))
    return found


def _body(letter: Letter, rendered: Rendered) -> EmailMessage:
    body = EmailMessage(policy=SMTP)
    body.set_content(_sendable(rendered.text), cte="quoted-printable")
    body.add_alternative(_sendable(rendered.html), subtype="html", cte="quoted-printable")
    if letter.calendar is None:
        return body
    method = letter.calendar_method or ""
    if not method.isalpha():
        raise InputError("A calendar part needs its method, such as REQUEST or CANCEL.")
    # The alternative part is what calendars act on; the attachment is for those that do not.
    body.add_alternative(
        letter.calendar,
        maintype="text",
        subtype="calendar",
        params={"method": method, "charset": "UTF-8", "component": "VEVENT"},
    )
    body.add_attachment(
        letter.calendar, maintype="application", subtype="ics", filename="invite.ics"
    )
    return body


def _bound(body: EmailMessage, seed: str) -> None:
    # Derived, not drawn; "=_" stands in no quoted-printable or base64 text, so none can end early.
    mark = hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:24]
    for number, part in enumerate(body.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{mark}_{number}")


def clean(text: str) -> str:
    """Return the text on one line, without control, bidirectional and other invisible marks.

    Right-to-left text stays; the marks that reorder what follows them go. The joiner that holds
    emoji together stays.
    """
    kept = "".join(c if c.isprintable() or c == "\u200d" else " " for c in text)
    return " ".join(kept.split())


def _people(people: Sequence[Person]) -> str:
    return ",\r\n ".join(_person(person) for person in people)


def _person(person: Person) -> str:
    # The standard library's own folding of address headers loses quotes (CPython gh-80222), so
    # each address is written on a line of its own here.
    name, email = clean(person[0])[:_MAX_NAME], _address(person[1])
    if not name or name.lower() == email.lower():
        return email
    if name.isascii() and "=?" not in name and len(name) < _LINE:
        return f'"{quote(name)}" <{email}>'
    return f"{_encoded(name)}\r\n <{email}>"


def _address(email: str) -> str:
    if not _ADDRESS.fullmatch(email):
        raise InputError("A recipient's or sender's mail address cannot be used; correct it.")
    local, _, domain = email.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise InputError(
            "A mail address has characters that mail servers do not take; correct it."
        ) from error


def _text(value: str, name: str) -> str:
    value = clean(value)
    if not value.isascii() or "=?" in value:
        return _encoded(value, name)
    return _folded(value, len(name) + 2)


def _encoded(value: str, name: str = "Reply-To") -> str:
    header = Header(_sendable(value), "utf-8", maxlinelen=_LINE - 1, header_name=name)
    return header.encode(linesep="\r\n")


def _sendable(text: str) -> str:
    # A lone surrogate (from a broken charset) cannot be sent; it becomes a question mark.
    return text.encode("utf-8", "replace").decode()


def _folded(value: str, used: int) -> str:
    lines, current = [], ""
    for word in value.split(" "):
        if current and used + len(current) + 1 + len(word) > _LINE:
            lines.append(current)
            current, used = word, 1
        else:
            current = f"{current} {word}" if current else word
    return "\r\n ".join([*lines, current])


def _ascii(value: str) -> str:
    return clean(value).encode("ascii", "replace").decode().replace(" ", "")
