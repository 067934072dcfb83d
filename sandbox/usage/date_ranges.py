"""The API's named ranges of days, such as ``last_3_days`` (specification); all in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sandbox.usage.history import DAY_MS
from sandbox.usage.lines import EPOCH, months_before

LAST_DAYS = re.compile(r"last_([1-9][0-9]{0,4})_days", re.ASCII)


def milliseconds(name: str, now: float) -> tuple[int, int] | None:
    """Begin and end (not included) of a range, or None for a name that means none.

    A week begins on Monday, and the last N days end with the present one (both our choice).
    """
    today = datetime.fromtimestamp(now, UTC).date()
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    following = (month + timedelta(days=32)).replace(day=1)
    day, week = timedelta(days=1), timedelta(days=7)
    ranges = {
        "yesterday": (today - day, today),
        "today": (today, today + day),
        "tomorrow": (today + day, today + 2 * day),
        "last_week": (monday - week, monday),
        "this_week": (monday, monday + week),
        "next_week": (monday + week, monday + 2 * week),
        "last_month": (months_before(month, 1), month),
        "this_month": (month, following),
        "next_month": (following, (following + timedelta(days=32)).replace(day=1)),
    }
    dynamic = LAST_DAYS.fullmatch(name)
    if dynamic:
        days = min(int(dynamic[1]), (today - EPOCH).days)
        ranges[name] = (today - timedelta(days=days), today + day)
    if name not in ranges:
        return None
    begin, end = ranges[name]
    return (begin - EPOCH).days * DAY_MS, (end - EPOCH).days * DAY_MS
