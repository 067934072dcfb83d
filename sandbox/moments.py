"""Times that clients write: ISO 8601, with or without a time of day."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sandbox.clock import iso
from sandbox.problems import bad_parameter, wrong_value

FORM = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
DAY_FORM = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What a date can be; a zone may lead beyond it.
FIRST = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()
LAST = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - EPOCH).total_seconds()


def seconds(text: str) -> float:
    """Unix seconds of a time; without a zone it is in UTC (our choice). Raises ValueError.

    What lies before the year 1 or after 9999 in UTC becomes the nearest time that does not.
    """
    written = text.upper()
    if not FORM.fullmatch(written):
        raise ValueError(text)
    # A leap second is the end of the minute.
    moment = datetime.fromisoformat(re.sub(r"(:\d\d):60", r"\1:59", written))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - EPOCH).total_seconds(), FIRST), LAST)


def field(value: object, pointer: str) -> float:
    """Unix seconds of a body field."""
    if not isinstance(value, str):
        raise wrong_value(pointer, "Expected a time as a string.", "10026")
    try:
        return seconds(value)
    except ValueError:
        raise wrong_value(pointer, f"{value!r} is not a time in ISO 8601.") from None


def parameter(name: str, text: str) -> float:
    """Unix seconds of a query parameter."""
    try:
        return seconds(text)
    except ValueError:
        detail = f"{text!r} is not a time in ISO 8601."
        raise bad_parameter(name, "10015", "Bad request", detail) from None


def filtered(name: str, text: str) -> str:
    """A query parameter as :func:`sandbox.clock.iso` writes it, to compare it with stored times."""
    return iso(parameter(name, text))
