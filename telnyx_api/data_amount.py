"""Amounts of data as the API writes them."""

from collections.abc import Mapping
from typing import TypedDict

from telnyx_api import arguments
from telnyx_api.errors import InvalidArgument

UNITS = ("MB", "GB")


class DataAmount(TypedDict, total=False):
    """``amount`` is a decimal number in a string, ``unit`` MB or GB (specification)."""

    amount: str
    unit: str


def checked_limit(name: str, value: object) -> DataAmount:
    """A data limit to send: both parts are needed; raises errors.InvalidArgument."""
    if not isinstance(value, Mapping) or set(value) != {"amount", "unit"}:
        raise InvalidArgument(
            name, value, 'an amount and a unit: {"amount": "2048.0", "unit": "MB"}'
        )
    return DataAmount(
        amount=arguments.decimal_text(f"{name}.amount", value["amount"]),
        unit=arguments.one_of(f"{name}.unit", value["unit"], UNITS),
    )
