"""The CRM as a counterpart: an HTTP server with a log of its own, and Baton's adapter to it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import quote, unquote

import httpx

from baton.domain.crm import CrmView, CrmWrite, view_of, why_not_writable
from baton.domain.hand_off import EffectKind
from baton.errors import InputError, TransientError
from benchmarks.chaos.mischief import CLIENT_SECONDS, SILENT_SECONDS, SLOW_SECONDS, Mischief
from benchmarks.chaos.records import Log, Write, tick

_SAID = {
    Mischief.BUSY: HTTPStatus.TOO_MANY_REQUESTS,
    Mischief.REFUSED: HTTPStatus.SERVICE_UNAVAILABLE,
}
_BROKEN = (
    Mischief.LOST_BEFORE,
    Mischief.LOST_AFTER,
    Mischief.RESET_BEFORE,
    Mischief.RESET_AFTER,
)
Befalls = Callable[[str], Mischief]


class HttpCrm:
    """Satisfies `baton.domain.crm.Crm` over HTTP."""

    def __init__(self, url: str, *, timeout: float = CLIENT_SECONDS) -> None:
        """Remember where it is; `timeout` is in seconds."""
        # Plain HTTP on the loopback: reading certificates would only take time.
        self._http = httpx.Client(
            base_url=url,
            timeout=timeout,
            trust_env=False,
            verify=False,  # noqa: S501
        )

    def write(self, change: CrmWrite) -> None:
        """Make the change true, once; raises as the port says."""
        refusal = why_not_writable(change)
        if refusal is not None:
            raise InputError(f"The CRM cannot take the write {change.external_id}: {refusal}.")
        self._call(
            "POST",
            "/writes",
            json={
                "external_id": change.external_id,
                "kind": change.kind.value,
                "lead_id": change.lead_id,
                "body": change.body,
                "at": change.at.isoformat(),
            },
        )

    def has(self, external_id: str) -> bool:
        """Return whether a write with this id arrived."""
        path = f"/writes/{quote(external_id, safe='')}"
        return self._call("GET", path).status_code == HTTPStatus.OK

    def view(self, lead_id: int) -> CrmView:
        """Return the lead as the CRM shows it."""
        rows = self._call("GET", f"/leads/{lead_id}").json()
        history = [
            CrmWrite(
                row["external_id"],
                EffectKind(row["kind"]),
                lead_id,
                row["body"],
                datetime.fromisoformat(row["at"]),
            )
            for row in rows
        ]
        return view_of(lead_id, tuple(sorted(history, key=lambda change: change.at)))

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise TransientError(f"The CRM did not answer ({type(error).__name__}).") from error
        if answer.is_success or answer.status_code == HTTPStatus.NOT_FOUND:
            return answer
        raise TransientError(f"The CRM cannot do it now: {answer.status_code}.")


class CrmServer:
    """A CRM that remembers external ids and misbehaves; runs in a thread.

    Attributes:
        log: Every write that it took, and every repeat of one.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        befalls: Befalls = lambda _call: Mischief.NONE,
    ) -> None:
        """Prepare it; `befalls` says what goes wrong with a call of that name."""
        self.log: Log[Write] = Log()
        self._now, self._befalls = now, befalls
        self._written: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="chaos-crm", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_why: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def befalls(self, call: str) -> Mischief:
        """Return what goes wrong with the call, after the time that this takes beforehand."""
        found = self._befalls(call)
        if found is Mischief.SLOW:
            time.sleep(SLOW_SECONDS)
        if found is Mischief.LOST_BEFORE:
            time.sleep(SILENT_SECONDS)
        return found

    def take(self, row: dict[str, Any]) -> None:
        """Keep a write unless its id is known; log it."""
        with self._lock:
            is_repeat = row["external_id"] in self._written
            self._written.setdefault(row["external_id"], row)
            write = Write(
                tick(),
                self._now(),
                row["external_id"],
                row["kind"],
                row["lead_id"],
                row["body"],
                is_repeat,
            )
            self.log.add(write)

    def knows(self, external_id: str) -> bool:
        """Return whether a write with this id was taken."""
        with self._lock:
            return external_id in self._written

    def of_lead(self, lead_id: int) -> list[dict[str, Any]]:
        """Return the writes about the lead, as they came."""
        with self._lock:
            return [row for row in self._written.values() if row["lead_id"] == lead_id]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; killing them is the point."""


def _handler_of(crm: CrmServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body go out together, or each answer would wait for the client's reply.
        wbufsize = -1

        def do_POST(self) -> None:
            row = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            what = row["body"].get("status") or row["body"].get("title") or ""
            found = crm.befalls(f"{row['lead_id']} {row['kind']} {what}")
            if found.is_processed:
                crm.take(row)
            self._answer(found, HTTPStatus.CREATED, {})

        def do_GET(self) -> None:
            _, what, which = self.path.split("/", 2)
            if what == "leads":
                self._answer(Mischief.NONE, HTTPStatus.OK, crm.of_lead(int(which)))
                return
            known = crm.knows(unquote(which))
            status = HTTPStatus.OK if known else HTTPStatus.NOT_FOUND
            self._answer(crm.befalls("look-up"), status, {})

        def _answer(self, found: Mischief, status: HTTPStatus, body: Any) -> None:
            if found is Mischief.LOST_AFTER:
                time.sleep(SILENT_SECONDS)
            if found in _BROKEN:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            content = json.dumps(body).encode()
            self.send_response(_SAID.get(found, status))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """The log that counts is another one."""

    return Handler
