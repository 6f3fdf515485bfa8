"""The composition root: settings become a database, a clock and the neighbours.

A process has one runtime. Stages, pages and commands take what they need from it and build
nothing themselves; tests and the demo put another one in its place.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.adapters.crm.port import Crm
from baton.adapters.enrichment.firmographics import Firmographics
from baton.adapters.mail.opening import open_mailboxes
from baton.adapters.mail.port import Mailbox, MailTransport
from baton.adapters.mail.signing import Signer, SigningTransport, open_signer
from baton.adapters.mail.smtp import SmtpTransport
from baton.adapters.quality.gate import QualityGates
from baton.domain.clock import Clock, SystemClock
from baton.errors import SettingsError
from baton.messages.rendering import Messages
from baton.settings import Settings, load_settings
from baton.store.crm import LocalCrm
from baton.store.database import connect, create_database, migrate, start_embedded

DATABASE_NAME = "baton"
# The API, the inbox, the sweep and the command line beside the hand-offs that run.
OTHER_CONNECTIONS = 14


@dataclass(frozen=True)
class Runtime:
    """Everything that the product's functions need, made once a process."""

    settings: Settings
    database: Engine
    clock: Clock
    crm: Crm
    transport: MailTransport
    mailbox: Mailbox
    messages: Messages
    gates: QualityGates
    firmographics: Firmographics

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session; commit it if the block succeeds, roll it back if it does not."""
        with Session(self.database) as session, session.begin():
            yield session

    @contextmanager
    def look(self) -> Iterator[Session]:
        """Give a session to read with: each statement sees what is committed, and locks nothing."""
        reading = self.database.execution_options(isolation_level="AUTOCOMMIT")
        with Session(reading) as session:
            yield session

    @property
    def base_url(self) -> str:
        """Where our people reach the API; for links in mails to them."""
        if self.settings.public_url is not None:
            return self.settings.public_url.rstrip("/")
        return f"http://{self.settings.api_host}:{self.settings.api_port}"


def database_url(settings: Settings) -> str:
    """Return the URL of Baton's database; start the embedded server if none is set."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    server = start_embedded(settings.home.resolve() / "postgres")
    return create_database(server, DATABASE_NAME)


def has_database(settings: Settings) -> bool:
    """Whether a database is set, or the embedded one has been made before."""
    return settings.database_url is not None or (settings.home / "postgres").is_dir()


def connections_for(worker_limit: int) -> int:
    """Return how many database connections a process needs that runs so many hand-offs at once."""
    return 2 * worker_limit + OTHER_CONNECTIONS


def build(settings: Settings, clock: Clock | None = None) -> Runtime:
    """Put the parts together; nothing is started but the embedded database.

    Raises:
        DatabaseUnavailableError: PostgreSQL does not answer.
        SettingsError: The mailbox's address cannot be understood, or mails cannot be signed with
            the key that is set.
    """
    transport = transport_of(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = connect(database_url(settings), connections=connections_for(settings.worker_limit))
    migrate(engine)
    return Runtime(
        settings=settings,
        database=engine,
        clock=clock or SystemClock(),
        crm=LocalCrm(engine),
        transport=transport,
        mailbox=mailbox_of(settings),
        messages=Messages(settings.rules / "messages"),
        gates=QualityGates(settings.rules / "quality"),
        firmographics=_firmographics(settings.firmographics),
    )


def mailbox_of(settings: Settings) -> Mailbox:
    """Return Baton's mailbox; a server is not asked before the first fetch.

    Raises:
        SettingsError: Its address cannot be understood.
    """
    return open_mailboxes(
        settings.mailbox or f"maildir:{settings.home.resolve() / 'mailbox'}",
        settings.mailbox_password.get_secret_value() if settings.mailbox_password else None,
        settings.passwords_by_mailbox,
    )


def signer_of(settings: Settings) -> Signer | None:
    """Return what signs our mails; None if nothing is set.

    Raises:
        SettingsError: The key cannot be used, or key and selector are not both set.
    """
    if settings.dkim_key is None and settings.dkim_selector is None:
        return None
    if settings.dkim_key is None or settings.dkim_selector is None:
        raise SettingsError(
            "BATON_DKIM_KEY and BATON_DKIM_SELECTOR belong together; set both, or neither."
        )
    domain = settings.dkim_domain or settings.mail_address.rpartition("@")[2]
    encoded = domain.lower().encode("idna").decode()
    return open_signer(settings.dkim_key, settings.dkim_selector, encoded)


def transport_of(settings: Settings) -> MailTransport:
    """Return what takes our mails, signing them if a key is set; nothing is connected yet.

    Raises:
        SettingsError: Mails cannot be signed with the key that is set.
    """
    transport = SmtpTransport(
        settings.smtp_host,
        settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
    )
    signer = signer_of(settings)
    return SigningTransport(transport, signer) if signer else transport


def _firmographics(path: Path | None) -> Firmographics:
    return Firmographics.load(path) if path else Firmographics({})


_lock = threading.Lock()
_current: list[Runtime] = []


def current() -> Runtime:
    """Return this process's runtime; the first call builds it from the settings."""
    with _lock:
        if not _current:
            _current.append(build(load_settings()))
        return _current[0]


def use(runtime: Runtime | None) -> None:
    """Make `runtime` this process's one; None forgets it, and the next call builds anew."""
    with _lock:
        _current[:] = [runtime] if runtime else []
