"""New SIM cards in the account: registered by their codes, or bought as eSIMs."""

from __future__ import annotations

import re
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.account import balance, ledger
from sandbox.clock import iso
from sandbox.fleet.device_fleets import DEFAULT_FLEET
from sandbox.fleet.sim_card_generation import CardMaker, Placement
from sandbox.identifiers import eid
from sandbox.iot import lifecycle, registration_codes, sim_card_records
from sandbox.problems import JSON_TYPE, association_missing, missing, wrong_type, wrong_value
from sandbox.usage import lines

if TYPE_CHECKING:
    from sandbox.context import Sandbox

# The price of an eSIM (behaviour), and seconds at speed 1 until one is ready (our choice).
ESIM_PRICE = Decimal("0.70")
REGISTRATION_SECONDS = 5.0
STATUSES = ("enabled", "disabled", "standby")
# More at once is refused; the real number is not documented.
MOST_AT_ONCE = 1000
NAME = re.compile(r"[A-Za-z0-9 ]+")


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when a new SIM card is ready."""

    def ready(subject: str, due: float) -> None:
        sim_card = sandbox.sim_cards.get(subject)
        if sim_card is not None and sim_card.listed["status"]["value"] == "registering":
            status = sim_card.hidden.pop("becomes", "enabled")
            sim_card_records.set_status(sandbox, sim_card, status, due, in_progress=False)

    sandbox.schedule.on("sim_card_registration", ready)


def _wishes(sandbox: Sandbox, body: dict[str, Any]) -> tuple[str, str, list[str]]:
    """Group, status and tags; the default group and enabled without a wish (specification)."""
    status = body.get("status", "enabled")
    if status not in STATUSES:
        raise wrong_value("/status", f"{status!r} is not one of {', '.join(STATUSES)}.", "10032")
    tags = list(dict.fromkeys(bodies.texts(body.get("tags") or [], "/tags")))
    group_id = None
    if "sim_card_group_id" in body:
        group_id = bodies.text(body["sim_card_group_id"], "/sim_card_group_id")
    if group_id is None:
        rows = sandbox.state.connection.execute("SELECT id FROM sim_card_groups ORDER BY seq")
        groups = (sandbox.sim_card_groups.get(identifier) for (identifier,) in rows.fetchall())
        group_id = next(g.listed["id"] for g in groups if g is not None and g.listed["default"])
    elif sandbox.sim_card_groups.get(group_id) is None:
        raise association_missing("/sim_card_group_id", "SIM card group")
    return group_id, status, tags


def _add(sandbox: Sandbox, kind: str, wishes: tuple[str, str, list[str]]) -> dict[str, Any]:
    """A new SIM card with numbers that nobody has; answers it as lists show it."""
    group_id, status, tags = wishes
    state, now = sandbox.state, sandbox.clock.now()
    made = int(state.fact("cards_made") or state.fact("sims") or 0)
    state.set_fact("cards_made", str(made + 1))
    maker = CardMaker(Random(f"card {made} of {state.fact('seed')}"), now)
    maker.count = made
    card = maker.make(Placement(DEFAULT_FLEET, group_id, "registering", now))
    listed = card.listed
    esim = kind == "esim"
    listed.update(
        id=sandbox.new_id(),
        type=kind,
        eid=eid("89044045", 7 * 10**20 + made) if esim else None,
        esim_installation_status="released" if esim else None,
        status={"value": "registering", "reason": lifecycle.reason_for("registering")},
        tags=tags,
        created_at=iso(now),
        updated_at=iso(now),
    )
    hidden = {**card.hidden, "becomes": status}
    sandbox.sim_cards.insert(listed, card.detail, hidden)
    lines.add(sandbox, listed, hidden, ledger.units(ESIM_PRICE) if esim else 0)
    due = sandbox.clock.after(REGISTRATION_SECONDS, now)
    sandbox.schedule.add(due, "sim_card_registration", listed["id"])
    return listed


def add_esim(sandbox: Sandbox) -> None:
    """An eSIM that somebody else bought in the meantime."""
    _add(sandbox, "esim", _wishes(sandbox, {}))


def _answer(cards: list[dict[str, Any]], errors: list[dict[str, Any]]) -> Response:
    """202 with SIM cards and errors side by side (specification)."""
    body = orjson.dumps({"data": cards, "errors": errors})
    return Response(body, 202, media_type=JSON_TYPE)


async def register_sim_cards(request: Request) -> Response:
    """POST /actions/register/sim_cards: good codes register, the others are errors beside them."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    codes = registration_codes.codes_of(body)
    if not 1 <= len(codes) <= MOST_AT_ONCE:
        detail = f"Between 1 and {MOST_AT_ONCE} codes can be registered at once."
        raise wrong_value("/registration_codes", detail, "10033")
    wishes = _wishes(sandbox, body)
    cards, errors = [], []
    for index, code in enumerate(codes):
        reason = registration_codes.why_invalid(sandbox, code)
        if reason is None:
            registration_codes.use(sandbox, code)
            cards.append(_add(sandbox, "physical", wishes))
        else:
            problem = wrong_value(f"/registration_codes/{index}", f"{code}: {reason}", "10027")
            errors.append(problem.error)
    return _answer(cards, errors)


async def purchase_esims(request: Request) -> Response:
    """POST /actions/purchase/esims: all of them or, without the money, none (our choice)."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    amount = bodies.whole(body, "amount")
    if not 1 <= amount <= MOST_AT_ONCE:
        detail = f"Between 1 and {MOST_AT_ONCE} eSIMs can be bought at once."
        raise wrong_value("/amount", detail, "10033")
    product, name = body.get("product"), body.get("whitelabel_name")
    if product not in (None, "whitelabel"):
        raise wrong_value("/product", f"{product!r} is not whitelabel.", "10032")
    if name is not None and not isinstance(name, str):
        raise wrong_type("/whitelabel_name", "a string")
    if name is None and product is not None:
        raise missing("/whitelabel_name")
    if name is not None and not NAME.fullmatch(name):
        detail = "The name consists of letters, numbers and spaces."
        raise wrong_value("/whitelabel_name", detail)
    wishes = _wishes(sandbox, body)
    balance.spend(sandbox, ESIM_PRICE * amount, "esim", "eSIM purchase", amount)
    return _answer([_add(sandbox, "esim", wishes) for _ in range(amount)], [])


routes = [
    Route("/actions/register/sim_cards", register_sim_cards, methods=["POST"]),
    Route("/actions/purchase/esims", purchase_esims, methods=["POST"]),
]
