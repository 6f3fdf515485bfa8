"""Whom an answer names besides those who talk already: to ask about, never to assume."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import Message

from baton.adapters.mail.incoming import Contact, IncomingMail
from baton.adapters.mail.parts import ADDRESS, people

_MAX_NAMED = 5
_NOBODY = re.compile(r"^(no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?)\b")
# One to three capitalised words right before the address, whatever stands between.
_NAME = re.compile(r"((?:[^\W\d_a-z][\w'\u2019-]+ ){0,2}[^\W\d_a-z][\w'\u2019-]+)[\s,:;(<\[/-]*$")


def contacts_of(message: Message, text: str) -> tuple[Contact, ...]:
    """Return everyone in To and Cc, then those whom the text names by address, each once.

    Args:
        message: For its headers.
        text: The writer's own words, without quotes and signature.
    """
    found = {email: Contact(name, email) for name, email in people(message, "To", "Cc")}
    for match in ADDRESS.finditer(text):
        email = match.group().lower().rstrip(".")
        before = _NAME.search(text[max(0, match.start() - 60) : match.start()])
        found.setdefault(email, Contact(before[1] if before else "", email))
    return tuple(found.values())


def newcomers(mail: IncomingMail, is_known: Callable[[str], bool]) -> tuple[Contact, ...]:
    """Return whom the mail names and nobody knows yet, at most five.

    Args:
        mail: What a person or their automatic reply said.
        is_known: Tells of an address whether it takes part already, or is ours.
    """
    return tuple(
        one
        for one in mail.contacts
        if one.email != mail.sender and not _NOBODY.match(one.email) and not is_known(one.email)
    )[:_MAX_NAMED]
