"""Time: what the clock says, how it is written, and how fast simulated work goes."""

import time
from datetime import UTC, date, datetime

DAY = 86_400.0


def iso(seconds: float) -> str:
    """Write a time as the API does: ISO 8601 in UTC with milliseconds and a Z (specification).

    ``seconds`` are Unix seconds.
    """
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    moment = datetime.fromtimestamp(whole, UTC)
    # Not strftime, which writes the year 1 with one digit.
    return f"{moment.replace(tzinfo=None).isoformat()}.{milliseconds:03d}Z"


def seconds_of(text: str) -> float:
    """Unix seconds of a time written by :func:`iso`."""
    return datetime.fromisoformat(text).timestamp()


def moved_on(previous: str, now: float) -> str:
    """An ``updated_at`` for ``now`` (Unix seconds) that is later than ``previous`` for certain.

    Two changes within one millisecond would else leave a reader unable to tell which is newer.
    """
    written = iso(now)
    if written > previous:
        return written
    return iso(seconds_of(previous) + 0.001)


def midnight(day: date) -> float:
    """Unix seconds of the start of a day in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


class Clock:
    """Wall time plus ``skew`` seconds, and durations of simulated work divided by ``speed``."""

    def __init__(self, speed: float = 1.0, skew: float = 0.0) -> None:
        self.speed = speed
        self.skew = skew

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.skew

    def after(self, seconds: float, start: float | None = None) -> float:
        """When work that takes ``seconds`` at speed 1 ends, in Unix seconds."""
        begin = self.now() if start is None else start
        return begin + seconds / self.speed
