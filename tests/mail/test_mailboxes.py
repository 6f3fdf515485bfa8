from __future__ import annotations

import mailbox
import os
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import pytest

from baton.adapters.mail.imap import ImapMailbox
from baton.adapters.mail.maildir import MaildirMailbox
from baton.adapters.mail.opening import open_mailbox
from baton.adapters.mail.port import Mailbox
from baton.errors import MailUnavailableError, SettingsError
from tests.mail.imap_server import PASSWORD, USER, ImapServer
from tests.mail.messages import introduction

BROKEN = b"Subject: \xff\xfe\r\n\r\n\x00\x01 =?utf-8?q?\r\n"


class MailboxContract(ABC):
    """What every mailbox does; each kind is a subclass."""

    broken = BROKEN

    @abstractmethod
    def deliver(self, content: bytes) -> None: ...

    @abstractmethod
    def open(self) -> Mailbox: ...

    def test_it_yields_the_bytes_that_came_oldest_first(self) -> None:
        contents = [introduction(), self.broken, b"Subject: third\r\n\r\nx\r\n"]
        for content in contents:
            self.deliver(content)
        assert [mail.content for mail in self.open().fetch()] == contents

    def test_an_empty_mailbox_yields_nothing(self) -> None:
        assert list(self.open().fetch()) == []

    def test_reading_alone_takes_nothing_away(self) -> None:
        self.deliver(introduction())
        first = [mail.key for mail in self.open().fetch()]
        assert [mail.key for mail in self.open().fetch()] == first
        assert len(first) == 1

    def test_what_is_acknowledged_never_comes_back(self) -> None:
        self.deliver(introduction())
        self.deliver(self.broken)
        box = self.open()
        for mail in box.fetch():
            if mail.content == self.broken:
                box.acknowledge(mail.key)
        assert [mail.content for mail in self.open().fetch()] == [introduction()]

    def test_acknowledging_while_reading_loses_nothing(self) -> None:
        for number in range(5):
            self.deliver(b"Subject: %d\r\n\r\nx\r\n" % number)
        box, seen = self.open(), []
        for mail in box.fetch():
            seen.append(mail.key)
            box.acknowledge(mail.key)
        assert len(set(seen)) == 5
        assert list(box.fetch()) == []

    def test_acknowledging_twice_or_what_is_gone_is_no_error(self) -> None:
        self.deliver(introduction())
        box = self.open()
        (mail,) = box.fetch()
        box.acknowledge(mail.key)
        box.acknowledge(mail.key)
        box.acknowledge("7:4711")
        assert list(box.fetch()) == []

    def test_equal_messages_have_keys_of_their_own(self) -> None:
        self.deliver(introduction())
        self.deliver(introduction())
        assert len({mail.key for mail in self.open().fetch()}) == 2


class TestMaildir(MailboxContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "Maildir"
        MaildirMailbox.make(self.folder)

    def deliver(self, content: bytes) -> None:
        mailbox.Maildir(self.folder, create=False).add(content)

    def open(self) -> Mailbox:
        return MaildirMailbox(self.folder)

    def test_a_message_that_another_program_looked_at_is_still_there(self) -> None:
        self.deliver(introduction())
        (path,) = (self.folder / "new").iterdir()
        (mail,) = self.open().fetch()
        path.rename(self.folder / "cur" / f"{path.name}:2,R")
        assert [again.key for again in self.open().fetch()] == [mail.key]
        self.open().acknowledge(mail.key)
        assert [p.name for p in (self.folder / "cur").iterdir()] == [f"{path.name}:2,RS"]

    def test_what_is_still_being_written_is_not_read(self) -> None:
        (self.folder / "tmp" / "1.half").write_bytes(b"Subject: ha")
        assert list(self.open().fetch()) == []

    @pytest.mark.skipif(os.name != "posix", reason="file modes")
    def test_a_folder_that_is_gone_is_unavailable(self, tmp_path: Path) -> None:
        with pytest.raises(MailUnavailableError, match="elsewhere"):
            list(MaildirMailbox(tmp_path / "elsewhere").fetch())


class TestImap(MailboxContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        with ImapServer() as self.server:
            yield

    def deliver(self, content: bytes) -> None:
        self.server.add(content)

    def open(self) -> Mailbox:
        return ImapMailbox(
            "127.0.0.1", self.server.port, USER, PASSWORD, security="none", timeout=5
        )

    def test_keys_of_an_older_uidvalidity_touch_nothing(self) -> None:
        self.deliver(introduction())
        (mail,) = self.open().fetch()
        assert mail.key == "7:1"
        self.server.validity = 8
        self.open().acknowledge(mail.key)
        assert [again.key for again in self.open().fetch()] == ["8:1"]

    def test_a_wrong_password_is_named_but_not_shown(self) -> None:
        box = ImapMailbox("127.0.0.1", self.server.port, USER, "wrong-one", security="none")
        with pytest.raises(MailUnavailableError, match="BATON_MAILBOX_PASSWORD") as caught:
            list(box.fetch())
        assert "wrong-one" not in str(caught.value)

    def test_a_server_that_is_down_is_named(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        box = ImapMailbox("127.0.0.1", port, USER, PASSWORD, security="none", timeout=2)
        with pytest.raises(MailUnavailableError, match=str(port)):
            list(box.fetch())


def test_a_mailbox_is_opened_by_its_address(tmp_path: Path) -> None:
    assert isinstance(open_mailbox(f"maildir:{tmp_path / 'new-one'}", None), MaildirMailbox)
    assert isinstance(open_mailbox(f"maildir://{tmp_path / 'new-one'}", None), MaildirMailbox)
    with ImapServer() as server:
        server.add(introduction())
        box = open_mailbox(f"imap://{USER.replace('@', '%40')}@127.0.0.1:{server.port}", PASSWORD)
        assert [mail.content for mail in box.fetch()] == [introduction()]
    for url in ("imaps://me@mx.example/INBOX", "imap+starttls://me@seller.example@mx.example"):
        assert isinstance(open_mailbox(url, "x"), ImapMailbox)


@pytest.mark.parametrize(
    ("url", "password", "says"),
    [
        ("", None, "maildir:/path"),
        ("pop3://me@mx.example", "x", "imaps://user@host/INBOX"),
        ("maildir:", None, "maildir:/path"),
        ("maildir:/no/such/folder", None, "no Maildir"),
        ("imaps://mx.example/INBOX", "x", "lacks a user"),
        ("imaps://me@/INBOX", "x", "lacks a user or a host"),
        ("imaps://me@mx.example:port/INBOX", "x", "cannot be read"),
        ("imaps://me@mx.example/INBOX", None, "BATON_MAILBOX_PASSWORD is missing"),
        ("imaps://me:hidden@mx.example/INBOX", "x", "not the URL"),
    ],
)
def test_a_wrong_address_is_refused_with_what_is_right(
    url: str, password: str | None, says: str
) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        open_mailbox(url, password)
    assert "hidden" not in str(caught.value)


def test_a_folder_of_other_things_is_no_maildir(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no Maildir"):
        open_mailbox(f"maildir:{tmp_path}", None)
