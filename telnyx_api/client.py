"""The client: one Telnyx account, its connections and its resources."""

import math
from copy import copy
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from requests.adapters import BaseAdapter

from telnyx_api.arguments import between
from telnyx_api.errors import InvalidArgument
from telnyx_api.rate_limit import RateLimiter
from telnyx_api.resources import Resources
from telnyx_api.sending import Sender
from telnyx_api.session import TelnyxSession

BASE_URL = "https://api.telnyx.com/v2"


class Client(Resources):
    """The Telnyx API for one account. Threads may share a client; processes may not.

    ``api_key``: sent as a bearer token, shown nowhere. ``base_url``: with its version. ``limiter``:
    asked before every attempt; None for no limit of ours. ``connect_timeout`` and ``read_timeout``:
    seconds, the latter for each silence of the API. ``pool_size``: connections kept open, at least
    one for each thread. ``read_attempts``: how often a read is tried in all; a write is tried as
    often, but only while it is certain that it was not applied; purchases, orders, registrations
    and payments are tried once. ``deadline``: seconds for a request with all its attempts and
    waits, a page of a list being one request; None for no end. (Of a body that trickles in, the
    deadline is looked at every 16 KiB.) ``adapter``: in place of our own connections, for tests.

    Raises errors.InvalidArgument.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = BASE_URL,
        *,
        limiter: RateLimiter | None = None,
        connect_timeout: float = 3.05,
        read_timeout: float = 20.0,
        pool_size: int = 8,
        read_attempts: int = 4,
        deadline: float | None = None,
        adapter: BaseAdapter | None = None,
    ) -> None:
        session = TelnyxSession(
            _checked_key(api_key),
            connect_timeout=_seconds("connect_timeout", connect_timeout),
            read_timeout=_seconds("read_timeout", read_timeout),
            pool_size=between("pool_size", pool_size, 1),
            adapter=adapter,
        )
        self._use(
            Sender(
                session,
                _checked_base(base_url),
                limiter=limiter,
                attempts=between("read_attempts", read_attempts, 1),
                deadline=None if deadline is None else _seconds("deadline", deadline),
            )
        )

    def within(self, seconds: float | None) -> "Client":
        """This client, on the same connections and limits, with another deadline."""
        deadline = None if seconds is None else _seconds("seconds", seconds)
        client = Client.__new__(type(self))
        client._use(self._sender.within(deadline))
        return client

    def undecoded(self) -> Self:
        """This client, but the records in its pages of lists are left as the bytes that came.

        Quick, for whoever decodes few of them. A record may turn out to be no JSON where a text in
        it is not valid Unicode or a number too large; a page that cannot be read otherwise raises
        as ever.
        """
        client = copy(self)
        client._use(self._sender.leaving_records())
        return client

    def close(self) -> None:
        """Close the kept connections; a later request opens new ones."""
        self._sender.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._sender.base_url}>"


def _checked_key(api_key: str) -> str:
    # A key that no header can hold would come back in somebody's error text.
    fits = isinstance(api_key, str) and api_key.isascii() and api_key.isprintable()
    if not fits or not api_key or " " in api_key:
        shown = "(not shown)" if api_key else api_key
        raise InvalidArgument("api_key", shown, "printable ASCII characters without spaces")
    return api_key


def _checked_base(base_url: str) -> str:
    parts = urlsplit(base_url)
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        shown = base_url if plain else "(not shown)"
        raise InvalidArgument("base_url", shown, "an http or https address without user or query")
    return base_url.rstrip("/")


def _seconds(name: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise InvalidArgument(name, value, "a number of seconds above 0")
    return value
