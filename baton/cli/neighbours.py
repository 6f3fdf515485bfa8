"""Whether the neighbours answer: Prefect, the mail server, the mailbox. Nothing is sent or read."""

from __future__ import annotations

import smtplib
import ssl
from importlib.metadata import version

import httpx
from dkim.dnsplug import get_txt

from baton.adapters.mail.port import Mailbox
from baton.adapters.mail.several import Mailboxes
from baton.adapters.mail.signing import LookUp
from baton.errors import EngineUnavailableError, MailUnavailableError, SettingsError
from baton.runtime import signer_of
from baton.settings import Settings

PATIENCE_SECONDS = 5


def prefect_version(api_url: str) -> str:
    """Return the version of the Prefect server at this address.

    Raises:
        EngineUnavailableError: It does not answer as a Prefect server does.
    """
    try:
        answer = httpx.get(
            f"{api_url}/admin/version", timeout=PATIENCE_SECONDS, trust_env=False
        ).raise_for_status()
        return str(answer.json())
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise EngineUnavailableError(
            f"No Prefect server answers at {httpx.URL(api_url).host}: {type(error).__name__}."
        ) from error


def smtp_greeting(settings: Settings) -> str:
    """Connect to the outgoing mail server as a sender would, and leave again.

    Returns:
        What it is and how the connection is protected, for people.

    Raises:
        MailUnavailableError: It is not reached, or refuses the protection or the login.
        SettingsError: It asks for a login and the settings have none, or a wrong one.
    """
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        with _connected(settings) as server:
            server.ehlo_or_helo_if_needed()
            _log_in(server, settings)
    except smtplib.SMTPAuthenticationError as error:
        raise SettingsError(
            f"The mail server at {where} refuses the login; "
            "mend BATON_SMTP_USERNAME and BATON_SMTP_PASSWORD."
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailUnavailableError(
            f"The mail server at {where} does not take our mail: {type(error).__name__}. "
            "Start it, or mend BATON_SMTP_HOST, BATON_SMTP_PORT and BATON_SMTP_SECURITY."
        ) from error
    return f"{where}, protection: {settings.smtp_security}"


def _connected(settings: Settings) -> smtplib.SMTP:
    at = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(*at, timeout=PATIENCE_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(*at, timeout=PATIENCE_SECONDS)
    if settings.smtp_security == "starttls":
        server.starttls(context=ssl.create_default_context())
    return server


def _log_in(server: smtplib.SMTP, settings: Settings) -> None:
    if settings.smtp_username is not None and settings.smtp_password is not None:
        server.login(settings.smtp_username, settings.smtp_password.get_secret_value())


def mailbox_answers(mailbox: Mailbox) -> str:
    """Look into the mailbox, or into each of several; nothing is taken out of them.

    Raises:
        MailUnavailableError: One cannot be reached.
    """
    boxes = mailbox.boxes.values() if isinstance(mailbox, Mailboxes) else [mailbox]
    waiting = [next(iter(box.fetch()), None) is not None for box in boxes]
    reached = "reached" if len(waiting) == 1 else f"all {len(waiting)} reached"
    return f"{reached}, mail is waiting" if any(waiting) else f"{reached}, nothing new"


def signing(settings: Settings, look_up: LookUp = get_txt) -> str:
    """Say whether Baton signs its mails, and make sure that receivers find the key.

    Raises:
        SettingsError: The key cannot be used, or receivers find none or another one.
        MailUnavailableError: The DNS does not answer.
    """
    signer = signer_of(settings)
    if signer is None:
        return "not signed by Baton; the mail server may do it"
    signer.require_published(look_up)
    return f"signed for {signer.domain}; receivers find the key"


def versions() -> dict[str, str]:
    """Return the versions of Baton and of what it stands on."""
    names = ("baton-handoff", "prefect", "great_expectations", "sqlalchemy", "pydantic", "fastapi")
    return {name: version(name) for name in names}
