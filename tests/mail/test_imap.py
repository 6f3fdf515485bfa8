"""The mailbox on a real IMAP server: the same contract, new keys, several mailboxes, IDLE."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from baton.adapters.mail.imap import ImapMailbox
from baton.adapters.mail.maildir import MaildirMailbox
from baton.adapters.mail.opening import open_mailboxes
from baton.adapters.mail.port import Mailbox
from baton.adapters.mail.several import Mailboxes
from baton.cli.neighbours import mailbox_answers
from baton.engine.inbox import read_inbox
from baton.engine.listening import Listening
from baton.errors import MailUnavailableError, SettingsError
from baton.runtime import Runtime
from baton.settings import load_settings
from baton.store.tables import InboundMessage
from baton.testing.mail_fakes import FakeMailbox
from tests.engine.worlds import World
from tests.mail import imap_server, pymap_server
from tests.mail.messages import introduction
from tests.mail.pymap_server import PymapServer
from tests.mail.samples import all_samples
from tests.mail.test_mailboxes import BROKEN, MailboxContract

PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def pymap() -> Iterator[PymapServer]:
    with PymapServer() as server:
        yield server


@pytest.fixture
def server(pymap: PymapServer) -> PymapServer:
    """The server with an empty folder of this test's own."""
    pymap.folder = f"Handoffs-{uuid.uuid4().hex}"
    with pymap.opened() as box:
        box.folder.create(pymap.folder)
    return pymap


def mailbox_on(server: PymapServer) -> ImapMailbox:
    return ImapMailbox(
        "127.0.0.1",
        server.port,
        pymap_server.USER,
        pymap_server.PASSWORD,
        folder=server.folder,
        security="none",
        timeout=10,
    )


class TestPymap(MailboxContract):
    # IMAP cannot carry the character 0 (RFC 3501, 4.3).
    broken = BROKEN.replace(b"\x00", b"\x02")

    @pytest.fixture(autouse=True)
    def _server(self, server: PymapServer) -> None:
        self.server = server

    def deliver(self, content: bytes) -> None:
        self.server.deliver(content)

    def open(self) -> Mailbox:
        return mailbox_on(self.server)


