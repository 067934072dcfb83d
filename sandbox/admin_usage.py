"""Direct changes of usage, under /_sandbox: use data, let time pass, turn the cycle."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import iso
from sandbox.problems import JSON_TYPE, association_missing, missing, wrong_type, wrong_value
from sandbox.usage import cycle, growth, live

if TYPE_CHECKING:
    from sandbox.context import Sandbox

MOST_MB = 10_000_000
MOST_TICKS = 1_000


def _json(data: object, status: int = 200) -> Response:
    return Response(orjson.dumps(data), status, media_type=JSON_TYPE)


def _thousandths(value: Any) -> int:
    """Megabytes, a number or a decimal string, in thousandths."""
    if value is None:
        raise missing("/mb")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong_type("/mb", "a number of megabytes")
    try:
        amount = Decimal(str(value)) * 1000
    except InvalidOperation:
        raise wrong_type("/mb", "a number of megabytes") from None
    if not amount.is_finite() or not 1 <= amount <= MOST_MB * 1000 or amount % 1:
        detail = f"Between 0.001 and {MOST_MB} megabytes, with at most three decimals."
        raise wrong_value("/mb", detail, "10033")
    return int(amount)


async def use(request: Request) -> Response:
    """POST /_sandbox/usage {sim_card_id, mb}: as if the device had used this just now."""
    sandbox: Sandbox = request.app.state.gate.sandbox
    body = bodies.json_object(request)
    identifier, amount = bodies.required_text(body, "sim_card_id"), _thousandths(body.get("mb"))
    sim_card = sandbox.sim_cards.get(identifier)
    if sim_card is None:
        raise association_missing("/sim_card_id", "SIM card")
    with sandbox.state.transaction():
        listed = live.use(sandbox, sim_card, amount)
    return _json({"data": listed}, 201)


async def tick(request: Request) -> Response:
    """POST /_sandbox/usage/ticks {count}: let usage grow now, so many ticks."""
    sandbox: Sandbox = request.app.state.gate.sandbox
    body = bodies.json_object(request)
    count = bodies.whole(body, "count") if "count" in body else 1
    if not 1 <= count <= MOST_TICKS:
        raise wrong_value("/count", f"Between 1 and {MOST_TICKS} ticks.", "10033")
    with sandbox.state.transaction():
        made = sum(growth.tick(sandbox) for _ in range(count))
    return _json({"records": made})


async def turn(request: Request) -> Response:
    """POST /_sandbox/cycle: the billing cycle turns now."""
    sandbox: Sandbox = request.app.state.gate.sandbox
    with sandbox.state.transaction():
        begun = cycle.turn_now(sandbox)
    return _json({"cycle_start": iso(begun / 1000)})


routes = [
    Route("/usage", use, methods=["POST"]),
    Route("/usage/ticks", tick, methods=["POST"]),
    Route("/cycle", turn, methods=["POST"]),
]
