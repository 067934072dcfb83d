"""Which requests came in: the sandbox's memory of what a client really sent."""

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

import orjson

KEPT = 200_000
HIDDEN = "[API key]"
CONCEALED = "[secret]"
# A body that is no JSON may hold a secret anywhere.
UNREADABLE = "[not JSON, and not shown]"
# Nothing of the API is nested so deep, and what is shown has to be written as JSON again.
DEEPEST = 40
TOO_DEEP = "[nested too deep]"
# Where bodies hold secrets only these fields are shown: a misspelt name conceals no less.
SHOWN = {
    "/v2/integration_secrets": ("identifier", "type"),
    "/v2/storage/migration_sources": ("bucket_name", "provider", "source_region"),
}
SECRET_NAMES = {
    "token",
    "password",
    "access_key",
    "secret_access_key",
    "api_key",
    "pin",
    "pin1",
    "pin2",
    "puk",
    "puk1",
    "puk2",
}
SECRET_FIELDS = SECRET_NAMES | {"username", "provider_auth"}


def concealed(value: Any, path: str) -> Any:
    """A body without what must not be kept: passwords, tokens, keys and the PINs of SIM cards."""
    for secret_path, shown in SHOWN.items():
        if path.startswith(secret_path):
            if not isinstance(value, dict):
                return CONCEALED
            # A name that nobody knows may be a secret that got in the wrong place.
            return {
                name if name in shown or name.lower() in SECRET_FIELDS else CONCEALED: (
                    item if name in shown and isinstance(item, str) else CONCEALED
                )
                for name, item in value.items()
            }
    return _without_secrets(value, DEEPEST)


def _without_secrets(value: Any, deep: int) -> Any:
    if not isinstance(value, dict | list):
        return value
    if not deep:
        return TOO_DEEP
    if isinstance(value, list):
        return [_without_secrets(item, deep - 1) for item in value]
    return {
        name: CONCEALED if name.lower() in SECRET_NAMES else _without_secrets(item, deep - 1)
        for name, item in value.items()
    }


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

        query = safe(query)
        # The key may be written with percent signs.
        if secret in unquote(query) or secret in unquote_plus(query):
            query = safe(safe(unquote(query)).replace("+", " "))
        entry = LoggedRequest(time, method, safe(path), query)
        if body:
            text = safe(body.decode("utf-8", "replace"))
            try:
                entry.body = concealed(orjson.loads(text), path)
            except orjson.JSONDecodeError:
                entry.body = UNREADABLE if path.startswith(tuple(SHOWN)) else text
            else:
                # JSON can write the same letters in several ways.
                if (shown := orjson.dumps(entry.body).decode()) != (plain := safe(shown)):
                    entry.body = orjson.loads(plain)
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
