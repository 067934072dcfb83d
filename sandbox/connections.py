"""What HTTP cannot say: a connection that is dropped, or that ends too early."""

import asyncio
import socket
import struct

from starlette.types import Receive, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "sandbox.transport"


class OpenProtocol(HttpToolsProtocol):
    """The server's HTTP protocol, which lets the application get at its connection."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]


async def left(receive: Receive) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def drop(scope: Scope, receive: Receive) -> None:
    """Reset the connection, as a crashed proxy does: nothing more is sent, not even an end."""
    transport: asyncio.Transport = scope[TRANSPORT]
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    # Returning earlier would make the server send an error page of its own.
    await left(receive)


async def end(scope: Scope, receive: Receive) -> None:
    """Send what was written and close the connection, though the answer is not complete."""
    scope[TRANSPORT].close()
    await left(receive)
