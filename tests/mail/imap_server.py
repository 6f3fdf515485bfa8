"""A small IMAP server in memory: the commands that reading a mailbox needs, over a real socket.

It stands in where no real server can be had; it knows LOGIN, SELECT, STATUS, UID SEARCH, UID
FETCH and UID STORE as RFC 3501 says, with literals and flags, and nothing else.
"""

from __future__ import annotations

import re
import socketserver
import threading
from typing import Self

USER, PASSWORD = "baton@seller.example", 'pa"ss'


class ImapServer:
    """One folder, INBOX; `messages` are raw, their uids count from 1."""

    def __init__(self) -> None:
        self.messages: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.validity = 7
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"* OK ready\r\n")
                for line in self.rfile:
                    tag, _, command = line.decode().strip().partition(" ")
                    for answer in server.answer(command):
                        self.wfile.write(answer + b"\r\n")
                    is_bad = command.upper().startswith("LOGIN") and not server.lets_in(command)
                    self.wfile.write(f"{tag} {'NO' if is_bad else 'OK'} done\r\n".encode())
                    if command.upper() == "LOGOUT":
                        return

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_why: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, content: bytes) -> None:
        self.messages[max(self.messages, default=0) + 1] = content

    def lets_in(self, command: str) -> bool:
        quoted = PASSWORD.replace('"', '\\"')
        return f'"{USER}" "{quoted}"' in command

    def answer(self, command: str) -> list[bytes]:
        upper = command.upper()
        if upper == "CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1"]
        if upper.startswith("SELECT"):
            return [f"* {len(self.messages)} EXISTS".encode()]
        if upper.startswith("STATUS"):
            return [f'* STATUS "INBOX" (UIDVALIDITY {self.validity})'.encode()]
        if upper.startswith("UID SEARCH"):
            unseen = (uid for uid in sorted(self.messages, reverse=True) if uid not in self.seen)
            return [b"* SEARCH " + b" ".join(str(uid).encode() for uid in unseen)]
        if found := re.fullmatch(r"UID FETCH (\d+) \((BODY(\.PEEK)?\[\])\)", upper):
            return self._fetched(int(found[1]), is_peek=found[3] is not None)
        if found := re.fullmatch(r"UID STORE (\d+) \+FLAGS \(\\SEEN\)", upper):
            self.seen.add(int(found[1]))
        return [b"* BYE"] if upper == "LOGOUT" else []

    def _fetched(self, uid: int, *, is_peek: bool) -> list[bytes]:
        content = self.messages.get(uid)
        if content is None:
            return []
        if not is_peek:
            self.seen.add(uid)
        return [b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)" % (uid, uid, len(content), content)]
