"""Which mail server and calendars the demo uses: its own, or those that settings name."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from baton.adapters.mail.opening import open_mailbox
from baton.adapters.mail.port import Mailbox
from baton.domain.rep import Role
from baton.errors import SettingsError
from baton.settings import Settings

ADDRESS = "{address}"
_TOGETHER = ("smtp_host", "mailbox", "people_mailbox", "people_password")


class DemoSettings(Settings):
    """Every setting of an installation, for the demo, and what its people need.

    They have a prefix and a file of their own, so that a demo never reaches the servers that
    `BATON_...` and `baton.env` name: its leads are invented, and so is its clock.
    """

    model_config = SettingsConfigDict(env_prefix="BATON_DEMO_", env_file="baton-demo.env")

    people_mailbox: str | None = Field(
        None,
        description="Where the mail of an invented person arrives, as BATON_DEMO_MAILBOX says it, "
        "with {address} for theirs; without it, the demo brings a mail server of its own.",
    )
    people_password: SecretStr | None = Field(
        None, description="Password of all of them, to read and to send."
    )
    calendar: str | None = Field(
        None,
        description="The calendar of an AE, as the reps' file names it, with {address} for theirs.",
    )

    @property
    def has_mail_server(self) -> bool:
        """Whether a mail server is named; the demo then brings none.

        Raises:
            SettingsError: Something that belongs to it is missing.
        """
        given = [name for name in _TOGETHER if name in self.model_fields_set]
        missing = [name for name in _TOGETHER if name not in given]
        if not given:
            return False
        if missing:
            names = " and ".join(f"BATON_DEMO_{name.upper()}" for name in missing)
            raise SettingsError(f"To play on a mail server of yours, the demo needs {names}, too.")
        if ADDRESS not in (self.people_mailbox or ""):
            raise SettingsError(
                "BATON_DEMO_PEOPLE_MAILBOX must say where a person's address stands: "
                "imaps://{address}@host/INBOX."
            )
        return True

    def mailbox_of(self, address: str) -> Mailbox:
        """Return the mailbox of an invented person.

        Raises:
            SettingsError: Its address cannot be used.
        """
        password = self.people_password.get_secret_value() if self.people_password else None
        theirs = quote(address, safe="@")
        return open_mailbox((self.people_mailbox or "").replace(ADDRESS, theirs), password)


def with_calendars(reps: Path, calendar: str, target: Path) -> Path:
    """Return a copy of the reps' file in which each AE has a calendar.

    Args:
        reps: CSV of reps, without the column `calendar`.
        calendar: A calendar's address, with `{address}` for the rep's.
        target: Where the copy is written.
    """
    with reps.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns: Sequence[str] = [*rows[0], "calendar"]
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in rows:
            theirs = calendar.replace(ADDRESS, row["email"]) if row["role"] == Role.AE else ""
            writer.writerow({**row, "calendar": theirs})
    return target
