"""Secrets in answers: there to be used, not to be shown by a repr, a log line or a traceback."""

from typing import Any


class Hidden(dict[str, Any]):
    """A record whose repr shows nothing of it."""

    def __repr__(self) -> str:
        return "(not shown)"

    __str__ = __repr__


class HiddenText(str):
    """A text whose repr shows nothing of it; str() and formatting still give the text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(not shown)"


def hide(record: Any, field: str) -> None:
    """Hide a field of a record, in place, if it is there."""
    if isinstance(value := record.get(field), dict):
        record[field] = Hidden(value)
