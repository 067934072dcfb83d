"""Automatic recharging of the account, and payments from the stored method."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.account import balance
from sandbox.clock import iso
from sandbox.paging import data_response
from sandbox.problems import wrong_type, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox

AMOUNT = re.compile(r"[0-9]{1,7}\.[0-9]{2}")
PREFERENCES = ("credit_paypal", "ach")
FIRST = {
    "id": "1524000000000000001",
    "record_type": "auto_recharge_pref",
    "enabled": False,
    "invoice_enabled": False,
    "preference": "credit_paypal",
    "threshold_amount": "50.00",
    "recharge_amount": "250.00",
}


def _preferences(sandbox: Sandbox) -> dict[str, Any]:
    stored = sandbox.state.fact("auto_recharge")
    return dict(FIRST) if stored is None else orjson.loads(stored)


async def get_preferences(request: Request) -> Response:
    """GET /payment/auto_recharge_prefs. The sandbox keeps them and never recharges by itself."""
    return data_response(_preferences(request.app.state.sandbox))


async def update_preferences(request: Request) -> Response:
    """PATCH /payment/auto_recharge_prefs."""
    sandbox: Sandbox = request.app.state.sandbox
    body, preferences = bodies.json_object(request), _preferences(sandbox)
    for name in ("enabled", "invoice_enabled"):
        if name in body:
            if not isinstance(body[name], bool):
                raise wrong_type(f"/{name}", "true or false")
            preferences[name] = body[name]
    for name in ("threshold_amount", "recharge_amount"):
        if name in body:
            preferences[name] = _amount(body, name)
    if "preference" in body:
        if body["preference"] not in PREFERENCES:
            detail = f"The preference is one of {', '.join(PREFERENCES)}."
            raise wrong_value("/preference", detail, "10032")
        preferences["preference"] = body["preference"]
    sandbox.state.set_fact("auto_recharge", orjson.dumps(preferences).decode())
    return data_response(preferences)


def _amount(body: dict[str, Any], name: str) -> str:
    """Money with two decimals; another form is 10027 (behaviour)."""
    text = bodies.required_text(body, name)
    if not AMOUNT.fullmatch(text):
        raise wrong_value(f"/{name}", "The amount has two decimals, as in 120.00.", "10027")
    return text


async def pay(request: Request) -> Response:
    """POST /v2/payment/stored_payment_transactions, below /v2 once more (specification).

    Whether the path also works without the second /v2 is not known; here both do.
    """
    sandbox: Sandbox = request.app.state.sandbox
    amount = Decimal(_amount(bodies.json_object(request), "amount"))
    if not amount:
        raise wrong_value("/amount", "The amount has to be above zero.", "10027")
    balance.set_balance(sandbox, balance.balance(sandbox) + amount)
    return data_response(
        {
            "id": sandbox.new_id(),
            "record_type": "transaction",
            "amount_cents": int(amount * 100),
            "amount_currency": balance.CURRENCY,
            "auto_recharge": False,
            "processor_status": "submitted_for_settlement",
            "transaction_processing_type": "stored_payment",
            "created_at": iso(sandbox.clock.now()),
        }
    )


routes = [
    Route("/payment/auto_recharge_prefs", get_preferences, methods=["GET"]),
    Route("/payment/auto_recharge_prefs", update_preferences, methods=["PATCH"]),
    Route("/v2/payment/stored_payment_transactions", pay, methods=["POST"]),
    Route("/payment/stored_payment_transactions", pay, methods=["POST"]),
]