@pytest.fixture
def world(database: object, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(database, monkeypatch)  # type: ignore[arg-type]


def reading(world: World, mailbox: Mailbox) -> Runtime:
    return replace(world.runtime, mailbox=mailbox)


def some_mails(count: int) -> list[bytes]:
    mails = [sample.content for sample in all_samples() if b"\x00" not in sample.content]
    return [one for one in mails if b"Message-ID" in one][:: len(mails) // count][:count]


def test_a_new_uidvalidity_brings_every_message_again_and_each_is_taken_once(
    world: World, server: PymapServer
) -> None:
    mails = some_mails(12)
    server.deliver(*mails)
    runtime = reading(world, mailbox_on(server))
    keys = [mail.key for mail in mailbox_on(server).fetch()]
    assert read_inbox(runtime) == len(mails)
    server.renumber()
    assert {mail.key for mail in mailbox_on(server).fetch()}.isdisjoint(keys)
    assert read_inbox(runtime) == 0
    assert len(world.all(InboundMessage)) == len(mails)
    assert list(mailbox_on(server).fetch()) == []


def test_two_pollers_at_once_take_each_message_once(world: World, server: PymapServer) -> None:
    mails = some_mails(20)
    server.deliver(*mails)
    both = threading.Barrier(2)

    def poll() -> int:
        runtime = reading(world, mailbox_on(server))
        both.wait(timeout=PATIENCE_SECONDS)
        return read_inbox(runtime)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(poll), pool.submit(poll)
        assert first.result() + second.result() == len(mails)
    assert len(world.all(InboundMessage)) == len(mails)


def test_a_poller_that_dies_before_it_acknowledges_repeats_nothing(
    world: World, server: PymapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.deliver(*some_mails(3))

    def die(_box: ImapMailbox, _key: str) -> None:
        raise KeyboardInterrupt

    runtime = reading(world, mailbox_on(server))
    with monkeypatch.context() as patched:
        patched.setattr(ImapMailbox, "acknowledge", die)
        with pytest.raises(KeyboardInterrupt):
            read_inbox(runtime)
    assert len(world.all(InboundMessage)) == 1
    assert read_inbox(reading(world, mailbox_on(server))) == 2
    assert len(world.all(InboundMessage)) == 3


def test_several_mailboxes_are_read_as_one_and_the_same_mail_in_two_counts_once(
    world: World, server: PymapServer, tmp_path: Path
) -> None:
    folder = tmp_path / "Maildir"
    MaildirMailbox.make(folder)
    url = f"imap://{pymap_server.USER}@127.0.0.1:{server.port}/{server.folder}"
    both = open_mailboxes(f"{url}, maildir:{folder}", "wrong", {url: pymap_server.PASSWORD})
    assert isinstance(both, Mailboxes)
    first, second = some_mails(2)
    server.deliver(first, second)
    (folder / "new" / "1.one").write_bytes(b"Received: by mx2.seller.example\r\n" + first)
    (folder / "new" / "2.two").write_bytes(b"Subject: other\r\n\r\nOnly here\r\n")
    assert len({mail.key for mail in both.fetch()}) == 4
    assert read_inbox(reading(world, both)) == 3
    assert list(both.fetch()) == []


def test_a_mailbox_that_is_down_does_not_hide_the_others() -> None:
    up, down = FakeMailbox(), FakeMailbox()
    up.deliver(introduction())
    down.go_down()
    mails = Mailboxes({"down": down, "up": up}).fetch()
    assert next(mails).content == introduction()
    with pytest.raises(MailUnavailableError):
        next(mails)


def test_doctor_looks_into_each_of_several_mailboxes() -> None:
    first, second = FakeMailbox(), FakeMailbox()
    both = Mailboxes({"first": first, "second": second})
    assert mailbox_answers(both) == "all 2 reached, nothing new"
    first.deliver(introduction())
    assert mailbox_answers(both) == "all 2 reached, mail is waiting"
    second.go_down()
    with pytest.raises(MailUnavailableError):
        mailbox_answers(both)


def test_a_mailbox_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="twice"):
        open_mailboxes(f"maildir:{tmp_path}/a,maildir:{tmp_path}/a", None, {})
    one = open_mailboxes(f"maildir:{tmp_path}/with, comma", None, {})
    assert isinstance(one, MaildirMailbox)


def test_passwords_of_several_mailboxes_are_a_json_object_and_never_shown() -> None:
    written = '{"imaps://me@mx.example": "one"}'
    given = load_settings(mailbox_passwords=written)
    assert given.passwords_by_mailbox == {"imaps://me@mx.example": "one"}
    assert load_settings().passwords_by_mailbox == {}
    for wrong in ("hidden", '["hidden"]', '{"hidden": 1}'):
        with pytest.raises(SettingsError, match="BATON_MAILBOX_PASSWORDS") as caught:
            load_settings(mailbox_passwords=wrong)
        assert "hidden" not in str(caught.value)


def until(is_true: Callable[[], bool]) -> float:
    """Wait until it is true; return how long that took, in seconds."""
    begun_at = time.monotonic()
    while not is_true():
        assert time.monotonic() < begun_at + PATIENCE_SECONDS, "it did not come true"
        time.sleep(0.02)
    return time.monotonic() - begun_at


def arrived(world: World, count: int) -> Callable[[], bool]:
    return lambda: len(world.all(InboundMessage)) == count


def test_an_answer_counts_at_once_without_polling_where_the_server_knows_idle(
    world: World, server: PymapServer
) -> None:
    mails = some_mails(3)
    server.deliver(mails[0])
    with Listening(reading(world, mailbox_on(server)), watched_poll_seconds=3600) as listening:
        until(arrived(world, 1))
        until(lambda: listening.is_watching)
        time.sleep(1)
        for number in (1, 2):
            server.deliver(mails[number])
            assert until(arrived(world, number + 1)) < PATIENCE_SECONDS


def test_a_lost_connection_is_opened_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    first, second = some_mails(2)
    with (
        PymapServer() as server,
        Listening(
            reading(world, mailbox_on(server)), watched_poll_seconds=3600, reconnect_seconds=0.2
        ) as listening,
    ):
        until(lambda: listening.is_watching)
        server.deliver(first)
        until(arrived(world, 1))
        server.stop()
        until(lambda: not listening.is_watching)
        server.start()
        until(lambda: listening.is_watching)
        server.deliver(second)
        until(arrived(world, 2))
    assert "cannot be read" in caplog.text


def test_a_server_without_idle_is_polled(world: World) -> None:
    with imap_server.ImapServer() as server:
        box = ImapMailbox(
            "127.0.0.1",
            server.port,
            imap_server.USER,
            imap_server.PASSWORD,
            security="none",
            timeout=5,
        )
        assert box.watch(lambda: None, threading.Event()) is False
        with Listening(reading(world, box), poll_seconds=0.1) as listening:
            server.add(introduction())
            until(arrived(world, 1))
            assert not listening.is_watching
