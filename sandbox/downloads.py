"""Files to download, at addresses that nobody can guess and that need no API key.

The real API answers with addresses of a store elsewhere, signed for a while (behaviour). Here they
are on the sandbox's own origin and stay until the file is withdrawn (our choice). A report that
completes in the schedule publishes its file and stores the token; the address follows from the
request that asks for the report, because only that knows under which name the sandbox is reached.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.problems import not_found

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

PREFIX = "/_downloads"
HOST = re.compile(r"[A-Za-z0-9._\-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")


def prepare(state: State) -> None:
    """Make the table, unless it is there."""
    state.connection.execute(
        "CREATE TABLE IF NOT EXISTS downloads"
        " (token TEXT PRIMARY KEY, name TEXT NOT NULL, media_type TEXT NOT NULL,"
        " content BLOB NOT NULL)"
    )


def publish(sandbox: Sandbox, name: str, media_type: str, content: bytes) -> str:
    """Store a file; answers the token by which it can be fetched.

    ``name`` is what a browser saves it as, ``media_type`` such as ``text/csv``.
    """
    token = secrets.token_urlsafe(24)
    sandbox.state.connection.execute(
        "INSERT INTO downloads VALUES (?, ?, ?, ?)", (token, name, media_type, content)
    )
    return token


def withdraw(sandbox: Sandbox, token: str | None) -> None:
    """Remove a file, if there is one; its address is then unknown."""
    sandbox.state.connection.execute("DELETE FROM downloads WHERE token = ?", (token,))


def origin(request: Request) -> str:
    """Scheme and host by which the client reached the sandbox, such as http://127.0.0.1:4010."""
    host = request.headers.get("host", "")
    if not HOST.fullmatch(host):
        address, port = request.scope.get("server") or ("127.0.0.1", 80)
        host = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return f"{request.url.scheme}://{host}"


def url(request: Request, token: str) -> str:
    """The address of a published file, as the client of this request reaches it."""
    return f"{origin(request)}{PREFIX}/{token}"


async def download(request: Request) -> Response:
    """GET /_downloads/{token}; 404 for a token that was never given out or is withdrawn."""
    sandbox: Sandbox = request.app.state.sandbox
    token = request.path_params["token"]
    row = sandbox.state.connection.execute(
        "SELECT name, media_type, content FROM downloads WHERE token = ?",
        (token if token.isascii() else "",),
    ).fetchone()
    if row is None:
        return not_found().response()
    name, media_type, content = row
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(content, headers=headers, media_type=media_type)


routes = [Route(f"{PREFIX}/{{token}}", download, methods=["GET"])]
