"""What an answer says about the rate limit: Retry-After and the x-ratelimit-* headers.

The documentation contradicts itself on ``x-ratelimit-reset``: seconds left on one page, an epoch on
another. Both are read: a number of 10^9 or more is an epoch (10^11 or more: in milliseconds).
"""

import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

EPOCH_FROM = 1e9
MILLISECONDS_FROM = 1e11
ONE_SECOND_WINDOW = 1.0


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds until the API wants to hear from us again, at least 0, or None where it does not say.

    Retry-After (seconds or an HTTP date) goes before x-ratelimit-reset. Points in time are measured
    against the answer's own Date header where there is one, so that a wrong clock does no harm.
    """
    stated = _header(headers, "retry-after")
    if stated is not None:
        seconds = _number(stated)
        if seconds is not None:
            return seconds
        moment = _timestamp(stated)
        if moment is not None:
            return max(0.0, moment - _now(headers))
    return seconds_to_reset(headers)


def seconds_to_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds until the rate-limit window starts anew, at least 0, or None where not stated."""
    reset = _number(_header(headers, "x-ratelimit-reset"))
    if reset is None or reset < EPOCH_FROM:
        return reset
    epoch = reset / 1000 if reset >= MILLISECONDS_FROM else reset
    return max(0.0, epoch - _now(headers))


def nothing_remains(headers: Mapping[str, str]) -> bool:
    """Whether the answer says that the present window is used up."""
    return _number(_header(headers, "x-ratelimit-remaining")) == 0


def stated_rate(headers: Mapping[str, str]) -> float | None:
    """Requests a second that the API allows, or None where it cannot be told.

    The length of the API's window is not documented. The stated limit is taken for a rate per
    second only where the reset is at most one second away (our choice); longer windows are
    respected through "nothing remains".
    """
    limit = _number(_header(headers, "x-ratelimit-limit"))
    reset = seconds_to_reset(headers)
    if not limit or reset is None or reset > ONE_SECOND_WINDOW:
        return None
    return limit


def _header(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name)
    if value is None:
        value = next((text for key, text in headers.items() if key.lower() == name), None)
    return value


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _timestamp(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def _now(headers: Mapping[str, str]) -> float:
    stated = _timestamp(_header(headers, "date"))
    return time.time() if stated is None else stated
