from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from baton.adapters.mail import connections
from baton.adapters.mail.smtp import SmtpTransport
from baton.errors import InDoubtError, MailRefusedError, MailUnavailableError
from baton.testing.mail import MailWorld
from tests.mail.messages import OWN, TRACKING, introduction

EVERYBODY = ["jana@alder.example", "ana@seller.example", TRACKING]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[MailWorld]:
    with MailWorld(tmp_path / "world") as world:
        yield world


def transport(world: MailWorld) -> SmtpTransport:
    return SmtpTransport(world.host, world.port, timeout=5)


def send(world: MailWorld, content: bytes | None = None) -> None:
    out = transport(world)
    try:
        out.send(content or introduction(), sender=OWN, recipients=EVERYBODY)
    finally:
        out.close()


@pytest.fixture
def out(world: MailWorld) -> Iterator[SmtpTransport]:
    """One transport for several mails."""
    out = transport(world)
    yield out
    out.close()


def test_a_message_reaches_everybody_as_it_was_written(world: MailWorld) -> None:
    content = introduction()
    send(world, content)
    for address in EVERYBODY:
        (received,) = world.mailbox(address).fetch()
        assert received.content.endswith(content)
    assert [d.recipient for d in world.deliveries] == EVERYBODY


def test_lines_that_begin_with_a_dot_arrive(world: MailWorld) -> None:
    content = b"Message-ID: <1@seller.example>\r\n\r\n.\r\n..x\r\nend without a line end"
    send(world, content)
    (received,) = world.mailbox("jana@alder.example").fetch()
    assert received.content.endswith(content + b"\r\n")


@pytest.mark.parametrize(
    ("code", "error"),
    [(550, MailRefusedError), (554, MailRefusedError), (451, MailUnavailableError)],
)
@pytest.mark.parametrize("refused", EVERYBODY)
def test_one_refused_recipient_means_that_nobody_gets_it(
    world: MailWorld, code: int, error: type[Exception], refused: str
) -> None:
    world.refuse(refused, code)
    with pytest.raises(error, match=str(code)) as caught:
        send(world)
    assert world.deliveries == []
    # Neither our own words nor the server's name the person.
    assert refused.partition("@")[0] not in str(caught.value)
    assert refused.partition("@")[2] in str(caught.value)


def test_a_final_refusal_weighs_more_than_a_passing_one(world: MailWorld) -> None:
    world.refuse("jana@alder.example", 451)
    world.refuse("ana@seller.example", 550)
    with pytest.raises(MailRefusedError):
        send(world)


def test_what_was_refused_once_goes_out_the_next_time(world: MailWorld) -> None:
    world.refuse("jana@alder.example", 451, times=1)
    with pytest.raises(MailUnavailableError):
        send(world)
    send(world)
    assert len(world.deliveries) == 3


def test_a_server_that_is_down_is_named(world: MailWorld) -> None:
    world.stop()
    with pytest.raises(MailUnavailableError, match=str(world.port)):
        send(world)
    world.start()
    send(world)
    assert len(world.deliveries) == 3


def test_a_name_that_does_not_resolve_is_unavailable() -> None:
    with pytest.raises(MailUnavailableError):
        SmtpTransport("mx.nowhere.invalid", 25, timeout=5).send(b"x", sender=OWN, recipients=[OWN])


def test_a_server_without_tls_is_not_used_in_the_clear(world: MailWorld) -> None:
    for security in ("starttls", "tls"):
        out = SmtpTransport(world.host, world.port, security, timeout=2)
        with pytest.raises(MailUnavailableError):
            out.send(introduction(), sender=OWN, recipients=EVERYBODY)
    assert world.deliveries == []


def test_a_server_that_takes_no_log_in_is_not_used(world: MailWorld) -> None:
    out = SmtpTransport(world.host, world.port, username="baton", password="secret")
    with pytest.raises(MailUnavailableError, match="BATON_SMTP") as caught:
        out.send(introduction(), sender=OWN, recipients=EVERYBODY)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["jana@alder.example>\r\nRCPT TO:<eve@there.example", "j\u00e1na@alder.example", "jana"],
)
def test_an_address_that_is_none_is_refused(world: MailWorld, address: str) -> None:
    with pytest.raises(MailRefusedError):
        transport(world).send(introduction(), sender=OWN, recipients=[address])
    assert world.deliveries == []


