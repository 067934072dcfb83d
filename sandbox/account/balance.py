"""The account's balance: what purchases draw down (GET /balance)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.account import ledger, recharging
from sandbox.paging import data_response
from sandbox.problems import refused

if TYPE_CHECKING:
    from sandbox.context import Sandbox

CURRENCY = "USD"
FIRST_BALANCE = "2500.00"
CREDIT_LIMIT = Decimal("100.00")
CENT = Decimal("0.01")


def amount(value: Decimal) -> str:
    """Money as the API writes it: a decimal string (specification)."""
    return str(value.quantize(CENT))


def cost(value: Decimal) -> dict[str, str]:
    """Money with its currency (specification)."""
    return {"amount": amount(value), "currency": CURRENCY}


def balance(sandbox: Sandbox) -> Decimal:
    """What is on the account; it may be below zero, down to the credit limit."""
    return Decimal(sandbox.state.fact("balance") or FIRST_BALANCE)


def set_balance(sandbox: Sandbox, value: Decimal) -> None:
    """Put this amount on the account; the ledger shows the difference as an adjustment."""
    ledger.post(sandbox, "adjustment", value - balance(sandbox), "Adjustment of the balance")


def has(sandbox: Sandbox, price: Decimal) -> bool:
    """Whether the credit that is available pays for this (specification: balance plus limit)."""
    return balance(sandbox) + CREDIT_LIMIT >= price


def spend(
    sandbox: Sandbox,
    price: Decimal,
    kind: str,
    description: str,
    quantity: int = 1,
    reference: str | None = None,
) -> None:
    """Pay, or refuse for want of money (behaviour: 20100)."""
    if not has(sandbox, price):
        raise refused("20100", f"This costs {amount(price)} {CURRENCY}, which is not available.")
    ledger.post(sandbox, kind, -price, description, quantity, reference)
    recharging.recharge(sandbox)


def document(sandbox: Sandbox) -> dict[str, Any]:
    """The balance as the API shows it; nothing is ever pending (our choice)."""
    present = balance(sandbox)
    return {
        "record_type": "balance",
        "balance": amount(present),
        "credit_limit": amount(CREDIT_LIMIT),
        "available_credit": amount(present + CREDIT_LIMIT),
        "pending": "0.00",
        "currency": CURRENCY,
    }


async def get_balance(request: Request) -> Response:
    """GET /balance."""
    return data_response(document(request.app.state.sandbox))


routes = [Route("/balance", get_balance, methods=["GET"])]
