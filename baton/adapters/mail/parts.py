"""Takes a message apart, whatever state it is in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser

import charset_normalizer

# Long enough for any person's answer, short enough that no message can keep us busy.
MAX_TEXT = 20_000
MAX_PARTS = 200
_NAME_AS_ADDRESS = re.compile(r'(^|,)\s*([^\s"<>,]+@[^\s"<>,]+)\s*<')
ADDRESS = re.compile(r"[a-zA-Z0-9_.+'=-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+")


def header(message: Message, name: str) -> str:
    """Return the first header of this name, decoded, on one line; empty if there is none."""
    value = next(_values(message, name), None)
    return "" if value is None else decoded(value)


def _values(message: Message, *names: str) -> Iterator[str]:
    """Yield the headers of these names as they came, name by name; plain 8-bit ones as text."""
    for name in names:
        for known, value in message.raw_items():
            if known.lower() == name.lower():
                yield _written(str(value))


def _written(value: str) -> str:
    """Return a header's value whose bytes beyond ASCII the parser could only carry along."""
    if value.isascii():
        return value
    try:
        return _characters(value.encode("ascii", "surrogateescape"), None)
    except UnicodeEncodeError:
        return value


def decoded(value: str) -> str:
    """Return a header's value without RFC 2047 encoding, on one line; broken parts stay as is."""
    try:
        pieces = decode_header(value)
    except (MessageError, ValueError, IndexError):
        pieces = [(value, None)]
    text = "".join(
        piece if isinstance(piece, str) else _characters(piece, charset)
        for piece, charset in pieces
    )
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())


def addresses(message: Message, *names: str) -> tuple[str, ...]:
    """Return every address in these headers, lower case, each once, in order."""
    found = (address.strip().lower() for _, address in getaddresses(_quoted(message, names)))
    return tuple(dict.fromkeys(address for address in found if "@" in address))


def people(message: Message, *names: str) -> tuple[tuple[str, str], ...]:
    """Return the decoded name and the address, lower case, of everyone in these headers."""
    found = (
        (decoded(name), address.strip().lower())
        for name, address in getaddresses(_quoted(message, names))
    )
    return tuple((name, address) for name, address in found if "@" in address)


def address(message: Message, name: str) -> str | None:
    """Return the first address in this header, lower case."""
    return next(iter(addresses(message, name)), None) or _lonely(message, name)


def _quoted(message: Message, names: tuple[str, ...]) -> list[str]:
    """Return the headers with quotes around names that look like addresses.

    Without them the parser takes the name of "jana@a.example <eve@b.example>" for the sender.
    """
    return [_NAME_AS_ADDRESS.sub(r'\1"\2" <', value) for value in _values(message, *names)]


def _lonely(message: Message, name: str) -> str | None:
    found = parseaddr(header(message, name))[1].lower()
    return found if "@" in found else None


def ids(value: str) -> tuple[str, ...]:
    """Return the Message-IDs in a header's value, with their angle brackets, in order."""
    return tuple(re.findall(r"<[^<>\s]+>", value))


def leaves(message: Message) -> list[Message]:
    """Return the parts that hold content, at most `MAX_PARTS`; attached messages not opened."""
    found: list[Message] = []
    waiting: list[Message] = [message]
    while waiting and len(found) < MAX_PARTS:
        part = waiting.pop(0)
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            waiting[:0] = [child for child in payload if isinstance(child, Message)]
        else:
            found.append(part)
    return found


def content_of(part: Message) -> bytes:
    """Return a part's bytes without its transfer encoding; empty if it has none."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        return b""
    return payload if isinstance(payload, bytes) else b""


def text_of(message: Message) -> str:
    """Return the message's text: its plain part, or its HTML part without tags and quotes."""
    readable = [part for part in leaves(message) if not part.get_filename()]
    for kind in ("text/plain", "text/html"):
        for part in readable:
            if part.get_content_type() == kind:
                text = _characters(content_of(part)[: MAX_TEXT * 10], part.get_content_charset())
                plain = html_to_text(text) if kind == "text/html" else text
                if plain.strip():
                    return plain[:MAX_TEXT]
    return ""


def html_to_text(html: str) -> str:
    """Return what a reader of the HTML would see as the writer's own: no quotes, no styles."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.pieces)).strip()


def _characters(content: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8"):
        try:
            if name:
                return content.decode(name)
        except (LookupError, ValueError):
            continue
    best = charset_normalizer.from_bytes(content[:MAX_TEXT]).best()
    return content.decode(best.encoding if best else "latin-1", "replace")


class _Reader(HTMLParser):
    """Collects text; leaves out quotes and everything below the line where Outlook's begins."""

    _SILENT = frozenset({"style", "script", "head", "title", "blockquote"})
    _BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "hr"})
    _VOID = frozenset({"br", "hr", "img", "meta", "link", "input", "wbr", "col"})
    _QUOTES = ("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote")
    _CUTS = frozenset({"divrplyfwdmsg", "appendonsend", "stopspelling", "mail-editor-reference"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        # The open tags since one that is not read began; empty while we read.
        self._silent: list[str] = []
        self._is_cut = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if values.get("id", "").lower() in self._CUTS:
            self._is_cut = True
        if tag in self._BREAKS and self._reads():
            self.pieces.append("\n")
        is_quote = any(quote in values.get("class", "") for quote in self._QUOTES)
        if tag not in self._VOID and (self._silent or tag in self._SILENT or is_quote):
            self._silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            while self._silent.pop() != tag:
                pass
        elif tag in self._BREAKS and self._reads():
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if self._reads():
            self.pieces.append(re.sub(r"\s+", " ", data))

    def _reads(self) -> bool:
        return not self._silent and not self._is_cut
