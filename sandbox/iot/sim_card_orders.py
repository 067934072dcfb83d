"""Orders of physical SIM cards: priced, paid, and on their way through six states."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from random import Random
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.account import balance, ledger
from sandbox.clock import iso, moved_on
from sandbox.collection import EVERYTHING, Collection, Column, Document, Selection
from sandbox.filters import Filters
from sandbox.iot import registration_codes
from sandbox.paging import data_response, paged
from sandbox.problems import association_missing, bad_filter, not_found, refused, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# Prices (behaviour); that every address of the country is its mainland is our choice.
CARD_PRICE = Decimal("1.00")
SHIPPING_ABROAD = Decimal("10.00")
# How many cards there are for one order (our choice); more is out of stock.
STOCK = 5000
# Seconds at speed 1 from one status to the next (our choice).
STEPS = {
    "pending": ("processing", 60.0),
    "processing": ("ready_to_ship", 300.0),
    "ready_to_ship": ("shipped", 300.0),
    "shipped": ("delivered", 600.0),
}
# An order of this many cards is canceled, as nothing else cancels one (our choice).
CANCELED_QUANTITY = 13
ADDRESS_FIELDS = (
    "id",
    "first_name",
    "last_name",
    "business_name",
    "street_address",
    "extended_address",
    "locality",
    "administrative_area",
    "postal_code",
    "country_code",
)
FILTERABLE = (
    "id",
    "street_address",
    "extended_address",
    "locality",
    "administrative_area",
    "postal_code",
    "country_code",
)


def _part_of_address(name: str) -> Callable[[Document], Any]:
    return lambda order: order["order_address"][name]


def collection(state: State) -> Collection:
    """The stored orders."""
    return Collection(
        state,
        "sim_card_orders",
        [
            *(Column(f"address_{name}", _part_of_address(name)) for name in FILTERABLE),
            Column("cost_amount", lambda order: float(order["cost"]["amount"]), "REAL"),
            Column("cost_currency", lambda order: order["cost"]["currency"]),
            Column("quantity", lambda order: order["quantity"], "INTEGER"),
            Column("created_at", lambda order: order["created_at"]),
            Column("updated_at", lambda order: order["updated_at"]),
        ],
    )


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when an order goes on."""
    sandbox.schedule.on("sim_card_order", lambda subject, due: _go_on(sandbox, subject, due))


def _go_on(sandbox: Sandbox, identifier: str, due: float) -> None:
    order = sandbox.sim_card_orders.get(identifier)
    if order is None or order.listed["status"] not in STEPS:
        return
    listed = order.listed
    following = STEPS[listed["status"]][0]
    if following == "processing" and listed["quantity"] == CANCELED_QUANTITY:
        following = "canceled"
        paid = Decimal(listed["cost"]["amount"])
        ledger.post(sandbox, "refund", paid, "SIM card order that was canceled", 1, identifier)
    listed["status"] = following
    listed["updated_at"] = moved_on(listed["updated_at"], due)
    if following == "shipped":
        listed["tracking_url"] = f"https://parcels.sandbox.example/{identifier[:8]}"
    if following == "delivered":
        registration_codes.add(sandbox, Random(identifier), listed["quantity"], used=False)
    sandbox.sim_card_orders.save(order)
    if following in STEPS:
        due = sandbox.clock.after(STEPS[following][1], due)
        sandbox.schedule.add(due, "sim_card_order", identifier)


def _wanted(sandbox: Sandbox, body: dict[str, Any]) -> tuple[dict[str, Any], int, Decimal, Decimal]:
    """Address, quantity, price of the cards and of shipping."""
    address_id = bodies.required_text(body, "address_id")
    quantity = bodies.whole(body, "quantity")
    if quantity < 1:
        raise wrong_value("/quantity", "The quantity has to be 1 or more.", "10033")
    address = sandbox.addresses.get(address_id)
    if address is None:
        raise association_missing("/address_id", "address")
    if quantity > STOCK:
        raise refused("70001", f"Only {STOCK} SIM cards are in stock.")
    abroad = address.listed["country_code"] != "US"
    shipping = SHIPPING_ABROAD if abroad else Decimal(0)
    return address.listed, quantity, CARD_PRICE * quantity, shipping


async def preview(request: Request) -> Response:
    """POST /sim_card_order_preview; 202 (specification). Nothing is ordered or paid."""
    sandbox: Sandbox = request.app.state.sandbox
    _, quantity, cards, shipping = _wanted(sandbox, bodies.json_object(request))
    answer = {
        "record_type": "sim_card_order_preview",
        "quantity": quantity,
        "sim_cards_cost": balance.cost(cards),
        "shipping_cost": balance.cost(shipping),
        "total_cost": balance.cost(cards + shipping),
    }
    return data_response(answer, 202)


async def create_order(request: Request) -> Response:
    """POST /sim_card_orders; 200 (specification). It is paid at once (our choice)."""
    sandbox: Sandbox = request.app.state.sandbox
    address, quantity, cards, shipping = _wanted(sandbox, bodies.json_object(request))
    identifier = sandbox.new_id()
    balance.spend(sandbox, cards + shipping, "order", "SIM card order", quantity, identifier)
    now = sandbox.clock.now()
    order = {
        "id": identifier,
        "record_type": "sim_card_order",
        "quantity": quantity,
        "cost": balance.cost(cards + shipping),
        "order_address": {name: address[name] for name in ADDRESS_FIELDS},
        "status": "pending",
        "tracking_url": None,
        "created_at": iso(now),
        "updated_at": iso(now),
    }
    sandbox.sim_card_orders.insert(order)
    due = sandbox.clock.after(STEPS["pending"][1], now)
    sandbox.schedule.add(due, "sim_card_order", str(order["id"]))
    return data_response(order)


def _selection(request: Request) -> Selection:
    names = {f"address.{name}": f"address_{name}" for name in FILTERABLE}
    names |= {"cost.amount": "cost_amount", "cost.currency": "cost_currency"}
    names |= {name: name for name in ("quantity", "created_at", "updated_at")}
    filters = Filters(request, names)
    selection = EVERYTHING
    for name, column in names.items():
        value: Any = filters.text(name)
        if value is None:
            continue
        if column in ("cost_amount", "quantity"):
            try:
                value = float(Decimal(value))
            except (InvalidOperation, OverflowError):
                raise bad_filter(f"filter[{name}]", f"{value!r} is not a number.") from None
        selection = selection.also(f"c.{column} = ?", value)
    return selection


async def list_orders(request: Request) -> Response:
    """GET /sim_card_orders, newest first; filters compare whole values (our choice)."""
    sandbox: Sandbox = request.app.state.sandbox
    return paged(request, sandbox.sim_card_orders, _selection(request))


async def get_order(request: Request) -> Response:
    """GET /sim_card_orders/{id}."""
    sandbox: Sandbox = request.app.state.sandbox
    order = sandbox.sim_card_orders.get(request.path_params["id"])
    if order is None:
        raise not_found()
    return data_response(order.listed)


routes = [
    Route("/sim_card_order_preview", preview, methods=["POST"]),
    Route("/sim_card_orders", list_orders, methods=["GET"]),
    Route("/sim_card_orders", create_order, methods=["POST"]),
    Route("/sim_card_orders/{id}", get_order, methods=["GET"]),
]
