"""Checks of arguments against the specification, before anything is sent.

Each returns the value in the form in which it is sent, or raises errors.InvalidArgument.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from urllib.parse import quote

from telnyx_api.errors import InvalidArgument

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
DECIMAL = re.compile(r"\d{1,18}(\.\d{1,18})?", re.ASCII)


def path_id(name: str, value: object) -> str:
    """An identifier as one segment of a path, quoted."""
    text_value = text(name, value)
    if text_value in (".", ".."):
        # Clients and servers resolve these: the request would go to another resource.
        raise InvalidArgument(name, value, "an identifier")
    return quote(text_value, safe="")


def text(name: str, value: object) -> str:
    """A string with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgument(name, value, "a text that is not empty")
    return value


def texts(name: str, value: object) -> list[str]:
    """A list of strings, none of them empty; a single string is refused."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidArgument(name, value, "a list of texts")
    return [text(f"{name}[{index}]", item) for index, item in enumerate(value)]


def one_of(name: str, value: object, allowed: Collection[str]) -> str:
    """One of the words that the specification lists."""
    if not isinstance(value, str) or value not in allowed:
        raise InvalidArgument(name, value, f"one of {', '.join(allowed)}")
    return value


def any_text(name: str, value: object) -> str:
    """A string, which may be empty."""
    if not isinstance(value, str):
        raise InvalidArgument(name, value, "a text")
    return value


def truth(name: str, value: object) -> bool:
    """A boolean in a body."""
    if not isinstance(value, bool):
        raise InvalidArgument(name, value, "True or False")
    return value


def record(name: str, value: object) -> dict[str, object]:
    """An object whose fields the specification leaves open."""
    if not isinstance(value, Mapping):
        raise InvalidArgument(name, value, "a mapping")
    return dict(value)


def day(name: str, value: object) -> str:
    """A date as YYYY-MM-DD."""
    try:
        fits = isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        fits = False
    if not fits:
        raise InvalidArgument(name, value, 'a date as a text, such as "2026-08-31"')
    return str(value)


def moment(name: str, value: object) -> str:
    """A date with a time of day and its offset from UTC (RFC 3339)."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value) or not _exists(value):
        says = 'a time with its offset as a text, such as "2026-08-31T00:00:00Z"'
        raise InvalidArgument(name, value, says)
    return value


def day_or_moment(name: str, value: object) -> str:
    """Either of both, as a text in ISO 8601; the offset may be left out."""
    if not isinstance(value, str) or not _exists(value):
        raise InvalidArgument(name, value, "a date or a time as a text in ISO 8601")
    return value


def word(*allowed: str) -> Callable[[str, object], str]:
    """A check for one of these words."""
    return lambda name, value: one_of(name, value, allowed)


def whole(lowest: int, highest: int | None = None) -> Callable[[str, object], int]:
    """A check for a whole number within bounds."""
    return lambda name, value: between(name, value, lowest, highest)


def matching(pattern: str, says: str) -> Callable[[str, object], str]:
    """A check for a text of which all matches ``pattern``; ``says`` describes it."""
    compiled = re.compile(pattern)

    def check(name: str, value: object) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise InvalidArgument(name, value, says)
        return value

    return check


def list_of(
    check: Callable[[str, object], object], at_least: int = 0
) -> Callable[[str, object], list[object]]:
    """A check for a list with so many items, each of which fits; a single text is refused."""

    def check_all(name: str, value: object) -> list[object]:
        if isinstance(value, str) or not isinstance(value, Sequence) or len(value) < at_least:
            raise InvalidArgument(name, value, "a list" + (" with something in it" * at_least))
        return [check(f"{name}[{index}]", item) for index, item in enumerate(value)]

    return check_all


def flag(name: str, value: object) -> Literal["true", "false"]:
    """A boolean as a query parameter."""
    if not isinstance(value, bool):
        raise InvalidArgument(name, value, "True or False")
    return "true" if value else "false"


def between(name: str, value: object, lowest: int, highest: int | None = None) -> int:
    """A whole number within bounds, both included."""
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= lowest
    if not fits or (highest is not None and int(str(value)) > highest):
        bounds = f"{lowest} or more" if highest is None else f"{lowest} to {highest}"
        raise InvalidArgument(name, value, f"a whole number, {bounds}")
    return int(str(value))


def decimal_text(name: str, value: object) -> str:
    """An amount as the API writes amounts: a decimal number in a string."""
    if not isinstance(value, str) or not DECIMAL.fullmatch(value):
        raise InvalidArgument(name, value, 'a decimal number as a text, such as "2048.0"')
    return value


def check_span(start: object, end: object, days: int) -> None:
    """Refuse an ``end_date`` more than so many days after the start; other mistakes pass here."""
    try:
        first, last = datetime.fromisoformat(str(start)), datetime.fromisoformat(str(end))
        fits = last - first <= timedelta(days=days)
    except (TypeError, ValueError):
        return
    if not fits:
        raise InvalidArgument("end_date", end, f"at most {days} days after start_date, {start}")


def _exists(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
