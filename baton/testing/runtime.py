"""A runtime on a test's database, whose neighbours live in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from baton.adapters.crm.port import Crm
from baton.adapters.enrichment.firmographics import Firmographics
from baton.adapters.mail.port import Mailbox, MailTransport
from baton.adapters.quality.gate import QualityGates
from baton.domain.clock import Clock
from baton.messages.rendering import Messages
from baton.runtime import Runtime
from baton.settings import Settings
from baton.store.crm import LocalCrm
from baton.testing.mail_fakes import FakeMailbox, FakeTransport


def make_runtime(
    engine: Engine,
    clock: Clock,
    rules: Path = Path("rules"),
    *,
    transport: MailTransport | None = None,
    mailbox: Mailbox | None = None,
    crm: Crm | None = None,
    firmographics: Firmographics | None = None,
    **settings: Any,
) -> Runtime:
    """Return a runtime that reaches nothing outside this process but the database.

    Args:
        engine: A migrated database.
        clock: The time.
        rules: A rules folder with messages and quality gates.
        transport: Takes mail; without it, one in memory that takes everything.
        mailbox: Gives mail; without it, an empty one in memory.
        crm: The CRM; without it, the local one in the same database.
        firmographics: Companies by domain; none unless given.
        settings: Fields of `Settings`; ports unless given are ones where nothing answers.
    """
    chosen: dict[str, Any] = {"rules": rules, "smtp_port": 1, "prefect_port": 1} | settings
    return Runtime(
        settings=Settings(**chosen),
        database=engine,
        clock=clock,
        crm=crm or LocalCrm(engine),
        transport=transport or FakeTransport(),
        mailbox=mailbox or FakeMailbox(),
        messages=Messages(rules / "messages"),
        gates=QualityGates(rules / "quality"),
        firmographics=firmographics or Firmographics({}),
    )
