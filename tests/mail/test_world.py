from __future__ import annotations

import smtplib
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from baton.adapters.calendar.replies import parse_reply
from baton.adapters.mail.smtp import SmtpTransport
from baton.domain.clock import SetClock
from baton.domain.meeting import Attendance
from baton.errors import InputError, SettingsError
from baton.testing.mail import (
    MailWorld,
    calendar_of,
    calendar_reply_mail,
    recipients_of,
    reply_mail,
)
from tests.mail.messages import ANA, AT, JANA, OWN, SENT_ID, TRACKING, introduction
from tests.mail.test_reading import invite


def test_plus_addresses_arrive_at_the_base_address(tmp_path: Path) -> None:
    with MailWorld(tmp_path) as world:
        SmtpTransport(world.host, world.port).send(
            introduction(), sender=OWN, recipients=[TRACKING.upper()]
        )
        (received,) = world.mailbox(OWN).fetch()
    assert b"Delivered-To: HANDOFFS+7C1E@SELLER.EXAMPLE\r\n" in received.content
    assert b"Return-Path: <handoffs@seller.example>\r\n" in received.content


def test_deliveries_are_logged_by_the_worlds_clock(tmp_path: Path) -> None:
    clock = SetClock(datetime(2025, 6, 1, tzinfo=UTC))
    with MailWorld(tmp_path, clock=clock) as world:
        out = SmtpTransport(world.host, world.port)
        out.send(introduction(), sender=OWN, recipients=["jana@alder.example"])
        later = clock.advance(timedelta(days=3))
        out.send(introduction(), sender=OWN, recipients=["Ana@seller.example"])
        found = [(d.recipient, d.message_id, d.at) for d in world.deliveries]
    assert found == [
        ("jana@alder.example", SENT_ID, datetime(2025, 6, 1, tzinfo=UTC)),
        ("ana@seller.example", SENT_ID, later),
    ]


def test_an_address_cannot_leave_the_worlds_folder(tmp_path: Path) -> None:
    world = MailWorld(tmp_path / "world")
    for address in ("../../x@y.example", "..@..", "/etc/x@y.example"):
        assert world.maildir(address).parent == tmp_path / "world"


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=str(port)):
            MailWorld(tmp_path, port=port).start()


def test_starting_and_stopping_twice_is_once(tmp_path: Path) -> None:
    world = MailWorld(tmp_path)
    world.start()
    port = world.port
    world.start()
    assert world.port == port
    world.stop()
    world.stop()
    with pytest.raises(OSError, match="refused"):
        smtplib.SMTP("127.0.0.1", port, timeout=1)


def test_an_answer_goes_to_reply_to_and_everybody_but_oneself() -> None:
    answer = reply_mail(introduction(), sender=ANA, text="Hello Jana", at=AT)
    assert recipients_of(answer) == ("sam@seller.example", TRACKING, JANA[1])
    alone = reply_mail(introduction(), sender=ANA, text="Hello", at=AT, to_all=False)
    assert recipients_of(alone) == ("sam@seller.example", TRACKING)


def test_a_calendar_program_answers_the_organizer() -> None:
    answer = calendar_reply_mail(invite(), sender=JANA, attendance=Attendance.ACCEPTED, at=AT)
    assert recipients_of(answer) == (TRACKING,)
    reply = calendar_of(answer)
    assert reply is not None
    found = parse_reply(reply)
    assert found is not None
    assert (found.email, found.reply) == (JANA[1], Attendance.ACCEPTED)


def test_a_mail_without_a_calendar_cannot_be_accepted() -> None:
    with pytest.raises(InputError):
        calendar_reply_mail(introduction(), sender=JANA, attendance=Attendance.ACCEPTED, at=AT)
