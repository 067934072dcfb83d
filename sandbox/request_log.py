"""Which requests came in: the sandbox's memory of what a client really sent."""

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

import orjson

KEPT = 200_000
HIDDEN = "[API key]"


@dataclass
class LoggedRequest:
    """One request under /v2. ``status`` is None when no answer was sent."""

    time: str
    method: str
    path: str
    query: str
    body: Any = None
    status: int | None = None
    fault: str | None = None


class RequestLog:
    """The latest requests in order of arrival, never with an API key in them."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=KEPT)

    def add(
        self, time: str, method: str, path: str, query: str, body: bytes, secret: str
    ) -> LoggedRequest:
        """Note a request; the answer's status is set on what comes back."""

        def safe(text: str) -> str:
            return text.replace(secret, HIDDEN) if secret in text else text

        entry = LoggedRequest(time, method, safe(path), safe(query))
        if body:
            text = safe(body.decode("utf-8", "replace"))
            try:
                entry.body = orjson.loads(text)
            except orjson.JSONDecodeError:
                entry.body = text
        self._requests.append(entry)
        return entry

    def find(self, method: str | None, path_prefix: str | None) -> list[dict[str, Any]]:
        """Requests with this method whose path starts with this, such as /v2/sim_cards."""
        return [
            asdict(entry)
            for entry in self._requests
            if (not method or entry.method == method.upper())
            and (not path_prefix or entry.path.startswith(path_prefix))
        ]

    def clear(self) -> None:
        """Forget all."""
        self._requests.clear()
