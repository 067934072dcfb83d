"""A small HTTP server that receives webhooks, as a customer would run one."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64decode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Received:
    """A request as it came in."""

    at: float
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """What the request tells."""
        data: dict[str, Any] = json.loads(self.body)["data"]
        return data

    @property
    def attempt(self) -> int:
        """The how-manieth attempt it says it is."""
        return int(json.loads(self.body)["meta"]["attempt"])

    def verify(self, public_key: str) -> None:
        """Raise InvalidSignature unless it was signed with the key's other half."""
        signed = self.headers["telnyx-timestamp"].encode() + b"|" + self.body
        signature = b64decode(self.headers["telnyx-signature-ed25519"], validate=True)
        Ed25519PublicKey.from_public_bytes(b64decode(public_key)).verify(signature, signed)


@dataclass
class Receiver:
    """Answers each request with what ``answer`` says for it; the number at a time is noted.

    ``answer`` gets the handler and the request, and may do as it likes; a number is a status.
    """

    answer: Callable[[BaseHTTPRequestHandler, Received], int | None] = lambda _handler, _request: (
        200
    )
    received: list[Received] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def __enter__(self) -> Receiver:
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer._take(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256

            def handle_error(self, *_: object) -> None:
                """A sender that did not wait is no error of this test."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks?from=sandbox"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["content-length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Received(time.monotonic(), headers, body)
        with self._lock:
            self.received.append(request)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            status = self.answer(handler, request)
        finally:
            # Before the answer is sent: whoever has it may send the next request at once.
            with self._lock:
                self.at_once -= 1
        if status is not None:
            handler.send_response(status)
            handler.send_header("content-length", "4")
            handler.end_headers()
            handler.wfile.write(b"seen")

    def of(self, event_type: str, identifier: str) -> list[Received]:
        """What came of this type about this resource."""
        return [
            request
            for request in list(self.received)
            if request.event["event_type"] == event_type
            and request.event["payload"]["resource"]["id"] == identifier
        ]
