"""Says what kind of message came in; where it is not clear, a person is asked, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from baton.adapters.mail.opting_out import opt_out_words
from baton.domain.meeting import MessageClass

# Every mail that Baton sends carries this, and an id that begins so (baton.messages.composing).
EFFECT_HEADER = "x-baton-effect"
_OWN_ID = re.compile(r"<baton\.[0-9a-f]{40}@[^<>\s]+>")

_DAEMON = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|mdaemon)(\+.*)?@", re.IGNORECASE)
_DELAY = re.compile(
    r"^(warning\b|delayed|delivery (delayed|status notification \(delay\)))|\bdelay(ed)?\b",
    re.IGNORECASE,
)
_AUTO_SUBJECT = re.compile(
    r"""^\s*(\[?(
        automatic\ reply | auto(matic)?[- ]?(reply|response|respond(er)?) | autoreply
      | out\ of\ (the\ )?office(?=\s*($|[:\-\u2013!.,(\[]|re\b|until\b|reply|notification|message
            |from\b|auto))
      | (i\ am|i'm)\ (currently\ )?(out\ of\ (the\ )?office|on\ (annual\ )?leave|on\ holiday)
      | vacation\ (reply|response) | away\ from\ (the\ )?office | ooo\s*:
      | automatische\ (antwort|abwesenheit) | abwesenheit | abwesend\b | ich\ bin\ abwesend
      | r\u00e9ponse\ automatique | absence\ du\ bureau | message\ d.absence | absent\ du\ bureau
      | respuesta\ autom\u00e1tica | fuera\ de\ (la\ )?oficina | ausente\ de\ la\ oficina
      | risposta\ automatica | fuori\ sede | assente\ dall.ufficio
      | resposta\ autom\u00e1tica | fora\ do\ escrit\u00f3rio | ausente\ do\ escrit\u00f3rio
      | automatisch\ antwoord | afwezig(heid)?\b | automatiskt\ svar | autosvar | fr\u00e5nvarande
      | automaattinen\ vastaus | automatick\u00e1\ odpov | odpowied\u017a\ automatyczna
      | automatikus\ v\u00e1lasz | otomatik\ yan\u0131t | \u0430\u0432\u0442\u043e\u043e\u0442\u0432
      | \u81ea\u52d5\u5fdc\u7b54 | \u81ea\u52d5\u8fd4\u4fe1 | \u4e0d\u5728\u306e
      | \u81ea\u52a8\u56de\u590d | \u81ea\u52d5\u56de\u8986
      | \uc790\ub3d9\s*(\ud68c\uc2e0|\uc751\ub2f5)
    ))""",
    re.IGNORECASE | re.VERBOSE,
)
_AUTO_PRECEDENCE = frozenset({"auto_reply", "auto-reply", "autoreply"})
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
        is_failure: True if a delivery report says failed.
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
    if signs.report_type == "feedback-report":
        return MessageClass.UNKNOWN, "a complaint from a mail provider"
    if signs.report_type == "disposition-notification":
        return MessageClass.AUTO_REPLY, "a read receipt"
    if not signs.is_report:
        return None
    if signs.is_failure:
        return MessageClass.BOUNCE, "a delivery report says that it failed"
    return MessageClass.AUTO_REPLY, "a delivery report that says no failure"


def _calendar(signs: Signs) -> Found | None:
    if signs.has_calendar_reply:
        return MessageClass.CALENDAR_REPLY, "a calendar program's REPLY"
    if signs.calendar_method in {"REPLY", "COUNTER", "UNREADABLE"}:
        return MessageClass.UNKNOWN, f"a calendar part we cannot use ({signs.calendar_method})"
    return None


def _daemon(signs: Signs) -> Found | None:
    is_daemon = signs.sender is not None and _DAEMON.match(signs.sender) is not None
    has_named = "x-failed-recipients" in signs.headers
    is_null = signs.headers.get("return-path", "").replace(" ", "") == "<>"
    is_answer = signs.headers.get("auto-submitted", "").lower().startswith("auto-replied")
    if not (is_daemon or has_named or (is_null and not is_answer)):
        return None
    if _DELAY.search(signs.subject):
        return MessageClass.AUTO_REPLY, "a delay, not a failure"
    if is_null and not is_daemon and not has_named and _AUTO_SUBJECT.match(signs.subject):
        return None
    return MessageClass.BOUNCE, "sent by a mail system"


def _unsubscribe_address(signs: Signs) -> Found | None:
    local, _, domain = signs.own_address.partition("@")
    pattern = re.compile(rf"{re.escape(local)}\+unsubscribe([.-].*)?@{re.escape(domain)}")
    if any(pattern.fullmatch(recipient) for recipient in signs.recipients):
        return MessageClass.OPT_OUT, "sent to the unsubscribe address"
    return None


def _automatic(signs: Signs) -> Found | None:
    headers = signs.headers
    submitted = headers.get("auto-submitted", "").strip().lower()
    if submitted and not submitted.startswith("no"):
        return MessageClass.AUTO_REPLY, "says Auto-Submitted"
    for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-mail-autoreply"):
        if headers.get(name, "no").lower() not in {"no", "false", "0"}:
            return MessageClass.AUTO_REPLY, f"says {name}"
    if headers.get("precedence", "").strip().lower() in _AUTO_PRECEDENCE:
        return MessageClass.AUTO_REPLY, "says Precedence"
    if _AUTO_SUBJECT.match(signs.subject):
        return MessageClass.AUTO_REPLY, "its subject is an automatic reply's"
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
    _words,
    _subject_word,
    _answer,
)
