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
from sandbox.account import recharging
from sandbox.paging import data_response
from sandbox.problems import wrong_type, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox

AMOUNT = re.compile(r"[0-9]{1,7}\.[0-9]{2}")
PREFERENCES = ("credit_paypal", "ach")


async def get_preferences(request: Request) -> Response:
    """GET /payment/auto_recharge_prefs."""
    return data_response(recharging.preferences(request.app.state.sandbox))


async def update_preferences(request: Request) -> Response:
    """PATCH /payment/auto_recharge_prefs."""
    sandbox: Sandbox = request.app.state.sandbox
    body, preferences = bodies.json_object(request), recharging.preferences(sandbox)
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
    return data_response(recharging.pay(sandbox, amount))


routes = [
    Route("/payment/auto_recharge_prefs", get_preferences, methods=["GET"]),
    Route("/payment/auto_recharge_prefs", update_preferences, methods=["PATCH"]),
    Route("/v2/payment/stored_payment_transactions", pay, methods=["POST"]),
    Route("/payment/stored_payment_transactions", pay, methods=["POST"]),
]
