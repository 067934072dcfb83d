"""Reads single values of the API's records, tolerantly: what cannot be read becomes a BadValue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, DecimalException, InvalidOperation
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
# The columns have 14 digits before the point.
_TOO_MUCH = Decimal(10) ** 14
# PostgreSQL's indexes refuse entries above 2.7 kB, and some have two texts.
_LONGEST = 1_200
_SHOWN = 80
_LARGEST_WHOLE = 2**31 - 1


class BadValue(ValueError):
    """A field whose value cannot be stored; the text names the field and the value."""


def text(record: Mapping[str, Any], field: str, longest: int | None = _LONGEST) -> str:
    """A text, or "" for null and missing. Other types are kept as their text.

    `longest` is in bytes; None for columns without an index. Raises BadValue.
    """
    value = record.get(field)
    return "" if value is None else _storable(field, value, longest)


def texts(record: Mapping[str, Any], field: str) -> list[str] | None:
    """A list of texts in a stable order, or None. Raises BadValue."""
    value = record.get(field)
    if value is None:
        return None
    if not isinstance(value, list):
        raise BadValue(f"{field} is {_shown(value)}, not a list")
    return sorted({_storable(field, item, _LONGEST) for item in value if item is not None})


def identifier(record: Mapping[str, Any], field: str) -> UUID | None:
    """A UUID or None. Raises BadValue."""
    value = record.get(field)
    if value in (None, ""):
        return None
    try:
        return UUID(str(value))
    except ValueError:
        raise BadValue(f"{field} is {_shown(value)}, not a UUID") from None


def moment(record: Mapping[str, Any], field: str) -> datetime | None:
    """An aware time in UTC or None. Without an offset it is taken for UTC. Raises BadValue.

    Times that nobody means, such as the year 1 that stands for "never", are None.
    """
    value = record.get(field)
    if value in (None, ""):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadValue(f"{field} is {_shown(value)}, not a time") from None
    if not 1900 <= parsed.year <= 9000:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def megabytes(record: Mapping[str, Any], field: str) -> Decimal | None:
    """An `{amount, unit}` object as MB with six decimals, or None. Raises BadValue.

    Amounts are decimal strings; without a unit they are MB (specification).
    """
    value = record.get(field)
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise BadValue(f"{field} is {_shown(value)}, not an amount with a unit")
    amount, unit = value.get("amount"), value.get("unit") or "MB"
    if amount in (None, ""):
        return None
    factor = _MB_PER_UNIT.get(str(unit).upper())
    if factor is None:
        raise BadValue(f"{field} has the unit {_shown(unit)}, which is not known")
    return _number(field, amount, factor)


def nested(record: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """An object inside the record; null and missing are an empty one. Raises BadValue."""
    value = record.get(field)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadValue(f"{field} is {_shown(value)}, not an object")
    return value


def objects(record: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    """The objects of a list inside the record; null and missing are none. Raises BadValue."""
    value = record.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise BadValue(f"{field} is {_shown(value)}, not a list of objects")
    return value


def state(record: Mapping[str, Any], field: str = "status") -> Mapping[str, Any]:
    """A status as an object with its `value`.

    Resources differ: some give an object, some a bare text (behaviour, sections 2 and 3).
    """
    value = record.get(field)
    return value if isinstance(value, Mapping) else {"value": value}


def money(record: Mapping[str, Any], field: str) -> tuple[Decimal | None, str]:
    """An `{amount, currency}` object: the amount with six decimals or None, and the currency.

    Amounts are decimal strings in whole units of the currency (specification). Raises BadValue.
    """
    cost = nested(record, field)
    amount = cost.get("amount")
    number = None if amount in (None, "") else _number(field, amount, Decimal(1))
    return number, text(cost, "currency")


def whole(record: Mapping[str, Any], field: str) -> int | None:
    """A whole number or None. Raises BadValue."""
    value = record.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST_WHOLE:
        raise BadValue(f"{field} is {_shown(value)}, not a whole number that can be stored")
    return value


def truth(record: Mapping[str, Any], field: str) -> bool:
    """A boolean; null and missing are False (the specification's default)."""
    return record.get(field) is True or record.get(field) == "true"


def _number(field: str, amount: Any, factor: Decimal) -> Decimal:
    try:
        number = (Decimal(str(amount)) * factor).quantize(_SIX_PLACES)
        if abs(number) >= _TOO_MUCH:
            raise InvalidOperation
    except DecimalException:
        raise BadValue(
            f"{field} has the amount {_shown(amount)}, not a number that can be stored"
        ) from None
    return number


def _storable(field: str, value: Any, longest: int | None) -> str:
    # PostgreSQL cannot hold NUL in text.
    kept = str(value).replace("\x00", "")
    try:
        size = len(kept.encode())
    except UnicodeEncodeError:
        raise BadValue(f"{field} is {_shown(value)}, not valid Unicode") from None
    if longest is not None and size > longest:
        raise BadValue(f"{field} is {_shown(value)}, longer than {longest} bytes")
    return kept


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
