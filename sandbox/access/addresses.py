"""Addresses of the account; SIM card orders go to them."""

from __future__ import annotations

from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import DAY, iso
from sandbox.collection import EVERYTHING, Collection, Column, Record, Selection
from sandbox.filters import Filters
from sandbox.paging import data_response, paged
from sandbox.problems import bad_filter, not_found, wrong_type, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

REQUIRED = (
    "first_name",
    "last_name",
    "business_name",
    "street_address",
    "locality",
    "country_code",
)
OPTIONAL = (
    "administrative_area",
    "borough",
    "customer_reference",
    "extended_address",
    "neighborhood",
    "phone_number",
    "postal_code",
)
SORTS = ("created_at", "first_name", "last_name", "business_name", "street_address")
FILTERS = (
    "customer_reference",
    "customer_reference][eq",
    "customer_reference][contains",
    "used_as_emergency",
    "street_address][contains",
    "address_book][eq",
)
# Identifiers are whole numbers as strings (behaviour).
FIRST_ID = 2_903_118_446_207_001_000
EXAMPLES = (
    ("Ada", "Quist", "1200 Brazos Street", "Austin", "TX", "78701", "US"),
    ("Mara", "Lind", "Hafenstraße 12", "Hamburg", None, "20457", "DE"),
    ("Tom", "Okafor", "4 Quay Side", "Bristol", None, "BS1 4QA", "GB"),
)


def collection(state: State) -> Collection:
    """The stored addresses."""
    names = ("customer_reference", *SORTS)
    return Collection(
        state,
        "addresses",
        [
            *(Column(name, itemgetter(name)) for name in names),
            Column("address_book", lambda address: int(address["address_book"])),
        ],
    )


def fill(sandbox: Sandbox, random: Random, day: float) -> None:
    """A few offices."""
    for number, (first, last, street, town, area, code, country) in enumerate(EXAMPLES):
        body = {
            "first_name": first,
            "last_name": last,
            "business_name": "Fieldworks",
            "street_address": street,
            "locality": town,
            "administrative_area": area,
            "postal_code": code,
            "country_code": country,
        }
        at = iso(day - (300 - 90 * number + random.uniform(0, 30)) * DAY)
        sandbox.addresses.insert(_document(sandbox, body, at))


def _document(sandbox: Sandbox, body: dict[str, Any], at: str) -> dict[str, Any]:
    number = int(sandbox.state.fact("next_address") or FIRST_ID)
    sandbox.state.set_fact("next_address", str(number + 1))
    return {
        "id": str(number),
        "record_type": "address",
        **{name: body.get(name) for name in (*REQUIRED, *OPTIONAL)},
        "address_book": body.get("address_book", True),
        "validate_address": body.get("validate_address", True),
        "created_at": at,
        "updated_at": at,
    }


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    address = sandbox.addresses.get(request.path_params["id"])
    if address is None:
        raise not_found()
    return sandbox, address


def _selection(request: Request) -> Selection:
    filters = Filters(request, FILTERS)
    selection = EVERYTHING
    for name in ("customer_reference", "customer_reference][eq"):
        if (value := filters.text(name)) is not None:
            selection = selection.also("c.customer_reference = ?", value)
    for field in ("customer_reference", "street_address"):
        if (value := filters.text(f"{field}][contains")) is not None:
            selection = selection.also(f"instr(c.{field}, ?)", value)
    if (value := filters.text("address_book][eq")) is not None:
        selection = selection.also("c.address_book = ?", str(int(value.lower() == "true")))
    if (filters.text("used_as_emergency") or "false").lower() == "true":
        # No address of the sandbox is used for emergency calls.
        selection = selection.also("0")
    sort = request.query_params.get("sort", "created_at")
    field = sort.removeprefix("-")
    if field not in SORTS:
        raise bad_filter("sort", f"{sort!r} is not one of {', '.join(SORTS)}.")
    order = f"{field} DESC" if sort.startswith("-") else field
    return Selection(selection.where, selection.values, order)


async def list_addresses(request: Request) -> Response:
    """GET /addresses, by created_at upwards (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    return paged(request, sandbox.addresses, _selection(request))


async def create_address(request: Request) -> Response:
    """POST /addresses; 200 (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    for name in REQUIRED:
        bodies.required_text(body, name)
    for name in OPTIONAL:
        if body.get(name) is not None and not isinstance(body[name], str):
            raise wrong_type(f"/{name}", "a string")
    for name in ("address_book", "validate_address"):
        if not isinstance(body.get(name, True), bool):
            raise wrong_type(f"/{name}", "true or false")
    country = body["country_code"]
    if not (len(country) == 2 and country.isalpha() and country.isupper()):
        raise wrong_value("/country_code", "A country is two capital letters.")
    address = _document(sandbox, body, iso(sandbox.clock.now()))
    sandbox.addresses.insert(address)
    return data_response(address)


async def get_address(request: Request) -> Response:
    """GET /addresses/{id}."""
    return data_response(_known(request)[1].listed)


async def delete_address(request: Request) -> Response:
    """DELETE /addresses/{id}; orders keep what they need of it."""
    sandbox, address = _known(request)
    sandbox.addresses.remove(address)
    return data_response(address.listed)


routes = [
    Route("/addresses", list_addresses, methods=["GET"]),
    Route("/addresses", create_address, methods=["POST"]),
    Route("/addresses/{id}", get_address, methods=["GET"]),
    Route("/addresses/{id}", delete_address, methods=["DELETE"]),
]
