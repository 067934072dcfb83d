"""Rows in the text format of PostgreSQL's COPY.

Made in the thread that maps records, so that the one that talks to the database sends whole
batches: with row after row, database and interpreter wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

NULL = r"\N"
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"})


def text(value: str) -> str:
    """A text's field."""
    return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPED)


def _array(values: Sequence[str]) -> str:
    quoted = ['"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values]
    return text("{" + ",".join(quoted) + "}")


def _boolean(value: bool) -> str:
    return "t" if value else "f"


_WRITERS: dict[str, Callable[[Any], str]] = {
    "text": text,
    "jsonb": text,
    "text[]": _array,
    "boolean": _boolean,
    "bytea": lambda value: rf"\\x{value.hex()}",
}


def writers(kinds: Sequence[str]) -> list[Callable[[Any], str]]:
    """How values of these PostgreSQL types are written; `str` for numbers, times and UUIDs."""
    return [_WRITERS.get(kind, str) for kind in kinds]


def line(values: Sequence[Any], how: Sequence[Callable[[Any], str]]) -> str:
    """The fields of a row, without the end of the line."""
    return "\t".join(
        [NULL if value is None else write(value) for value, write in zip(values, how, strict=True)]
    )
