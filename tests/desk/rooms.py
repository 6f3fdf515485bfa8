"""A runtime on the test's database, whose neighbours are never called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from baton.adapters.enrichment.firmographics import Firmographics
from baton.adapters.mail.maildir import MaildirMailbox
from baton.adapters.mail.smtp import SmtpTransport
from baton.adapters.quality.gate import QualityGates
from baton.domain.clock import SetClock
from baton.messages.rendering import Messages
from baton.runtime import Runtime
from baton.settings import Settings
from baton.store.crm import LocalCrm
from tests.desk.stories import NOW

TOKEN = "token-of-the-tests"
RULES = Path(__file__).parents[2] / "rules"


def make_runtime(database: Engine, home: Path, **settings: Any) -> Runtime:
    chosen = Settings(home=home, rules=RULES, smtp_port=1, prefect_port=1, **settings)
    return Runtime(
        settings=chosen,
        database=database,
        clock=SetClock(NOW),
        crm=LocalCrm(database),
        transport=SmtpTransport("127.0.0.1", 1),
        mailbox=MaildirMailbox.make(home / "mailbox"),
        messages=Messages(RULES / "messages"),
        gates=QualityGates(RULES / "quality"),
        firmographics=Firmographics({}),
    )
