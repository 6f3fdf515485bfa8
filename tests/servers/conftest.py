"""Postfix, Dovecot and Cyrus for the tests of this folder, started once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.servers.cyrus import Cyrus, cyrus
from tests.servers.cyrus import root as cyrus_root
from tests.servers.debian import MailServers, mail_servers, missing_parts


@pytest.fixture(scope="package")
def servers() -> Iterator[MailServers]:
    """Both servers; skipped where they are not installed, but not in CI."""
    missing = missing_parts()
    if missing:
        skip(f"not there: {', '.join(missing)} (Debian: apt install postfix dovecot-imapd)")
    with tempfile.TemporaryDirectory(prefix="baton-servers-") as folder:
        Path(folder).chmod(0o755)
        with mail_servers(Path(folder) / "servers") as made:
            yield made


@pytest.fixture(scope="package")
def cyrus_server(servers: MailServers) -> Iterator[Cyrus]:
    """Cyrus beside them; skipped where it is not there, but not in CI."""
    root = cyrus_root()
    if root is None:
        skip("not there: Cyrus with its CalDAV (Debian: as root, .ci/servers unpacks it)")
    with cyrus(servers, root) as made:
        yield made


def skip(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture
def trusted(servers: MailServers, monkeypatch: pytest.MonkeyPatch) -> MailServers:
    """The servers, whose CA is one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(servers.authority))
    return servers
