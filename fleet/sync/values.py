"""Reads single values of the API's records, tolerantly: what cannot be read becomes a BadValue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from fleet.models import MB_PER_GB

_MB_PER_UNIT = {
    "B": Decimal(1) / (1024 * 1024),
    "KB": Decimal(1) / 1024,
    "MB": Decimal(1),
    "GB": Decimal(MB_PER_GB),
    "TB": Decimal(MB_PER_GB) * 1024,
}
_SIX_PLACES = Decimal("0.000001")


class BadValue(ValueError):
    """A field whose value cannot be stored; the text names the field and the value."""


def text(record: Mapping[str, Any], field: str) -> str:
    """A text, or "" for null and missing. Other types are kept as their text."""
    value = record.get(field)
    if value is None:
        return ""
    # PostgreSQL cannot hold NUL in text.
    return str(value).replace("\x00", "")


def identifier(record: Mapping[str, Any], field: str) -> UUID | None:
    """A UUID or None. Raises BadValue."""
    value = record.get(field)
    if value in (None, ""):
        return None
    try:
        return UUID(str(value))
    except ValueError:
        raise BadValue(f"{field} is {value!r}, not a UUID") from None


def moment(record: Mapping[str, Any], field: str) -> datetime | None:
    """An aware time or None. Without an offset it is taken for UTC. Raises BadValue."""
    value = record.get(field)
    if value in (None, ""):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadValue(f"{field} is {value!r}, not a time") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def megabytes(record: Mapping[str, Any], field: str) -> Decimal | None:
    """An `{amount, unit}` object as MB with six decimals, or None. Raises BadValue.

    Amounts are decimal strings; without a unit they are MB (specification).
    """
    value = record.get(field)
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise BadValue(f"{field} is {value!r}, not an amount with a unit")
    amount, unit = value.get("amount"), value.get("unit") or "MB"
    if amount in (None, ""):
        return None
    factor = _MB_PER_UNIT.get(str(unit).upper())
    if factor is None:
        raise BadValue(f"{field} has the unit {unit!r}, which is not known")
    try:
        number = Decimal(str(amount))
        if not number.is_finite():
            raise InvalidOperation
        return (number * factor).quantize(_SIX_PLACES)
    except InvalidOperation:
        raise BadValue(f"{field} has the amount {amount!r}, not a number") from None


def texts(record: Mapping[str, Any], field: str) -> list[str] | None:
    """A list of texts in a stable order, or None. Raises BadValue."""
    value = record.get(field)
    if value is None:
        return None
    if not isinstance(value, list):
        raise BadValue(f"{field} is {value!r}, not a list")
    return sorted({str(item).replace("\x00", "") for item in value if item is not None})


def truth(record: Mapping[str, Any], field: str) -> bool:
    """A boolean; null and missing are False (the specification's default)."""
    return record.get(field) is True or record.get(field) == "true"
