"""Cyrus as Debian ships it, for calendars and iMIP: an instance of its own in a folder.

Everybody at `cyrus.example` has a mailbox and a calendar. Postfix delivers by LMTP, and a Sieve
script puts what is in invites into the calendar. Who answers there has a REPLY mailed by Cyrus.

Debian's `cyrus-imapd` cannot be installed beside `dovecot-imapd`, so `.ci/servers` unpacks it.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from baton.demo.ports import free_port
from tests.servers.debian import PASSWORD, MailServers, answers, await_true

DOMAIN = "cyrus.example"
# Installed, or unpacked by `.ci/servers`.
ROOTS = (Path("/"), Path("/opt/cyrus-imapd"))
BIN = "usr/lib/cyrus/bin"
PARTS = (*(f"{BIN}/{name}" for name in ("master", "httpd", "lmtpd")), "usr/sbin/saslpasswd2")
OWNER = "mail"

IMAPD_CONF = """\
configdirectory: {home}/config
partition-default: {home}/spool
defaultpartition: default
sievedir: {home}/sieve
sieveusehomedir: no
cyrus_user: {owner}
cyrus_group: {owner}
admins: nobody
servername: {domain}
virtdomains: off
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {home}/passwords
sasl_mech_list: PLAIN
allowplaintext: yes
httpmodules: caldav
caldav_allowscheduling: on
calendar_user_address_set: {domain}
autocreate_users: anyone
autocreate_post: yes
autocreate_quota: 0
autocreate_sieve_script: {home}/invites.sieve
autocreate_sieve_script_compile: yes
smtp_backend: host
smtp_host: 127.0.0.1:{smtp_port}
proc_path: {home}/run/proc
mboxname_lockpath: {home}/run/lock
idlesocket: {home}/run/idle
"""

CYRUS_CONF = """\
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {home}/imapd.conf -r"
}}
SERVICES {{
  http cmd="{bin}/httpd -C {home}/imapd.conf" listen="127.0.0.1:{http_port}" prefork=0
  lmtp cmd="{bin}/lmtpd -C {home}/imapd.conf" listen="{lmtp_socket}" prefork=0
}}
EVENTS {{
}}
"""

INVITES_SIEVE = """\
require ["body", "vnd.cyrus.imip"];
if body :content "text/calendar" :contains "METHOD:" {
  processimip :deletecanceled;
}
"""


@dataclass(frozen=True, slots=True)
class Cyrus:
    """The server, running.

    Attributes:
        home: Its folder.
        root: Where Debian's files are.
        http_port: CalDAV, without TLS.
        lmtp_socket: Where mail is delivered.
    """

    home: Path
    root: Path
    http_port: int
    lmtp_socket: Path

    def join(self, user: str) -> str:
        """Give somebody a mailbox and the password; return their mail address."""
        address = f"{user}@{DOMAIN}"
        options = ["-p", "-c", "-f", str(self.home / "passwords"), "-u", DOMAIN]
        subprocess.run(
            [self.root / "usr/sbin/saslpasswd2", *options, user],
            input=f"{PASSWORD}\n".encode(),
            env=environment(self.root),
            check=True,
        )
        shutil.chown(self.home / "passwords", OWNER, OWNER)
        with smtplib.LMTP(str(self.lmtp_socket)) as server:
            server.sendmail(
                f"postmaster@{DOMAIN}", [address], b"Subject: Welcome\r\n\r\nHello.\r\n"
            )
        return address

    def calendar(self, user: str) -> str:
        """Return the address of somebody's calendar, without a user's name in it."""
        return f"http://127.0.0.1:{self.http_port}/dav/calendars/user/{user}/Default/"


def root() -> Path | None:
    """Return where Cyrus's files are; None if it is not on this machine."""
    return next((one for one in ROOTS if all((one / part).exists() for part in PARTS)), None)


def environment(root: Path) -> dict[str, str]:
    """Return the environment in which programs below `root` find their libraries."""
    folders = [*root.glob("usr/lib/*-linux-gnu"), *root.glob("lib/*-linux-gnu")]
    return os.environ | {"LD_LIBRARY_PATH": ":".join(map(str, folders))}


@contextmanager
def cyrus(servers: MailServers, root: Path) -> Iterator[Cyrus]:
    """Run Cyrus beside the mail servers while the block runs."""
    home = servers.home / "cyrus"
    made = Cyrus(home, root, free_port(), servers.lmtp_socket)
    _write(made, servers)
    options = ("-C", "imapd.conf", "-M", "cyrus.conf", "-p", "run/master.pid")
    with (home / "master.log").open("wb") as log:
        master = subprocess.Popen(
            [root / BIN / "master", *(o if o[0] == "-" else str(home / o) for o in options)],
            env=environment(root),
            stdout=log,
            stderr=log,
        )
    try:
        await_true(lambda: answers(made.http_port), home / "master.log")
        await_true(made.lmtp_socket.is_socket, home / "master.log")
        yield made
    finally:
        master.terminate()
        master.wait()


def _write(made: Cyrus, servers: MailServers) -> None:
    home = made.home
    for folder in ("config", "spool", "sieve", "run"):
        (home / folder).mkdir(parents=True)
    values = {
        "home": home,
        "owner": OWNER,
        "domain": DOMAIN,
        "smtp_port": servers.neighbours_port,
        "http_port": made.http_port,
        "lmtp_socket": made.lmtp_socket,
        "bin": made.root / BIN,
    }
    (home / "imapd.conf").write_text(IMAPD_CONF.format(**values))
    (home / "cyrus.conf").write_text(CYRUS_CONF.format(**values))
    (home / "invites.sieve").write_text(INVITES_SIEVE)
    for path in (home, *home.iterdir()):
        shutil.chown(path, OWNER, OWNER)
