"""All settings in one object; read from the environment (`BATON_...`) and from `baton.env`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import EmailStr, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from baton.errors import SettingsError

PREFIX = "BATON_"
_POSTGRESQL = re.compile(
    r"postgres(ql)?(\+psycopg)?://([^@\s]*@)?(\[[^\]\s]*\]|[^@:/\s]*)(:\d+)?/[^/?\s]+(\?\S*)?"
)
_DOMAIN = re.compile(r"[^\s@*:/.]+(\.[^\s@*:/.]+)+")
AnySettings = TypeVar("AnySettings", bound="Settings")


class Settings(BaseSettings):
    """What an installation decides; every field has a default that works on one machine."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file="baton.env",
        env_ignore_empty=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    home: Path = Field(Path(".baton"), description="Folder for state: database, mail, tokens.")
    rules: Path = Field(Path("rules"), description="Folder with agreement.yaml and its texts.")
    database_url: SecretStr | None = Field(
        None, description="postgresql://... of your own PostgreSQL; without it, an embedded one."
    )
    prefect_api_url: str | None = Field(
        None, description="API of your own Prefect server; without it, an embedded one."
    )
    prefect_port: int = Field(4200, ge=1, le=65535, description="Port of the embedded Prefect.")
    api_host: str = Field("127.0.0.1", description="Address the HTTP API listens on.")
    api_port: int = Field(8765, ge=1, le=65535, description="Port the HTTP API listens on.")
    public_url: str | None = Field(
        None,
        pattern="^https?://",
        description="Where our people reach the API, for links in mails; without it, host and "
        "port. Mails to leads carry a link to unsubscribe only if it begins with https, and "
        "then the world must reach its path /unsubscribe.",
    )
    api_token: SecretStr | None = Field(
        None, description="Bearer token of the HTTP API; made and kept in the home if missing."
    )
    link_secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="Signs the links in mails to leads; made and kept in the home if missing.",
    )
    smtp_host: str = Field("127.0.0.1", description="Server that takes outgoing mail.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "none", description="How the connection to it is protected."
    )
    smtp_username: str | None = Field(None, description="User name, where it asks for one.")
    smtp_password: SecretStr | None = Field(None, description="Password, where it asks for one.")
    mailbox: str | None = Field(
        None,
        description="Where Baton's own mail arrives: maildir:/path or imaps://user@host/INBOX; "
        "several with commas between.",
    )
    mailbox_password: SecretStr | None = Field(None, description="Password of the mailbox.")
    mailbox_passwords: SecretStr | None = Field(
        None,
        description="Passwords of several mailboxes, where they differ: a JSON object, by address "
        "as it is in BATON_MAILBOX.",
    )
    mail_address: EmailStr = Field(
        "handoffs@baton.example",
        description="Baton's own address; it must accept plus-addresses (name+key@domain).",
    )
    mail_from: Literal["sdr", "own"] = Field(
        "sdr",
        description="Whose address stands in From of mails to leads: the SDR's, with Baton's as "
        "Sender, or Baton's own ('Sam Reed via Baton'), where the mail server or DMARC demands it.",
    )
    dkim_key: Path | None = Field(
        None,
        description="File with the RSA private key (PEM) that Baton signs its mails with, where "
        "no mail server on the way does; not signed, if not set.",
    )
    dkim_selector: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$",
        description="Name of that key: it is published at SELECTOR._domainkey.DOMAIN.",
    )
    dkim_domain: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        description="Domain that is signed for; without it, the one of BATON_MAIL_ADDRESS.",
    )
    mail_envelope: Literal["hand_off", "own"] = Field(
        "hand_off",
        description="Who the envelope says it is from, so where bounces go: the plus-address of "
        "the hand-off, by which every bounce finds it, or Baton's own address, where the mail "
        "server lets no other one send.",
    )
    mail_authserv: str | None = Field(
        None,
        description="The name under which the mail server that takes our mail in writes "
        "Authentication-Results (RFC 8601), such as mx.seller.example. If set, who opted out opts "
        "in again only by a mail whose From that server vouches for (dmarc=pass).",
    )
    mail_copy_seconds: int = Field(
        300,
        ge=0,
        description="How long Baton's own copy of a mail may take to arrive; after that, a mail "
        "that was under way in a crash and left no copy is sent again.",
    )
    mail_per_minute: int | None = Field(
        None, ge=1, description="How many mails a minute the mail server takes; any, if not set."
    )
    mail_per_minute_to: dict[str, Annotated[int, Field(ge=1)]] = Field(
        {},
        description="How many mails a minute a domain of recipients takes, as JSON: "
        '{"gmail.com": 30, "outlook.com": 20}; any to all others.',
    )
    crm_per_minute: int | None = Field(
        None, ge=1, description="How many writes a minute the CRM takes; any, if not set."
    )
    calendar_password: SecretStr | None = Field(
        None, description="Password of the user that reps' CalDAV addresses name."
    )
    calendar_passwords: dict[str, SecretStr] = Field(
        {},
        description='Other passwords by user@host or by host, as JSON: {"ida@cal.example": "..."}.',
    )
    google_key: Path | None = Field(
        None,
        description="File with a service account's key (JSON) that may act for the reps whose "
        "calendars are at Google (google:ida@seller.example); needs baton-handoff[google].",
    )
    google_api: str = Field(
        "https://www.googleapis.com/calendar/v3/",
        pattern="^https?://.+/$",
        description="Where Google's Calendar API is; another one for tests.",
    )
    microsoft_tenant: str | None = Field(
        None,
        pattern="^[A-Za-z0-9.-]+$",
        description="Directory (tenant) ID of the app that may read and write the calendars of "
        "reps at Microsoft 365 (microsoft:ida@seller.example); needs baton-handoff[microsoft].",
    )
    microsoft_client: str | None = Field(
        None, pattern="^[A-Za-z0-9-]+$", description="Application (client) ID of that app."
    )
    microsoft_secret: SecretStr | None = Field(
        None, min_length=1, description="Client secret of that app, its value."
    )
    microsoft_api: str = Field(
        "https://graph.microsoft.com/v1.0/",
        pattern="^https?://.+/$",
        description="Where Microsoft Graph is; another one for a national cloud.",
    )
    microsoft_login: str = Field(
        "https://login.microsoftonline.com/",
        pattern="^https://.+/$",
        description="Where its tokens are had; another one for a national cloud.",
    )
    firmographics: Path | None = Field(
        None, description="CSV of companies by domain: domain, name, industry, employees, ..."
    )
    default_country: str = Field(
        "US", pattern="^[A-Z]{2}$", description="Country of phone numbers without a prefix."
    )
    worker_limit: int = Field(
        8,
        ge=1,
        le=32,
        description="Hand-offs that run at the same time; each takes two connections at times.",
    )
    crm: Literal["local"] = Field("local", description="Which CRM is written to.")

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _POSTGRESQL.fullmatch(url.get_secret_value()):
            # Nothing of the address may be said: it holds the password.
            raise ValueError("must be of the form postgresql://user:password@host:port/database")
        return url

    @field_validator("mail_per_minute_to")
    @classmethod
    def _are_domains(cls, paces: dict[str, int]) -> dict[str, int]:
        wrong = [name for name in paces if not _DOMAIN.fullmatch(name)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no domain; write it like gmail.com")
        return {name.lower(): count for name, count in paces.items()}

    @field_validator("mailbox_passwords")
    @classmethod
    def _is_by_mailbox(cls, written: SecretStr | None) -> SecretStr | None:
        try:
            found = json.loads(written.get_secret_value()) if written else {}
        except ValueError:
            found = None
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            # Nothing of it may be said.
            raise ValueError('must be a JSON object such as {"imaps://user@host/INBOX": "..."}')
        return written

    @property
    def passwords_by_mailbox(self) -> dict[str, str]:
        """The passwords of `mailbox_passwords`, by the mailbox's address."""
        if self.mailbox_passwords is None:
            return {}
        found: dict[str, str] = json.loads(self.mailbox_passwords.get_secret_value())
        return found

    @property
    def rules_agreement(self) -> Path:
        """The agreement's file."""
        return self.rules / "agreement.yaml"


def load_settings(**overrides: object) -> Settings:
    """Read the settings.

    Args:
        overrides: Values that win over the environment, by field name.

    Raises:
        SettingsError: One or more settings are wrong; the message names each, never its value.
    """
    return read_settings(Settings, **overrides)


def read_settings(kind: type[AnySettings], **overrides: object) -> AnySettings:
    """Read settings of this kind, from the environment and the file that it names.

    Args:
        kind: `Settings`, or what adds to it.
        overrides: Values that win over the environment, by field name.

    Raises:
        SettingsError: One or more settings are wrong; the message names each, never its value.
    """
    try:
        return kind(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        prefix, file = kind.model_config["env_prefix"], kind.model_config["env_file"]
        lines = [
            f"  {prefix}{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError(
            "These settings cannot be used:\n"
            + "\n".join(lines)
            + f"\nMend them in the environment or in {file}; 'baton init' writes one."
        ) from error
