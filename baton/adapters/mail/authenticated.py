"""Whether From is genuine, by the word of the mail server that took the message in (RFC 8601)."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*dmarc\s*=\s*([a-z]+)", re.IGNORECASE)
_DOMAIN = re.compile(r"\bheader\.from\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


def is_from_genuine(content: bytes, authserv: str) -> bool:
    """Return whether the server found that the domain of From vouches for the message (DMARC).

    Args:
        content: The message as it came in. The server must take out what others wrote in its
            name, as RFC 8601 demands; where two of its words differ, none counts.
        authserv: The name under which the server writes `Authentication-Results`.
    """
    message = message_from_bytes(content)
    domain = parseaddr(str(message.get("From", "")))[1].rpartition("@")[2].lower()
    found = set()
    for said in _said_by(message, authserv):
        if result := _RESULT.match(said):
            whose = _DOMAIN.search(said)
            is_its = whose is None or whose[1].lower().rpartition("@")[2] == domain
            found.add(is_its and result[1].lower() == "pass")
    return found == {True}


def _said_by(message: Message, authserv: str) -> list[str]:
    """Return every result that stands under the server's name."""
    results = []
    for value in message.get_all("Authentication-Results", []):
        name, *said = _COMMENT.sub(" ", str(value)).split(";")
        # The name may be followed by a version.
        if name.split()[:1] and name.split()[0].lower() == authserv.lower():
            results += said
    return results