@contextmanager
def scripted(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that says what the script says, to one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def up_to_the_end_of_data(connection: socket.socket) -> None:
    lines = connection.makefile("rb")
    connection.sendall(b"220 hello\r\n")
    for _ in range(5):  # EHLO, MAIL, three RCPT
        lines.readline()
        connection.sendall(b"250 OK\r\n")
    assert lines.readline().upper() == b"DATA\r\n"
    connection.sendall(b"354 go ahead\r\n")
    while lines.readline() != b".\r\n":
        pass


def test_a_connection_lost_after_the_whole_message_is_in_doubt() -> None:
    with scripted(up_to_the_end_of_data) as port:
        out = SmtpTransport("127.0.0.1", port, timeout=5)
        with pytest.raises(InDoubtError):
            out.send(introduction(), sender=OWN, recipients=EVERYBODY)


@pytest.mark.parametrize(
    ("answer", "error"), [(b"554 no\r\n", MailRefusedError), (b"451 no\r\n", MailUnavailableError)]
)
def test_an_answer_after_the_whole_message_counts(answer: bytes, error: type[Exception]) -> None:
    def talk(connection: socket.socket) -> None:
        up_to_the_end_of_data(connection)
        connection.sendall(answer)

    with scripted(talk) as port:
        out = SmtpTransport("127.0.0.1", port, timeout=5)
        with pytest.raises(error):
            out.send(introduction(), sender=OWN, recipients=EVERYBODY)


def test_a_connection_lost_before_the_message_is_only_unavailable() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        connection.recv(100)

    with scripted(talk) as port:
        out = SmtpTransport("127.0.0.1", port, timeout=5)
        with pytest.raises(MailUnavailableError):
            out.send(introduction(), sender=OWN, recipients=EVERYBODY)


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        out = SmtpTransport("127.0.0.1", listener.getsockname()[1], timeout=0.2)
        with pytest.raises(MailUnavailableError):
            out.send(introduction(), sender=OWN, recipients=EVERYBODY)


def ids(world: MailWorld) -> list[str]:
    return [d.message_id for d in world.deliveries if d.recipient == EVERYBODY[0]]


def numbered(number: int) -> bytes:
    return b"Message-ID: <%d@seller.example>\r\n\r\nHello\r\n" % number


def expected(count: int) -> list[str]:
    return [f"<{number}@seller.example>" for number in range(count)]


def test_mails_that_follow_soon_share_a_connection(out: SmtpTransport, world: MailWorld) -> None:
    for number in range(5):
        out.send(numbered(number), sender=OWN, recipients=EVERYBODY)
    assert ids(world) == expected(5)
    assert world.connections == 1


def test_a_refusal_leaves_nothing_behind_on_the_connection(
    out: SmtpTransport, world: MailWorld
) -> None:
    world.refuse("ana@seller.example", 550, times=1)
    out.send(numbered(0), sender=OWN, recipients=EVERYBODY[:1])
    with pytest.raises(MailRefusedError):
        out.send(numbered(9), sender=OWN, recipients=EVERYBODY)
    out.send(numbered(1), sender=OWN, recipients=EVERYBODY[:1])
    assert [d.recipient for d in world.deliveries] == EVERYBODY[:1] * 2
    assert ids(world) == expected(2)
    assert world.connections == 1


def test_a_connection_that_the_server_dropped_is_opened_again_and_no_mail_is_lost_or_repeated(
    out: SmtpTransport, world: MailWorld
) -> None:
    for number in range(4):
        out.send(numbered(number), sender=OWN, recipients=EVERYBODY)
        world.drop_connections()
    assert ids(world) == expected(4)
    assert world.connections == 4


def test_a_server_that_was_restarted_gets_the_next_mail(
    out: SmtpTransport, world: MailWorld
) -> None:
    out.send(numbered(0), sender=OWN, recipients=EVERYBODY)
    world.stop()
    with pytest.raises(MailUnavailableError):
        out.send(numbered(1), sender=OWN, recipients=EVERYBODY)
    world.start()
    out.send(numbered(1), sender=OWN, recipients=EVERYBODY)
    assert ids(world) == expected(2)


def test_a_lost_answer_on_a_used_connection_is_in_doubt_and_not_sent_again(
    out: SmtpTransport, world: MailWorld
) -> None:
    out.send(numbered(0), sender=OWN, recipients=EVERYBODY)
    world.lose_answers(1)
    with pytest.raises(InDoubtError):
        out.send(numbered(1), sender=OWN, recipients=EVERYBODY)
    assert ids(world) == expected(2)
    out.send(numbered(2), sender=OWN, recipients=EVERYBODY)
    assert ids(world) == expected(3)
    assert world.connections == 2


def test_an_idle_connection_is_ended(world: MailWorld) -> None:
    out = SmtpTransport(world.host, world.port, timeout=5, idle_seconds=0.1)
    out.send(numbered(0), sender=OWN, recipients=EVERYBODY)
    give_up_at = time.monotonic() + 10
    while world.open_connections and time.monotonic() < give_up_at:
        time.sleep(0.01)
    assert world.open_connections == 0
    out.send(numbered(1), sender=OWN, recipients=EVERYBODY)
    assert world.connections == 2


def test_a_connection_serves_so_many_mails_and_no_more(
    out: SmtpTransport, world: MailWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAILS", 3)
    for number in range(7):
        out.send(numbered(number), sender=OWN, recipients=EVERYBODY)
    assert ids(world) == expected(7)
    assert world.connections == 3


def test_threads_do_not_share_a_connection_at_the_same_time(
    out: SmtpTransport, world: MailWorld
) -> None:
    def send_some(first: int) -> None:
        for number in range(first, first + 10):
            out.send(numbered(number), sender=OWN, recipients=EVERYBODY)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send_some, range(0, 40, 10)))
    assert sorted(ids(world)) == sorted(expected(40))
    assert 1 <= world.connections <= 4


@pytest.mark.parametrize("code", [b"421 too many", b"452 too many", b"550 no more"])
def test_a_used_connection_that_takes_no_more_is_given_up_for_a_new_one(code: bytes) -> None:
    taken: list[bytes] = []

    def talk(connection: socket.socket, *, mails: int) -> None:
        lines = connection.makefile("rb")
        connection.sendall(b"220 hello\r\n")
        while line := lines.readline():
            word = line[:4].upper()
            if word == b"MAIL" and mails == 0:
                connection.sendall(code + b"\r\n")
                continue
            if word == b"DATA":
                connection.sendall(b"354 go ahead\r\n")
                while (part := lines.readline()) != b".\r\n":
                    taken.append(part)
                mails -= 1
            connection.sendall(b"221 bye\r\n" if word == b"QUIT" else b"250 OK\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    talk(connection, mails=1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        out = SmtpTransport("127.0.0.1", listener.getsockname()[1], timeout=5)
        for number in range(2):
            out.send(b"%d\r\n" % number, sender=OWN, recipients=[OWN])
        out.close()
        thread.join(5)
    assert taken == [b"0\r\n", b"1\r\n"]
