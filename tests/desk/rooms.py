"""A runtime on the test's database, whose neighbours are never called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from baton.adapters.mail.maildir import MaildirMailbox
from baton.adapters.mail.smtp import SmtpTransport
from baton.domain.clock import SetClock
from baton.runtime import Runtime
from baton.testing import runtime as testing
from tests.desk.stories import NOW, RULES

TOKEN = "token-of-the-tests"


def make_runtime(database: Engine, home: Path, **settings: Any) -> Runtime:
    return testing.make_runtime(
        database,
        SetClock(NOW),
        RULES,
        transport=SmtpTransport("127.0.0.1", 1),
        mailbox=MaildirMailbox.make(home / "mailbox"),
        home=home,
        **settings,
    )
