"""Postfix and Dovecot for the tests of this folder, started once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.debian import MailServers, mail_servers, missing_parts


@pytest.fixture(scope="package")
def servers() -> Iterator[MailServers]:
    """Both servers; skipped where they are not installed, but not in CI."""
    missing = missing_parts()
    if missing:
        said = f"not there: {', '.join(missing)} (Debian: apt install postfix dovecot-imapd)"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    with tempfile.TemporaryDirectory(prefix="baton-servers-") as folder:
        Path(folder).chmod(0o755)
        with mail_servers(Path(folder) / "servers") as made:
            yield made


@pytest.fixture
def trusted(servers: MailServers, monkeypatch: pytest.MonkeyPatch) -> MailServers:
    """The servers, whose CA is one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(servers.authority))
    return servers
