"""Postfix and Dovecot as Debian ships them, each as an instance of its own in a folder.

Postfix takes mail from who logs in over STARTTLS, and delivers everything for `*.example` into
Maildirs, which Dovecot serves by IMAP over TLS. Both show a certificate of a CA made here. What is
for `cyrus.example` goes to Cyrus instead, where that runs: see `cyrus.py`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from baton.demo.ports import free_port

PASSWORD = "the-password-of-every-mailbox"
PARTS = (
    "/usr/sbin/postfix",
    "/usr/sbin/dovecot",
    "/usr/lib/dovecot/imap",
    "/usr/lib/dovecot/dovecot-lda",
)
WAIT_SECONDS = 20

MAIN_CF = """\
compatibility_level = 3.6
mail_owner = postfix
setgid_group = postdrop
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/postfix.log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example
mydestination =
local_recipient_maps =
alias_maps =
recipient_delimiter = +
smtpd_tls_cert_file = {home}/server.pem
smtpd_tls_key_file = {home}/server.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {home}/auth/smtp
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_reject_unlisted_recipient = yes
virtual_mailbox_domains = regexp:{home}/domains
virtual_mailbox_maps = regexp:{home}/mailboxes
virtual_transport = dovecot
transport_maps = regexp:{home}/transports
dovecot_destination_recipient_limit = 1
"""

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{neighbours_port} inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=no -o smtpd_recipient_restrictions=permit_mynetworks,reject
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
dovecot unix - n n - - pipe
  flags=DRh user=mail argv=/usr/lib/dovecot/dovecot-lda
  -c {home}/dovecot.conf -f ${{sender}} -d ${{user}}@${{domain}}
lmtp unix - - n - - lmtp
smtp unix - - n - - smtp
error unix - - n - - error
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
"""

# Nobody is called `gone`; everybody else has a mailbox, whatever stands behind the plus.
MAILBOXES = """\
if !/^gone@/
/@/ there
endif
"""

DOVECOT_CONF = """\
base_dir = {home}/dovecot
state_dir = {home}/dovecot-state
log_path = {home}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.pem
disable_plaintext_auth = yes
auth_mechanisms = plain login
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
mail_location = maildir:{home}/mail/%d/%n
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%d/%n
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener {home}/auth/smtp {{
    mode = 0666
  }}
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class MailServers:
    """Both servers, running.

    Attributes:
        home: Their folder; `postfix.log` and `dovecot.log` are in it.
        smtp_port: Postfix, STARTTLS and login wanted.
        neighbours_port: Postfix for servers on this machine, who need no login.
        imaps_port: Dovecot over TLS.
        imap_port: Dovecot with STARTTLS.
        authority: The CA's certificate as a PEM file.
    """

    home: Path
    smtp_port: int
    neighbours_port: int
    imaps_port: int
    imap_port: int
    authority: Path

    @property
    def lmtp_socket(self) -> Path:
        """Where Postfix hands over what is for Cyrus."""
        return self.home / "cyrus-lmtp"

    def mailbox(self, address: str) -> str:
        """Return what `BATON_MAILBOX` says for the inbox of an address."""
        return f"imaps://{address.replace('@', '%40')}@localhost:{self.imaps_port}/INBOX"


def missing_parts() -> list[str]:
    """Return what would have to be installed: programs, or the rights of root."""
    found = [part for part in PARTS if not Path(part).exists()]
    return found if os.geteuid() == 0 else [*found, "root"]


@contextmanager
def mail_servers(home: Path) -> Iterator[MailServers]:
    """Run both while the block runs; `home` must be a folder that every user may enter."""
    ports = (free_port(), free_port(), free_port(), free_port())
    made = MailServers(home, *ports, home / "authority.pem")
    _write(made)
    dovecot = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(home / "dovecot.conf")])
    postfix = ["/usr/sbin/postfix", "-c", str(home / "postfix")]
    try:
        await_true((home / "auth" / "smtp").is_socket, home / "dovecot.log")
        subprocess.run([*postfix, "start"], check=True, capture_output=True)
        await_true(lambda: answers(made.smtp_port), home / "postfix.log")
        yield made
    finally:
        subprocess.run([*postfix, "stop"], check=False, capture_output=True)
        dovecot.terminate()
        dovecot.wait()


def _write(made: MailServers) -> None:
    home, owner = made.home, pwd.getpwnam("mail")
    for folder in ("queue", "data", "postfix", "mail", "auth", "dovecot", "dovecot-state"):
        (home / folder).mkdir(parents=True)
    shutil.chown(home / "data", "postfix", "postfix")
    shutil.chown(home / "mail", owner.pw_uid, owner.pw_gid)
    # The delivering process writes there too.
    (home / "dovecot.log").touch()
    shutil.chown(home / "dovecot.log", owner.pw_uid, owner.pw_gid)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(made.authority)
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        home / "server.pem"
    )
    values = {
        "home": home,
        "uid": owner.pw_uid,
        "gid": owner.pw_gid,
        "password": PASSWORD,
        "port": made.imaps_port,
        "starttls_port": made.imap_port,
    }
    (home / "postfix" / "main.cf").write_text(MAIN_CF.format(**values))
    (home / "postfix" / "master.cf").write_text(
        MASTER_CF.format(home=home, port=made.smtp_port, neighbours_port=made.neighbours_port)
    )
    (home / "dovecot.conf").write_text(DOVECOT_CONF.format(**values))
    (home / "domains").write_text("/\\.example$/ there\n")
    (home / "mailboxes").write_text(MAILBOXES)
    to_cyrus = f"/@cyrus\\.example$/ lmtp:unix:{made.lmtp_socket}\n"
    (home / "transports").write_text(to_cyrus)


def await_true(holds: Callable[[], bool], log: Path) -> None:
    """Return once it holds; fail with what the log says if it does not within some seconds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8") if log.exists() else "nothing"
            raise TimeoutError(f"{log.stem} did not start: {said}")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Whether somebody listens on this port of the loopback interface."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
