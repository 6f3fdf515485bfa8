"""The whole demo on Postfix, Dovecot and Radicale: its people read by IMAP and write by SMTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx
import pytest

from baton.adapters.mail.opening import open_mailbox
from baton.demo.server_post import require_empty
from baton.errors import InputError
from tests.calendar.servers import PASSWORD as CALENDAR_PASSWORD
from tests.calendar.servers import USER, CalDavRoom, caldav_room
from tests.servers.debian import PASSWORD, MailServers
from tests.servers.people import put

OWN = "handoffs@demo.example"
LEADS = 4
# The others are reached without one: by telephone, or by mail.
MEETINGS = 1
AES = ("ruth.calloway", "felix.arnhold", "carmen.duarte", "owen.bridger")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavRoom]:
    """A Radicale on which each AE of the demo has a calendar."""
    with caldav_room(tmp_path_factory.mktemp("radicale")) as made:
        for ae in AES:
            address = f"{made.folder}{ae}@baton.example/"
            answer = httpx.request("MKCALENDAR", address, auth=(USER, CALENDAR_PASSWORD))
            assert answer.status_code == 201, answer.text
        yield made


@pytest.fixture(scope="module")
def settings(servers: MailServers, room: CalDavRoom) -> dict[str, str]:
    """What `baton-demo.env` would say."""
    calendar = room.folder.replace("http://", f"caldav+http://{USER}@")
    return {
        "BATON_DEMO_MAIL_ADDRESS": OWN,
        "BATON_DEMO_SMTP_HOST": "localhost",
        "BATON_DEMO_SMTP_PORT": str(servers.smtp_port),
        "BATON_DEMO_SMTP_SECURITY": "starttls",
        "BATON_DEMO_SMTP_USERNAME": OWN,
        "BATON_DEMO_SMTP_PASSWORD": PASSWORD,
        "BATON_DEMO_MAILBOX": servers.mailbox(OWN),
        "BATON_DEMO_MAILBOX_PASSWORD": PASSWORD,
        "BATON_DEMO_PEOPLE_MAILBOX": f"imaps://{{address}}@localhost:{servers.imaps_port}/INBOX",
        "BATON_DEMO_PEOPLE_PASSWORD": PASSWORD,
        "BATON_DEMO_CALENDAR": f"{calendar}{{address}}/",
        "BATON_DEMO_CALENDAR_PASSWORD": CALENDAR_PASSWORD,
        "SSL_CERT_FILE": str(servers.authority),
    }


@pytest.fixture(scope="module")
def demo(settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("demo")
    command = ["demo", "--json", "--limit", str(LEADS), "--home", str(home)]
    done = subprocess.run(
        [sys.executable, "-m", "baton.cli.main", *command],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert not (home / "mailboxes").exists(), "the built-in mail server was there, too"
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def test_every_lead_reaches_sales(demo: dict[str, Any]) -> None:
    assert demo["imported"] == demo["handed_off"] == demo["transferred"] == LEADS


def test_every_mail_and_every_answer_went_through_postfix(
    demo: dict[str, Any], servers: MailServers
) -> None:
    log = (servers.home / "postfix.log").read_text(encoding="utf-8")
    written = [
        message_from_bytes(path.read_bytes()) for path in Path(demo["mail_folder"]).glob("*.eml")
    ]
    assert len(written) > demo["messages"] >= 4 * LEADS
    assert [mail["Message-ID"] for mail in written if mail["Message-ID"].strip() not in log] == []


def test_each_meeting_stands_in_its_aes_calendar(demo: dict[str, Any], room: CalDavRoom) -> None:
    names = Path(demo["mail_folder"]).glob("*.ics")
    assert len(list(names)) == demo["invites"] >= MEETINGS
    put = [path for method, path in room.door.changed if method == "PUT"]
    assert len(put) == MEETINGS
    assert all(any(f"/{ae}@" in path for ae in AES) for path in put)
    assert all("DTSTART" in room.read(f"{room.address}{path}") for path in put)


def test_a_mailbox_with_mail_in_it_is_not_played_with(trusted: MailServers) -> None:
    address = "somebody@demo.example"
    box = open_mailbox(trusted.mailbox(address), PASSWORD)
    require_empty(box)
    put(trusted, address, b"Subject: Of a real house\r\n\r\nHello.\r\n")
    with pytest.raises(InputError, match="unread mail"):
        require_empty(box)
