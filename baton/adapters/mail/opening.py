"""Opens the mailbox that a setting names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from baton.adapters.mail.imap import ImapMailbox, Security
from baton.adapters.mail.maildir import MaildirMailbox
from baton.adapters.mail.port import Mailbox
from baton.adapters.mail.several import Mailboxes
from baton.errors import SettingsError

_RIGHT = (
    "BATON_MAILBOX must be maildir:/path/to/Maildir or imaps://user@host/INBOX "
    "(imap+starttls:// for STARTTLS, imap:// without protection), or several with commas between."
)
_IMAP: dict[str, tuple[Security, int]] = {
    "imaps": ("tls", 993),
    "imap+starttls": ("starttls", 143),
    "imap": ("none", 143),
}


_NEXT = re.compile(r"\s*,\s*(?=(?:maildir|imaps?|imap\+starttls):)")


def open_mailboxes(urls: str, password: str | None, passwords: Mapping[str, str]) -> Mailbox:
    """Return the mailbox of the URL, or all of several with commas between, read as one.

    Args:
        urls: As `open_mailbox` takes them.
        password: For all of them on IMAP servers that have no own one.
        passwords: By URL, as it is written in `urls`.

    Raises:
        SettingsError: A URL is wrong or there twice, a folder is no Maildir, or a password is
            missing.
    """
    each = [url.strip() for url in _NEXT.split(urls)]
    if len(set(each)) < len(each):
        raise SettingsError(f"A mailbox is named twice in BATON_MAILBOX. {_RIGHT}")
    boxes = {url: open_mailbox(url, passwords.get(url, password)) for url in each}
    return Mailboxes(boxes) if len(boxes) > 1 else boxes[each[0]]


def open_mailbox(url: str, password: str | None) -> Mailbox:
    """Return the mailbox of the URL; an IMAP server is not asked before the first fetch.

    A Maildir that is missing is made if its parent folder exists, as delivery agents do.

    Args:
        url: `maildir:/path`, `imaps://user@host[:port]/FOLDER`; a user name that is a mail
            address is written with `%40`, or with `@` as it is.
        password: For IMAP.

    Raises:
        SettingsError: The URL is wrong, the folder is no Maildir, or the password is missing.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "maildir":
        return _maildir(rest)
    if scheme in _IMAP:
        return _imap(url, scheme, password)
    raise SettingsError(f"The mailbox '{scheme}:...' is of no known kind. {_RIGHT}")


def _maildir(path: str) -> MaildirMailbox:
    folder = Path(path.removeprefix("//"))
    if path and folder.parent.is_dir() and not folder.exists():
        return MaildirMailbox.make(folder)
    if not path or not all((folder / room).is_dir() for room in ("new", "cur")):
        raise SettingsError(f"'{folder}' is no Maildir: it needs 'new' and 'cur'. {_RIGHT}")
    return MaildirMailbox(folder)


def _imap(url: str, scheme: str, password: str | None) -> ImapMailbox:
    security, default_port = _IMAP[scheme]
    try:
        parts: SplitResult = urlsplit(url)
        host, port = parts.hostname, parts.port or default_port
    except ValueError as error:
        raise SettingsError(f"The mailbox's address cannot be read ({error}). {_RIGHT}") from error
    if not host or not parts.username:
        raise SettingsError(f"The mailbox's address lacks a user or a host. {_RIGHT}")
    if parts.password is not None:
        raise SettingsError("Put the mailbox's password into BATON_MAILBOX_PASSWORD, not the URL.")
    if not password:
        raise SettingsError("BATON_MAILBOX_PASSWORD is missing: the mailbox is on a server.")
    folder = unquote(parts.path.lstrip("/")) or "INBOX"
    return ImapMailbox(
        host, port, unquote(parts.username), password, folder=folder, security=security
    )
