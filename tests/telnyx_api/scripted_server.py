"""An HTTP server on loopback that plays a script: one turn for each request, good or bad.

Raw sockets, because what matters here is what http.server hides: resets, half answers, silence.
"""

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Reply:
    """Answer the request, ``delay`` seconds later; a body in ``pieces`` waits before each of them.

    ``missing`` bytes of the body are promised and never sent.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    missing: int = 0
    delay: float = 0.0
    pieces: int = 1
    then_close: bool = False


@dataclass(frozen=True)
class ResetUnread:
    """Reset the connection when the request arrives, without reading it."""


@dataclass(frozen=True)
class ResetRead:
    """Read the whole request, so that it may have been applied, then reset the connection."""


@dataclass(frozen=True)
class Silence:
    """Read the request and never answer."""


Turn = Reply | ResetUnread | ResetRead | Silence


@dataclass(frozen=True)
class Received:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ScriptedServer:
    """Plays ``turns`` in the order in which requests arrive, on whichever connection.

    ``received`` holds the requests that were read whole, ``connections`` counts those accepted.
    Past the end of the script every request is answered with 418.
    """

    def __init__(self, *turns: Turn, port: int = 0) -> None:
        self.turns = list(turns)
        self.received: list[Received] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.base_url = f"{self.address}/v2"
        threading.Thread(target=self._accept, daemon=True).start()

    def script(self, *turns: Turn) -> None:
        self.turns += turns

    def close(self) -> None:
        self._over.set()
        # A thread that waits in accept() keeps the port open until somebody knocks.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(
                target=self._serve, args=(connection, self.connections), daemon=True
            ).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), connection:
            while connection.recv(1, socket.MSG_PEEK):
                with self._lock:
                    turn = self.turns.pop(0) if self.turns else Reply(418)
                if not self._play(turn, connection, number):
                    return

    def _play(self, turn: Turn, connection: socket.socket, number: int) -> bool:
        if isinstance(turn, ResetUnread):
            _reset(connection)
            return False
        self.received.append(_read(connection, number))
        if isinstance(turn, Silence):
            self._over.wait(10)
            return False
        if isinstance(turn, ResetRead):
            _reset(connection)
            return False
        written = _written(turn)
        step = -(-len(written) // turn.pieces)
        for start in range(0, len(written), step):
            if turn.delay:
                self._over.wait(turn.delay)
            connection.sendall(written[start : start + step])
        return not (turn.missing or turn.then_close)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    connection.close()


def _read(connection: socket.socket, number: int) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, body = data.split(b"\r\n\r\n", 1)
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += _some(connection)
    return Received(method, target, headers, body, number)


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise OSError("the client hung up")
    return data


def _written(turn: Reply) -> bytes:
    body = turn.raw if turn.raw is not None else json.dumps(turn.body).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body) + turn.missing)}
    lines = [f"{name}: {text}" for name, text in {**headers, **turn.headers}.items()]
    head = f"HTTP/1.1 {turn.status} Scripted\r\n" + "\r\n".join(lines) + "\r\n\r\n"
    return head.encode() + body


def free_port() -> int:
    """A port on which nobody listens just now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
