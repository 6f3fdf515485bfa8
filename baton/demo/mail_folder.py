"""Every mail of the demo as a file that a mail program opens, and every invite for a calendar."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from baton.demo.letters import Letter, read_letter

EFFECT_HEADER = "X-Baton-Effect"
_KIND_PART = 1


@dataclass(frozen=True, slots=True)
class MailFolder:
    """What was written.

    Attributes:
        path: The folder.
        messages: How many different messages of Baton's were delivered.
        invites: How many of them are invites; each is an `.ics` file too.
        answers: How many messages people wrote.
    """

    path: Path
    messages: int
    invites: int
    answers: int


def write_mail_folder(path: Path, delivered: Iterable[bytes]) -> MailFolder:
    """Write each message once, however many people got it; return the counts.

    Args:
        path: The folder; made if missing.
        delivered: Messages as they arrived in the mailboxes.
    """
    path.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    messages = invites = answers = 0
    for content in delivered:
        letter = read_letter(content)
        if letter.message_id in seen:
            continue
        seen.add(letter.message_id)
        name = f"{_name(letter)}-{len(seen):04d}"
        (path / f"{name}.eml").write_bytes(content)
        if not letter.is_from_baton:
            answers += 1
            continue
        messages += 1
        if letter.invite is not None:
            invites += 1
            (path / f"{name}.ics").write_bytes(letter.invite.ics)
    return MailFolder(path, messages, invites, answers)


def _name(letter: Letter) -> str:
    """Return date, kind and recipient, in characters that every file system takes."""
    date = parsedate_to_datetime(str(letter.message["date"]))
    effect = str(letter.message[EFFECT_HEADER] or "").split(":")
    kind = effect[_KIND_PART] if len(effect) > _KIND_PART else "answer"
    recipient = letter.to[0] if letter.to else "nobody"
    return re.sub(r"[^a-z0-9_@.+-]", "_", f"{date:%Y-%m-%d-%H%M}-{kind}-{recipient}".lower())
