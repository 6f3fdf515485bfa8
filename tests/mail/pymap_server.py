"""A real IMAP server from the registry (pymap), as a process of its own, with mail in memory.

It speaks the protocol in full, IDLE too. It can be stopped and started on the same port; then its
mail is gone, as on a server that was set up anew.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from typing import Self

from imap_tools import MailBoxUnencrypted

USER, PASSWORD = "demouser", "demopass"  # those of its in-memory backend
_RUN = "from pymap.main import main; main()"
_PATIENCE_SECONDS = 30


class PymapServer:
    """Listens on `port` of 127.0.0.1 while its context is open; `folder` is made in it."""

    def __init__(self, folder: str = "Handoffs") -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.folder = folder

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_why: object) -> None:
        self.stop()

    def start(self) -> None:
        options = ("--host", "127.0.0.1", "--port", str(self.port), "--no-tls")
        only = ("--no-service", "admin", "--no-service", "managesieve")
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _RUN, *options, *only, "dict"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < give_up_at, "pymap does not answer"
                time.sleep(0.05)
        with self.opened() as box:
            box.folder.create(self.folder)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def opened(self) -> MailBoxUnencrypted:
        box = MailBoxUnencrypted("127.0.0.1", self.port)
        box.login(USER, PASSWORD, initial_folder=None)
        return box

    def deliver(self, *contents: bytes) -> None:
        with self.opened() as box:
            for content in contents:
                box.append(content, self.folder)

    def renumber(self) -> None:
        """Make the folder anew with the same mail, unseen: another UIDVALIDITY, other numbers."""
        with self.opened() as box:
            box.folder.set(self.folder)
            contents = [
                part[1]
                for uid in sorted(box.uids(), key=int)
                for part in box.client.uid("fetch", uid, "(BODY.PEEK[])")[1]
                if isinstance(part, tuple)
            ]
            box.folder.set("INBOX")
            box.folder.delete(self.folder)
            box.folder.create(self.folder)
        self.deliver(*contents)
