"""What no handler foresaw: an error of the sandbox itself is a 500 like any other answer."""

import sys
import traceback

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.problems import unexpected


class SafetyNet:
    """Answers what went wrong inside with a 500, and shows it on stderr.

    The error must not reach the server: that closes the connection after an answer which did not
    say so, and a client that sends its next request just then finds the connection reset.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        begun = False

        async def note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, note)
        except ClientDisconnect:
            return
        except Exception:
            traceback.print_exc(file=sys.stderr)
            if begun:
                # Half an answer can only be broken off.
                raise
            await unexpected().response()(scope, receive, send)
