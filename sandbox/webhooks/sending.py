"""One HTTP request to a receiver, within two seconds."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Timer
from urllib.parse import urlsplit

SECONDS = 2.0
# Of headers and body this much is kept (specification: 10 kB).
KEPT = 10_000
Answer = tuple[int, list[list[str]], str]


def is_address(url: str) -> bool:
    """Whether something can be sent there: http or https, with a host and without credentials."""
    try:
        parts = urlsplit(url)
        usable = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url
    return (
        plain
        and usable
        and parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and (parts.username is None)
    )


def send(url: str, headers: dict[str, str], body: bytes) -> Answer | None:
    """Post it; None where no answer came in time. Redirects are not followed (our choice)."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    deadline = time.monotonic() + SECONDS
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # The connection's own limit begins anew with every byte that a slow receiver sends.
    limit = Timer(SECONDS, _cut, (connection,))
    limit.daemon = True
    limit.start()
    try:
        connection.request("POST", target, body, headers)
        response = connection.getresponse()
        return response.status, _headers(response), _body(response, deadline)
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        limit.cancel()
        connection.close()


def _cut(connection: HTTPConnection) -> None:
    """End what is being waited for."""
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _headers(response: HTTPResponse) -> list[list[str]]:
    found: list[list[str]] = []
    size = 0
    for name, value in response.getheaders():
        size += len(name) + len(value)
        if size > KEPT:
            break
        found.append([name, value.encode("latin-1", "replace").decode("latin-1")])
    return found


def _body(response: HTTPResponse, deadline: float) -> str:
    """The beginning of the body; a receiver that dribbles is cut off, its status counts."""
    content = b""
    while len(content) < KEPT and time.monotonic() < deadline:
        part = response.read1(KEPT - len(content))
        if not part:
            break
        content += part
    return content.decode("utf-8", "replace")
