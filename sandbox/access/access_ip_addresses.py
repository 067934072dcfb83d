"""IP addresses from which the account may be used.

Their answers are bare records, and lists alone have ``data`` around them (specification).
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies, moments
from sandbox.account.owner import USER
from sandbox.clock import DAY, iso, moved_on
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.filters import Filters
from sandbox.identifiers import random_id
from sandbox.paging import paged
from sandbox.problems import JSON_TYPE, duplicate, not_found, wrong_type, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# Seconds at speed 1 until an address is in the list of the network's edge (our choice).
ADDING_SECONDS = 10.0
COMPARISONS = {"": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
EXAMPLES = (
    ("203.0.113.24", "Office in Hamburg"),
    ("198.51.100.7", "Monitoring"),
    ("2001:db8:42::15", "Build server"),
)


def collection(state: State) -> Collection:
    """The stored addresses."""
    names = ("ip_address", "source", "created_at")
    return Collection(
        state, "access_ip_addresses", [Column(name, itemgetter(name)) for name in names]
    )


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when an address takes effect."""

    def added(subject: str, due: float) -> None:
        address = sandbox.access_ip_addresses.get(subject)
        if address is not None:
            address.listed["status"] = "added"
            address.listed["updated_at"] = moved_on(address.listed["updated_at"], due)
            sandbox.access_ip_addresses.save(address)

    sandbox.schedule.on("access_ip_address", added)


def fill(sandbox: Sandbox, random: Random, day: float) -> None:
    """A few places from which somebody works."""
    for number, (address, description) in enumerate(EXAMPLES):
        at = iso(day - (200 - 60 * number + random.uniform(0, 30)) * DAY)
        document = _document(random_id(random), address, description, "portal", at)
        sandbox.access_ip_addresses.insert({**document, "status": "added"})


def _document(
    identifier: str, address: str, description: str, source: str, at: str
) -> dict[str, str]:
    return {
        "id": identifier,
        "ip_address": address,
        "source": source,
        "status": "pending",
        "description": description,
        "user_id": USER,
        "created_at": at,
        "updated_at": at,
    }


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    address = sandbox.access_ip_addresses.get(request.path_params["id"])
    if address is None:
        raise not_found()
    return sandbox, address


def _bare(document: dict[str, str]) -> Response:
    return Response(orjson.dumps(document), media_type=JSON_TYPE)


def _usual_form(text: str) -> str:
    """An IPv4 or IPv6 address as it is stored; raises ValueError."""
    return str(ip_address(text.strip()))


def _address(body: dict[str, object]) -> str:
    """The address of a request; ranges are refused (our choice)."""
    text = bodies.required_text(body, "ip_address")
    if "%" in text:
        raise wrong_value("/ip_address", "An address with a zone is not reachable from outside.")
    try:
        return _usual_form(text)
    except ValueError:
        raise wrong_value("/ip_address", "The value is no IPv4 or IPv6 address.") from None


async def list_addresses(request: Request) -> Response:
    """GET /access_ip_address, newest first; filters compare whole values."""
    sandbox: Sandbox = request.app.state.sandbox
    times = {f"created_at][{name}".removesuffix("]["): sign for name, sign in COMPARISONS.items()}
    filters = Filters(request, ("ip_address", "ip_source", *times))
    selection = EVERYTHING
    if (value := filters.text("ip_address")) is not None:
        with suppress(ValueError):
            value = _usual_form(value)
        selection = selection.also("c.ip_address = ?", value)
    if (value := filters.text("ip_source")) is not None:
        selection = selection.also("c.source = ?", value)
    for name, sign in times.items():
        if (value := filters.text(name)) is not None:
            at = moments.filtered(f"filter[{name}]", value)
            selection = selection.also(f"c.created_at {sign} ?", at)
    return paged(request, sandbox.access_ip_addresses, selection)


async def create_address(request: Request) -> Response:
    """POST /access_ip_address; 200, and it takes effect a little later (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    address, description = _address(body), body.get("description", "")
    if not isinstance(description, str):
        raise wrong_type("/description", "a string")
    if sandbox.access_ip_addresses.count(EVERYTHING.also("c.ip_address = ?", address)):
        raise duplicate("/ip_address", f"{address} is in the list already.")
    now = sandbox.clock.now()
    document = _document(sandbox.new_id(), address, description, "api", iso(now))
    sandbox.access_ip_addresses.insert(document)
    due = sandbox.clock.after(ADDING_SECONDS, now)
    sandbox.schedule.add(due, "access_ip_address", document["id"])
    return _bare(document)


async def get_address(request: Request) -> Response:
    """GET /access_ip_address/{id}."""
    return _bare(_known(request)[1].listed)


async def delete_address(request: Request) -> Response:
    """DELETE /access_ip_address/{id}; 200 with it (specification)."""
    sandbox, address = _known(request)
    sandbox.access_ip_addresses.remove(address)
    return _bare(address.listed)


routes = [
    Route("/access_ip_address", list_addresses, methods=["GET"]),
    Route("/access_ip_address", create_address, methods=["POST"]),
    Route("/access_ip_address/{id}", get_address, methods=["GET"]),
    Route("/access_ip_address/{id}", delete_address, methods=["DELETE"]),
]
