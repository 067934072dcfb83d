"""Runs the application in this process until it is told to stop."""

import asyncio
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from sandbox.connections import OpenProtocol


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; OSError when the address is not to be had. Port 0 is any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # At once: two processes may bind to one port as long as neither listens.
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


class SandboxServer(uvicorn.Server):
    """Says when it is ready, keeps the schedule running, and ends with code 0 on a signal."""

    def __init__(self, app: Starlette, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http=OpenProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._app = app
        self._on_ready = on_ready
        self._background: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        state = self._app.state
        self._background = [
            asyncio.create_task(state.gate.run_schedule()),
            asyncio.create_task(state.sandbox.webhooks.run(state.gate.exclusively)),
        ]
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was begun."""
        for task in self._background:
            task.cancel()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop on a signal. The signal is not raised again afterwards: this end is a clean one."""
        self.should_exit = True
