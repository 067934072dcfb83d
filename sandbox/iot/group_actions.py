"""Actions on SIM card groups: a gateway or a blocklist is set or removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import iso, moved_on
from sandbox.collection import EVERYTHING, Collection, Column
from sandbox.filters import Filters
from sandbox.iot.sim_card_actions import LONGEST, SHORTEST, USUAL
from sandbox.paging import data_response, paged
from sandbox.problems import association_missing, not_found, refused

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

STATUSES = ("in-progress", "completed", "failed")
# The group's field that a type changes.
FIELDS = {
    "set_private_wireless_gateway": "private_wireless_gateway_id",
    "remove_private_wireless_gateway": "private_wireless_gateway_id",
    "set_wireless_blocklist": "wireless_blocklist_id",
    "remove_wireless_blocklist": "wireless_blocklist_id",
}


def collection(state: State) -> Collection:
    """The stored group actions; their type has a name of its own (specification)."""
    return Collection(
        state,
        "sim_card_group_actions",
        [
            Column("sim_card_group_id", lambda action: action["sim_card_group_id"]),
            Column("status", lambda action: action["status"]),
            Column("type", lambda action: action["type"]),
        ],
    )


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when an action's time has come."""
    sandbox.schedule.on("group_action", lambda subject, due: _complete(sandbox, subject, due))


def _complete(sandbox: Sandbox, identifier: str, due: float) -> None:
    action = sandbox.sim_card_group_actions.get(identifier)
    if action is None:
        return
    listed = action.listed
    field = FIELDS[listed["type"]]
    wanted = listed["settings"].get(field) if listed["type"].startswith("set_") else None
    group = sandbox.sim_card_groups.get(listed["sim_card_group_id"])
    there = wanted is None or _target(sandbox, field, wanted) is not None
    listed["status"] = "completed" if group is not None and there else "failed"
    listed["updated_at"] = moved_on(listed["updated_at"], due)
    sandbox.sim_card_group_actions.save(action)
    if group is not None and there:
        group.listed[field] = wanted
        group.listed["updated_at"] = moved_on(group.listed["updated_at"], due)
        sandbox.sim_card_groups.save(group)


def _target(sandbox: Sandbox, field: str, identifier: str) -> dict[str, Any] | None:
    """The gateway or blocklist, or None when it is not there or cannot be used."""
    if field == "wireless_blocklist_id":
        found = sandbox.wireless_blocklists.get(identifier)
        return found.listed if found else None
    gateway = sandbox.private_wireless_gateways.get(identifier)
    if gateway is None or gateway.listed["status"]["value"] == "decommissioning":
        return None
    return gateway.listed


async def start(request: Request) -> Response:
    """POST /sim_card_groups/{id}/actions/ with set_ or remove_ and what is meant.

    Our choice: one action at a time for a group and field; a gateway has to be provisioned.
    """
    sandbox: Sandbox = request.app.state.sandbox
    group = sandbox.sim_card_groups.get(request.path_params["id"])
    if group is None:
        raise not_found()
    kind = request.scope["path"].rsplit("/", 1)[-1]
    field = FIELDS[kind]
    group_id = group.listed["id"]
    if kind.startswith("set_"):
        wanted = bodies.required_text(bodies.json_object(request), field)
        target = _target(sandbox, field, wanted)
        if target is None:
            what = field.removesuffix("_id").replace("_", " ")
            raise association_missing(f"/{field}", what)
        if field == "private_wireless_gateway_id" and target["status"]["value"] != "provisioned":
            raise refused("10027", "This gateway is not provisioned.")
    else:
        wanted = group.listed[field]
        if wanted is None:
            raise refused("10027", "The SIM card group has none that could be removed.")
    rows = sandbox.state.connection.execute(
        "SELECT type FROM sim_card_group_actions"
        " WHERE sim_card_group_id = ? AND status = 'in-progress'",
        (group_id,),
    )
    if any(FIELDS[running] == field for (running,) in rows.fetchall()):
        raise refused("10036", "Another action on this SIM card group is still in progress.")
    now = sandbox.clock.now()
    action = {
        "id": sandbox.new_id(),
        "record_type": "sim_card_group_action",
        "sim_card_group_id": group_id,
        "type": kind,
        "status": "in-progress",
        "settings": {field: wanted},
        "created_at": iso(now),
        "updated_at": iso(now),
    }
    sandbox.sim_card_group_actions.insert(action)
    seconds = sandbox.random.triangular(SHORTEST, LONGEST, USUAL)
    sandbox.schedule.add(sandbox.clock.after(seconds, now), "group_action", str(action["id"]))
    return data_response(action, 202)


async def list_group_actions(request: Request) -> Response:
    """GET /sim_card_group_actions, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    filters = Filters(request, ("sim_card_group_id", "status", "type"))
    selection = EVERYTHING
    for field, value in (
        ("sim_card_group_id", filters.identifier("sim_card_group_id")),
        ("status", filters.choice("status", STATUSES)),
        ("type", filters.choice("type", tuple(FIELDS))),
    ):
        if value is not None:
            selection = selection.also(f"c.{field} = ?", value)
    return paged(request, sandbox.sim_card_group_actions, selection)


async def get_group_action(request: Request) -> Response:
    """GET /sim_card_group_actions/{id}."""
    sandbox: Sandbox = request.app.state.sandbox
    action = sandbox.sim_card_group_actions.get(request.path_params["id"])
    if action is None:
        raise not_found()
    return data_response(action.listed)


routes = [
    *(Route(f"/sim_card_groups/{{id}}/actions/{kind}", start, methods=["POST"]) for kind in FIELDS),
    Route("/sim_card_group_actions", list_group_actions, methods=["GET"]),
    Route("/sim_card_group_actions/{id}", get_group_action, methods=["GET"]),
]
