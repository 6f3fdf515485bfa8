from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

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
    transport(world).send(content or introduction(), sender=OWN, recipients=EVERYBODY)


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
