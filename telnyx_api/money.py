"""Amounts of money as the API writes them."""

from typing import TypedDict


class Money(TypedDict, total=False):
    """``amount`` is a decimal number in a string, ``currency`` an ISO 4217 code."""

    amount: str
    currency: str
