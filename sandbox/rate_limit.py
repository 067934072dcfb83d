"""So many requests a second for each key, counted in fixed windows of a second (our choice)."""

from math import ceil, floor

from sandbox.problems import too_many_requests


class RateLimit:
    """``limit`` requests a second; None is no limit."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._window = 0
        self._used: dict[str, int] = {}

    def take(self, key: str, now: float) -> dict[str, str]:
        """Count one request at ``now`` (Unix seconds); answers the headers or raises a 429."""
        if self.limit is None:
            return {}
        window = floor(now)
        if window != self._window:
            self._window = window
            self._used.clear()
        used = self._used[key] = self._used.get(key, 0) + 1
        headers = {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(max(0, self.limit - used)),
            "x-ratelimit-reset": str(max(1, ceil(window + 1 - now))),
        }
        if used > self.limit:
            raise too_many_requests(headers)
        return headers
