"""Public IPs of SIM cards: asked for, given a little later, and taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.account import balance, ledger
from sandbox.clock import iso, moved_on
from sandbox.collection import Collection, Column, Record
from sandbox.iot import sim_card_actions, sim_cards
from sandbox.iot.regions import DEFAULT_REGION, REGIONS
from sandbox.paging import data_response
from sandbox.problems import bad_parameter, not_found, refused

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# A month's price (behaviour); it is charged once, when the address is asked for (our choice).
PRICE = Decimal("3.00")


def collection(state: State) -> Collection:
    """The stored public IPs; each has the id of its SIM card."""
    return Collection(
        state,
        "public_ips",
        [
            Column("region_code", lambda stored: stored["region_code"]),
            Column("ip", lambda hidden: hidden["reserved"], hidden=True),
        ],
    )


def register(sandbox: Sandbox) -> None:
    """Say what happens when the actions end."""

    def was_set(sim_card: Record, _action: dict[str, Any], succeeded: bool) -> None:
        stored = sandbox.public_ips.get(sim_card.listed["id"])
        if stored is None:
            return
        if not succeeded:
            sandbox.public_ips.remove(stored)
            identifier = sim_card.listed["id"]
            ledger.post(sandbox, "refund", PRICE, "Public IP that was not set", 1, identifier)
            return
        stored.listed["ip"] = stored.hidden["reserved"]
        stored.listed["updated_at"] = moved_on(stored.listed["updated_at"], sandbox.clock.now())
        sandbox.public_ips.save(stored)

    def was_removed(sim_card: Record, _action: dict[str, Any], succeeded: bool) -> None:
        if succeeded:
            forget(sandbox, sim_card.listed["id"])

    sandbox.feature_endings["set_public_ip"] = was_set
    sandbox.feature_endings["remove_public_ip"] = was_removed


def forget(sandbox: Sandbox, sim_card_id: str) -> None:
    """Give the address of a SIM card back."""
    stored = sandbox.public_ips.get(sim_card_id)
    if stored is not None:
        sandbox.public_ips.remove(stored)


def _free_address(sandbox: Sandbox, region_code: str) -> str:
    region = REGIONS[region_code]
    rows = sandbox.state.connection.execute(
        "SELECT ip FROM public_ips WHERE region_code = ?", (region_code,)
    )
    taken = {ip for (ip,) in rows}
    for number in range(region.first, region.first + region.public_ips):
        address = f"{region.network}.{number}"
        if address not in taken:
            return address
    raise refused("70008", f"Region {region_code} has no public IP left.")


def start_setting(
    sandbox: Sandbox, sim_card: Record, region_code: str, bulk_id: str | None = None
) -> dict[str, Any]:
    """Reserve an address, pay for it and start the action; answers the action."""
    identifier = sim_card.listed["id"]
    if sandbox.public_ips.get(identifier) is not None:
        raise refused("10027", "The SIM card has a public IP already.")
    address = _free_address(sandbox, region_code)
    if not balance.has(sandbox, PRICE):
        raise refused("20100", "There is not enough money for a public IP.")
    settings = {"region_code": region_code}
    action = sim_card_actions.start_feature(sandbox, sim_card, "set_public_ip", settings, bulk_id)
    balance.spend(sandbox, PRICE, "new_public_ip", "Public IP, first month", 1, identifier)
    at = iso(sandbox.clock.now())
    stored = {
        "id": identifier,
        "record_type": "sim_card_public_ip",
        "sim_card_id": identifier,
        "ip": None,
        "type": "ipv4",
        "region_code": region_code,
        "created_at": at,
        "updated_at": at,
    }
    sandbox.public_ips.insert(stored, hidden={"reserved": address})
    return action


async def get_public_ip(request: Request) -> Response:
    """GET /sim_cards/{id}/public_ip; ip is null until it is provisioned (specification)."""
    sandbox, sim_card = sim_cards.known(request)
    stored = sandbox.public_ips.get(sim_card.listed["id"])
    if stored is None:
        raise not_found()
    return data_response({name: value for name, value in stored.listed.items() if name != "id"})


async def set_public_ip(request: Request) -> Response:
    """POST /sim_cards/{id}/actions/set_public_ip?region_code= (specification: a parameter).

    Which region it is without one is our choice.
    """
    sandbox, sim_card = sim_cards.known(request)
    region_code = request.query_params.get("region_code", DEFAULT_REGION)
    if region_code not in REGIONS:
        raise bad_parameter(
            "region_code",
            "10032",
            "Value not in the allowed set",
            f"{region_code!r} is not one of {', '.join(REGIONS)}.",
        )
    return data_response(start_setting(sandbox, sim_card, region_code), 202)


async def remove_public_ip(request: Request) -> Response:
    """POST /sim_cards/{id}/actions/remove_public_ip."""
    sandbox, sim_card = sim_cards.known(request)
    if sandbox.public_ips.get(sim_card.listed["id"]) is None:
        raise refused("10027", "The SIM card has no public IP.")
    return data_response(sim_card_actions.start_feature(sandbox, sim_card, "remove_public_ip"), 202)


routes = [
    Route("/sim_cards/{id}/public_ip", get_public_ip, methods=["GET"]),
    Route("/sim_cards/{id}/actions/set_public_ip", set_public_ip, methods=["POST"]),
    Route("/sim_cards/{id}/actions/remove_public_ip", remove_public_ip, methods=["POST"]),
]
