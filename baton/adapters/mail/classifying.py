"""Says what kind of message came in; where it is not clear, a person is asked, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from baton.adapters.mail.automatic import (
    automatic_mark,
    is_automatic_subject,
    may_be_automatic,
)
from baton.adapters.mail.opting_out import opt_out_words
from baton.domain.meeting import MessageClass

# Every mail that Baton sends carries this, and an id that begins so (baton.messages.composing).
EFFECT_HEADER = "x-baton-effect"
_OWN_ID = re.compile(r"<baton\.[0-9a-f]{40}@[^<>\s]+>")

_DAEMON = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|mdaemon)(\+.*)?@", re.IGNORECASE)
_BULK_PRECEDENCE = frozenset({"bulk", "list", "junk"})

Found = tuple[MessageClass, str]


@dataclass(frozen=True, slots=True)
class Signs:
    """What there is to judge by.

    Attributes:
        headers: Decoded values by lower-case name.
        sender: Address of From, lower case.
        recipients: Lower case.
        own_address: Baton's own, lower case.
        subject: Decoded.
        text: The writer's own words.
        has_references: True if it answers or refers to another message.
        is_report: True for multipart/report.
        report_type: Its report-type, lower case.
        is_failure: True if a delivery report says that it failed, for good or for now.
        says_failure: True if its own words say that a mail failed.
        is_complaint: True if it reports that somebody pressed "this is spam".
        has_only_tnef: True if all that it says may be in a winmail.dat, which is not read.
        calendar_method: METHOD of the calendar part, `UNREADABLE` if it has none that can be read.
        has_calendar_reply: True if the calendar part is a usable REPLY.
    """

    headers: Mapping[str, str]
    sender: str | None
    recipients: tuple[str, ...]
    own_address: str
    subject: str
    text: str
    has_references: bool
    is_report: bool
    report_type: str
    is_failure: bool
    says_failure: bool
    is_complaint: bool
    has_only_tnef: bool
    calendar_method: str | None
    has_calendar_reply: bool


def classify(signs: Signs) -> Found:
    """Return the class and, in a few words, why; the first judge that is sure decides."""
    for judge in _JUDGES:
        found = judge(signs)
        if found is not None:
            return found
    return MessageClass.UNKNOWN, "answers nothing that we sent"


def _own_copy(signs: Signs) -> Found | None:
    # An answer carries an id of its own, so a client that copies our header is told apart.
    own_id = _OWN_ID.search(signs.headers.get("message-id", ""))
    if EFFECT_HEADER in signs.headers and own_id and not signs.is_report:
        return MessageClass.TRACKING_COPY, "our own message"
    return None


def _report(signs: Signs) -> Found | None:
    if signs.is_complaint:
        return MessageClass.COMPLAINT, "somebody pressed 'this is spam'"
    if signs.report_type == "feedback-report":
        return MessageClass.UNKNOWN, "a mail provider's report that is no complaint"
    if signs.report_type == "disposition-notification":
        return MessageClass.AUTO_REPLY, "a read receipt"
    if not signs.is_report:
        return None
    if signs.is_failure:
        return MessageClass.BOUNCE, "a delivery report"
    return MessageClass.AUTO_REPLY, "a delivery report that says no failure"


def _calendar(signs: Signs) -> Found | None:
    if signs.has_calendar_reply:
        return MessageClass.CALENDAR_REPLY, "a calendar program's REPLY"
    if signs.calendar_method in {"REPLY", "COUNTER", "UNREADABLE"}:
        return MessageClass.UNKNOWN, f"a calendar part we cannot use ({signs.calendar_method})"
    return None


def _daemon(signs: Signs) -> Found | None:
    is_daemon = signs.sender is not None and _DAEMON.match(signs.sender) is not None
    if is_daemon or "x-failed-recipients" in signs.headers:
        return MessageClass.BOUNCE, "sent by a mail system"
    is_plain = _is_null(signs) and not is_automatic_subject(signs.subject)
    if is_plain and not _is_marked(signs) and signs.says_failure:
        return MessageClass.BOUNCE, "a mail system's words"
    return None


def _is_null(signs: Signs) -> bool:
    return signs.headers.get("return-path", "").replace(" ", "") == "<>"


def _is_marked(signs: Signs) -> bool:
    return automatic_mark(signs.headers, signs.subject, signs.text) is not None


def _unsubscribe_address(signs: Signs) -> Found | None:
    local, _, domain = signs.own_address.partition("@")
    pattern = re.compile(rf"{re.escape(local)}\+unsubscribe([.-].*)?@{re.escape(domain)}")
    if any(pattern.fullmatch(recipient) for recipient in signs.recipients):
        return MessageClass.OPT_OUT, "sent to the unsubscribe address"
    return None


def _automatic(signs: Signs) -> Found | None:
    mark = automatic_mark(signs.headers, signs.subject, signs.text)
    if mark is not None:
        return MessageClass.AUTO_REPLY, mark
    if _is_null(signs):
        return MessageClass.UNKNOWN, "a machine's, and it does not say what it is"
    return None


def _tnef(signs: Signs) -> Found | None:
    if signs.has_only_tnef:
        return MessageClass.UNKNOWN, "all that it says is in a winmail.dat, which is not read"
    return None


def _perhaps_automatic(signs: Signs) -> Found | None:
    if may_be_automatic(signs.text):
        return MessageClass.UNKNOWN, "may be an out-of-office answer"
    return None


def _bulk(signs: Signs) -> Found | None:
    is_list = "list-id" in signs.headers or "list-unsubscribe" in signs.headers
    if is_list or signs.headers.get("precedence", "").strip().lower() in _BULK_PRECEDENCE:
        return MessageClass.UNKNOWN, "sent to many"
    return None


def _words(signs: Signs) -> Found | None:
    if signs.sender and (words := opt_out_words(signs.text)):
        return MessageClass.OPT_OUT, f"says '{words}'"
    return None


def _subject_word(signs: Signs) -> Found | None:
    # Mail programs' unsubscribe buttons send an empty mail with this subject.
    is_word = signs.subject.strip().lower() == "unsubscribe"
    if signs.sender and is_word and not signs.text.strip():
        return MessageClass.OPT_OUT, "its subject says unsubscribe"
    return None


def _answer(signs: Signs) -> Found | None:
    if not signs.sender:
        return MessageClass.UNKNOWN, "has no sender"
    local, _, domain = signs.own_address.partition("@")
    is_tracked = any(
        r.startswith(f"{local}+") and r.endswith(f"@{domain}") for r in signs.recipients
    )
    if signs.has_references or is_tracked:
        return MessageClass.HUMAN_REPLY, "a person's answer"
    return None


_JUDGES: tuple[Callable[[Signs], Found | None], ...] = (
    _own_copy,
    _report,
    _calendar,
    _daemon,
    _unsubscribe_address,
    _automatic,
    _bulk,
    _tnef,
    _perhaps_automatic,
    _words,
    _subject_word,
    _answer,
)
