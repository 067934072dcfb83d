"""Private wireless gateways: a network of one's own for groups of SIM cards."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import iso, moved_on
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.filters import Filters
from sandbox.iot.regions import DEFAULT_REGION, REGIONS
from sandbox.paging import data_response, list_response, page_of
from sandbox.problems import not_found, refused, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

FILTERS = ("name", "ip_range", "region_code", "created_at", "updated_at")
# Seconds at speed 1. About a quarter of an hour (behaviour); the end of one is our choice.
PROVISIONING_SECONDS = 900.0
DECOMMISSIONING_SECONDS = 60.0
# A gateway of this name fails, so that somebody can see one that did (our choice).
FAILING_NAME = "fail"


def collection(state: State) -> Collection:
    """The stored gateways."""
    return Collection(
        state,
        "private_wireless_gateways",
        [Column(name, itemgetter(name)) for name in FILTERS],
    )


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when a gateway is ready or gone."""

    def provisioned(subject: str, due: float) -> None:
        gateway = sandbox.private_wireless_gateways.get(subject)
        if gateway is None or gateway.listed["status"]["value"] != "provisioning":
            return
        if gateway.listed["name"].lower().startswith(FAILING_NAME):
            text = "No address range was free in the region."
            gateway.listed["status"] = _status("failed", "no_address_range", text)
        else:
            gateway.listed["status"] = _status("provisioned")
            gateway.listed["ip_range"] = f"100.64.{gateway.seq % 256}.0/24"
        gateway.listed["updated_at"] = moved_on(gateway.listed["updated_at"], due)
        sandbox.private_wireless_gateways.save(gateway)

    def gone(subject: str, _due: float) -> None:
        gateway = sandbox.private_wireless_gateways.get(subject)
        if gateway is not None:
            sandbox.private_wireless_gateways.remove(gateway)

    sandbox.schedule.on("gateway_provisioning", provisioned)
    sandbox.schedule.on("gateway_decommissioning", gone)


def _status(value: str, code: str | None = None, text: str | None = None) -> dict[str, Any]:
    return {"value": value, "error_code": code, "error_description": text}


def groups_of(sandbox: Sandbox, gateway_id: str) -> int:
    """How many groups a gateway is assigned to."""
    condition = EVERYTHING.also("c.private_wireless_gateway_id = ?", gateway_id)
    return sandbox.sim_card_groups.count(condition)


def _shown(sandbox: Sandbox, gateway: dict[str, Any]) -> dict[str, Any]:
    """With what it is assigned to; the count is null when that is nothing (behaviour)."""
    assigned = {
        "record_type": "sim_card_group",
        "count": groups_of(sandbox, gateway["id"]) or None,
    }
    return {**gateway, "assigned_resources": [assigned]}


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    gateway = sandbox.private_wireless_gateways.get(request.path_params["id"])
    if gateway is None:
        raise not_found()
    return sandbox, gateway


async def list_gateways(request: Request) -> Response:
    """GET /private_wireless_gateways, newest first; filters compare whole values (our choice)."""
    sandbox: Sandbox = request.app.state.sandbox
    filters = Filters(request, FILTERS)
    selection = EVERYTHING
    for field in FILTERS:
        value = filters.text(field)
        if value is not None:
            selection = selection.also(f"c.{field} = ?", value)
    page = page_of(request)
    items, total = sandbox.private_wireless_gateways.page(selection, page.offset, page.size)
    shown = [orjson.dumps(_shown(sandbox, orjson.loads(item))) for item in items]
    return list_response(shown, total, page)


async def create_gateway(request: Request) -> Response:
    """POST /private_wireless_gateways; 202 (specification).

    Networks are no part of the sandbox, so any id of one is taken.
    """
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    name = bodies.required_text(body, "name")
    network_id = bodies.uuid(bodies.required_text(body, "network_id"), "/network_id")
    region_code = bodies.text(body.get("region_code", DEFAULT_REGION), "/region_code")
    if region_code not in REGIONS:
        detail = f"{region_code!r} is not one of {', '.join(REGIONS)}."
        raise wrong_value("/region_code", detail, "10032")
    now = sandbox.clock.now()
    gateway = {
        "id": sandbox.new_id(),
        "record_type": "private_wireless_gateway",
        "name": name,
        "network_id": network_id,
        "region_code": region_code,
        "ip_range": None,
        "status": _status("provisioning"),
        "created_at": iso(now),
        "updated_at": iso(now),
    }
    sandbox.private_wireless_gateways.insert(gateway)
    due = sandbox.clock.after(PROVISIONING_SECONDS, now)
    sandbox.schedule.add(due, "gateway_provisioning", str(gateway["id"]))
    return data_response(_shown(sandbox, gateway), 202)


async def get_gateway(request: Request) -> Response:
    """GET /private_wireless_gateways/{id}."""
    sandbox, gateway = _known(request)
    return data_response(_shown(sandbox, gateway.listed))


async def delete_gateway(request: Request) -> Response:
    """DELETE /private_wireless_gateways/{id}: not while a group uses it (our choice)."""
    sandbox, gateway = _known(request)
    if groups_of(sandbox, gateway.listed["id"]):
        raise refused("10021", "Remove this gateway from its SIM card groups first.")
    if gateway.listed["status"]["value"] == "decommissioning":
        raise refused("10036", "This gateway is being removed already.")
    now = sandbox.clock.now()
    gateway.listed["status"] = _status("decommissioning")
    gateway.listed["updated_at"] = moved_on(gateway.listed["updated_at"], now)
    sandbox.private_wireless_gateways.save(gateway)
    due = sandbox.clock.after(DECOMMISSIONING_SECONDS, now)
    sandbox.schedule.add(due, "gateway_decommissioning", gateway.listed["id"])
    return data_response(_shown(sandbox, gateway.listed))


routes = [
    Route("/private_wireless_gateways", list_gateways, methods=["GET"]),
    Route("/private_wireless_gateways", create_gateway, methods=["POST"]),
    Route("/private_wireless_gateways/{id}", get_gateway, methods=["GET"]),
    Route("/private_wireless_gateways/{id}", delete_gateway, methods=["DELETE"]),
]
