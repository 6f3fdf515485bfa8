"""Finds out of a bounce whom it is about, and whether for good (RFC 3464, and what is none)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message

from flufl.bounce import all_failures

from baton.adapters.mail.parts import (
    ADDRESS,
    addresses,
    decoded,
    header,
    leaves,
    text_of,
)
from baton.domain.meeting import BounceKind

_MAX_NAMED = 20
_DELAYED = re.compile(
    r"^(warning\b|delayed|delivery (delayed|status notification \(delay\)))|\bdelay(ed)?\b"
    r"|not yet been delivered|will (be )?retr|attempts will continue|warning message only",
    re.IGNORECASE,
)
_STATUS = re.compile(r"(?<![\d.])([45])\.\d{1,3}\.\d{1,3}(?![\d.])")
_CODE = re.compile(r"(?:said:|reason:|error:|^|\s|:)\s*\(?([45])\d\d[ -]", re.IGNORECASE)
_FOR_GOOD = re.compile(
    r"""permanent|no\ such\ (user|mailbox|address)|unknown\ (user|recipient|address)
      | user\ unknown|does\ not\ exist|doesn't\ exist|not\ listed\ in|unrouteable
      | no\ mailbox\ here|recipient\ unknown|cannot\ be\ reached|not\ been\ delivered
      | ist\ uns\ nicht\ bekannt|existiert\ nicht|n'existe\ pas|no\ existe|non\ esiste""",
    re.IGNORECASE | re.VERBOSE,
)
# What a broken message can raise inside the library.
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, AssertionError, MessageError)


@dataclass(frozen=True, slots=True)
class Failure:
    """What a report or a notice of failure says.

    Attributes:
        kind: Hard or soft; None if it does not say.
        addresses: Who was not reached, lower case, at most 20.
        is_final: False if the server goes on trying.
    """

    kind: BounceKind | None
    addresses: tuple[str, ...]
    is_final: bool = True


def reported_failure(message: Message) -> Failure | None:
    """Return what a report by RFC 3464 says failed; None if it says that nothing did.

    A report on several recipients is as bad as the worst of them, and about those.
    """
    found = [(verdict, _final(group)) for group in _recipients(message) if (verdict := _of(group))]
    for verdict in (
        (BounceKind.HARD, True),
        (BounceKind.SOFT, True),
        (BounceKind.SOFT, False),
    ):
        if any(one == verdict for one, _ in found):
            named = [address for one, address in found if one == verdict and address]
            return Failure(verdict[0], _unique(named or _named(message)), verdict[1])
    return None


def noticed_failure(message: Message) -> Failure:
    """Return what a mail system says in its own words, in no report."""
    temporary, permanent = _detected(message)
    text = f"{header(message, 'Subject')}\n{text_of(message)}"
    listed = addresses(message, "X-Failed-Recipients")
    is_delayed = _DELAYED.search(text) is not None
    is_soft = is_delayed or (temporary and not permanent)
    kind = BounceKind.SOFT if is_soft else _kind(text, is_permanent=bool(permanent))
    return Failure(
        kind, _unique([*listed, *permanent, *temporary] or _named(message)), not is_delayed
    )


def says_failure(message: Message) -> bool:
    """Tell whether words of a mail system, whoever sends them, are about a mail that failed."""
    temporary, permanent = _detected(message)
    text = text_of(message)
    said = _FOR_GOOD.search(text) or _STATUS.search(text)
    return bool(temporary or permanent or (said and _named(message)))


def _kind(text: str, *, is_permanent: bool) -> BounceKind | None:
    codes = set(_STATUS.findall(text)) or set(_CODE.findall(text))
    if codes == {"4"}:
        return BounceKind.SOFT
    if "5" in codes or is_permanent or _FOR_GOOD.search(text):
        return BounceKind.HARD
    return None


def _detected(message: Message) -> tuple[list[str], list[str]]:
    """Ask the library that knows how each mail system words it: for now, for good."""
    try:
        temporary, permanent = all_failures(message)
    except _UNREADABLE:
        return [], []
    own = _own(message)
    return tuple(  # type: ignore[return-value]
        sorted(
            address
            for raw in found
            if (address := raw.decode("utf-8", "replace").lower()) not in own and "@" in address
        )
        for found in (temporary, permanent)
    )


def _own(message: Message) -> set[str]:
    return set(addresses(message, "From", "To", "Delivered-To", "Return-Path"))


def _named(message: Message) -> list[str]:
    """Return each address in the text that is not the sender's or the reader's."""
    own = _own(message)
    above = re.split(
        r"-{3,}.*copy|^Message-ID:", text_of(message), flags=re.IGNORECASE | re.MULTILINE
    )[0]
    return [name for said in ADDRESS.findall(above) if (name := said.lower()) not in own]


def _unique(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:_MAX_NAMED]


def _recipients(message: Message) -> Iterator[Message]:
    """Yield the report's groups of fields, one for each recipient."""
    for part in leaves(message):
        payload = part.get_payload()
        # The standard library reads each group of fields as a message of its own.
        if part.get_content_type() == "message/delivery-status" and isinstance(payload, list):
            for fields in payload:
                if isinstance(fields, Message) and (fields["Final-Recipient"] or fields["Action"]):
                    yield fields


def _of(fields: Message) -> tuple[BounceKind, bool] | None:
    """Return what happened to one recipient: how bad, and whether it is over."""
    action = decoded(str(fields["Action"] or "")).lower()
    status = str(fields["Status"] or "").strip()[:1]
    if action == "delayed":
        return BounceKind.SOFT, False
    if action not in {"failed", ""} or status == "2":
        return None
    if status not in {"4", "5"}:
        code = _CODE.search(decoded(str(fields["Diagnostic-Code"] or "")))
        status = code[1] if code else "5"
    return (BounceKind.SOFT if status == "4" else BounceKind.HARD), True


def _final(fields: Message) -> str:
    # RFC 3464: "rfc822; someone@there.example"; the original one is what we wrote to.
    for name in ("Original-Recipient", "Final-Recipient"):
        found = ADDRESS.search(decoded(str(fields[name] or "")).rpartition(";")[2])
        if found:
            return found.group().lower()
    return ""
