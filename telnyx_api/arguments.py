"""Checks of arguments against the specification, before anything is sent.

Each returns the value in the form in which it is sent, or raises errors.InvalidArgument.
"""

import re
from collections.abc import Collection, Sequence
from typing import Literal
from urllib.parse import quote

from telnyx_api.errors import InvalidArgument

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
