"""What only a sandbox has, under /_sandbox: the request log, faults, orders for what is to come."""

from dataclasses import asdict
from decimal import Decimal
from ipaddress import ip_address
from types import NoneType
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox import bodies, clock_skew
from sandbox.access import telephony_credentials
from sandbox.account import balance
from sandbox.context import Sandbox
from sandbox.gate import Gate
from sandbox.iot import registration_codes
from sandbox.iot.lifecycle import RULES
from sandbox.iot.sim_card_actions import FEATURES, OrderedOutcome
from sandbox.problems import JSON_TYPE, Problem, wrong_type, wrong_value
from sandbox.webhooks.sending import is_address

OUTCOMES = ("failed", "interrupted", "stuck")
OUTCOME_TYPES: dict[str, tuple[type, ...]] = {
    "reason": (str, NoneType),
    "sim_card_id": (str, NoneType),
    "times": (int, NoneType),
    "seconds": (int, float, NoneType),
}


class LocalOnly:
    """Lets only clients on the same machine through, unless ``open_to_all``."""

    def __init__(self, inner: ASGIApp, open_to_all: bool) -> None:
        self.inner = inner
        self.open_to_all = open_to_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on or refuse it."""
        peer = (scope.get("client") or ("",))[0]
        try:
            local = ip_address(peer).is_loopback
        except ValueError:
            local = False
        if local or self.open_to_all:
            try:
                scope["sandbox.body"] = await Request(scope, receive).body()
                await self.inner(scope, receive, send)
            except Problem as problem:
                await problem.response()(scope, receive, send)
            return
        refused = Problem(403, "10010", "Not authorized", "Only clients on this machine may.")
        await refused.response()(scope, receive, send)


def _json(data: object, status: int = 200) -> Response:
    return Response(orjson.dumps(data), status, media_type=JSON_TYPE)


def _gate(request: Request) -> Gate:
    gate: Gate = request.app.state.gate
    return gate


async def list_requests(request: Request) -> Response:
    """GET /_sandbox/requests?method=&path_prefix=."""
    query = request.query_params
    found = _gate(request).log.find(query.get("method"), query.get("path_prefix"))
    return _json({"count": len(found), "requests": found})


async def clear_requests(request: Request) -> Response:
    """DELETE /_sandbox/requests."""
    _gate(request).log.clear()
    return Response(status_code=204)


async def list_faults(request: Request) -> Response:
    """GET /_sandbox/faults."""
    return _json({"faults": [rule.shown() for rule in _gate(request).faults.rules]})


async def arm_faults(request: Request) -> Response:
    """POST /_sandbox/faults with one rule or a list of rules."""
    try:
        body = orjson.loads(request.scope["sandbox.body"])
    except orjson.JSONDecodeError:
        body = None
    rules = body if isinstance(body, list) else [body]
    if not all(isinstance(rule, dict) for rule in rules):
        raise wrong_type("", "an object or a list of objects")
    armed = [_gate(request).faults.arm(rule) for rule in rules]
    return _json({"faults": [rule.shown() for rule in armed]}, 201)


async def clear_faults(request: Request) -> Response:
    """DELETE /_sandbox/faults."""
    _gate(request).faults.rules.clear()
    return Response(status_code=204)


async def order_outcome(request: Request) -> Response:
    """POST /_sandbox/action_outcomes: coming SIM card actions fail, are interrupted or stuck."""
    order = outcome_of(bodies.json_object(request))
    _sandbox(request).ordered_outcomes.append(order)
    return _json(asdict(order), 201)


def outcome_of(body: dict[str, Any]) -> OrderedOutcome:
    """An order from its JSON, checked; fields as in :class:`OrderedOutcome`."""
    if body.get("status") not in OUTCOMES:
        raise wrong_value("/status", f"The status is one of {', '.join(OUTCOMES)}.", "10032")
    if body.get("action_type") not in (None, *RULES, *FEATURES):
        raise wrong_value(
            "/action_type", f"The type is one of {', '.join((*RULES, *FEATURES))}.", "10032"
        )
    if unknown := body.keys() - OrderedOutcome.__dataclass_fields__.keys():
        raise wrong_value(f"/{min(unknown)}", "An outcome has no such field.")
    for name, value in body.items():
        if name in OUTCOME_TYPES and not _is_one_of(value, OUTCOME_TYPES[name]):
            raise wrong_type(f"/{name}", " or ".join(kind.__name__ for kind in OUTCOME_TYPES[name]))
    return OrderedOutcome(**body)


def _is_one_of(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


async def list_outcomes(request: Request) -> Response:
    """GET /_sandbox/action_outcomes."""
    return _json({"action_outcomes": [asdict(o) for o in _sandbox(request).ordered_outcomes]})


async def clear_outcomes(request: Request) -> Response:
    """DELETE /_sandbox/action_outcomes."""
    _sandbox(request).ordered_outcomes.clear()
    return Response(status_code=204)


def _sandbox(request: Request) -> Sandbox:
    return _gate(request).sandbox


async def change_balance(request: Request) -> Response:
    """POST /_sandbox/balance: put this amount on the account."""
    sandbox = _sandbox(request)
    amount = bodies.required_text(bodies.json_object(request), "amount")
    if not bodies.AMOUNT.fullmatch(amount):
        raise wrong_value("/amount", "The amount is a decimal number of 0 or more.")
    with sandbox.state.transaction():
        balance.set_balance(sandbox, Decimal(amount))
    return _json({"data": balance.document(sandbox)})


async def change_api_key(request: Request) -> Response:
    """POST /_sandbox/api_key: from now on only this key is right."""
    _gate(request).api_key = bodies.required_text(bodies.json_object(request), "api_key")
    return Response(status_code=204)


async def show_webhook(request: Request) -> Response:
    """GET /_sandbox/webhook: the receiver, and the public key for the signatures."""
    return _json(_sandbox(request).webhooks.shown())


async def set_webhook(request: Request) -> Response:
    """POST /_sandbox/webhook with ``url``: events are sent there from now on; null ends that."""
    body = bodies.json_object(request)
    url = body.get("url")
    if url is not None and not is_address(bodies.text(url, "/url")):
        raise wrong_value("/url", "The value is no address of http or https.", "10003")
    _sandbox(request).webhooks.send_to(url)
    return await show_webhook(request)


async def remove_webhook(request: Request) -> Response:
    """DELETE /_sandbox/webhook: nothing is sent any more."""
    _sandbox(request).webhooks.send_to(None)
    return Response(status_code=204)


async def show_state(request: Request) -> Response:
    """GET /_sandbox/state: what there is, and how much is in progress."""
    sandbox = _sandbox(request)
    counts = sandbox.state.connection.execute(
        "SELECT status, count(*) FROM sim_cards GROUP BY status ORDER BY status"
    )
    running = sandbox.state.connection.execute(
        "SELECT count(*) FROM sim_card_actions WHERE status = 'in-progress'"
    ).fetchone()[0]
    return _json(
        {
            "sim_cards": len(sandbox.sim_cards),
            "sim_cards_by_status": dict(counts.fetchall()),
            "sim_card_groups": len(sandbox.sim_card_groups),
            "sim_card_actions": len(sandbox.sim_card_actions),
            "sim_card_actions_in_progress": running,
            "seed": int(sandbox.state.fact("seed") or 0),
            "as_of": sandbox.state.fact("as_of"),
            "speed": sandbox.clock.speed,
        }
    )


routes = [
    Route("/requests", list_requests, methods=["GET"]),
    Route("/requests", clear_requests, methods=["DELETE"]),
    Route("/faults", list_faults, methods=["GET"]),
    Route("/faults", arm_faults, methods=["POST"]),
    Route("/faults", clear_faults, methods=["DELETE"]),
    Route("/action_outcomes", list_outcomes, methods=["GET"]),
    Route("/action_outcomes", order_outcome, methods=["POST"]),
    Route("/action_outcomes", clear_outcomes, methods=["DELETE"]),
    Route("/registration_codes", registration_codes.show, methods=["GET"]),
    Route("/balance", change_balance, methods=["POST"]),
    Route("/api_key", change_api_key, methods=["POST"]),
    Route("/telephony_credentials", telephony_credentials.show, methods=["GET"]),
    Route("/webhook", show_webhook, methods=["GET"]),
    Route("/webhook", set_webhook, methods=["POST"]),
    Route("/webhook", remove_webhook, methods=["DELETE"]),
    Route("/state", show_state, methods=["GET"]),
    *clock_skew.routes,
]
