"""SIM card groups: what SIM cards share, a pooled data limit among it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import iso, moved_on
from sandbox.collection import EVERYTHING, Record
from sandbox.filters import Filters, flag
from sandbox.iot.data_limits import in_mb
from sandbox.iot.sim_card_records import LIMIT_CHECK_SECONDS, group_usage
from sandbox.paging import data_response, list_response, page_of
from sandbox.problems import not_found, refused

if TYPE_CHECKING:
    from sandbox.context import Sandbox

FILTERS = ("name", "private_wireless_gateway_id", "wireless_blocklist_id")


def document(
    identifier: str, name: str, limit: dict[str, str] | None, at: str, default: bool = False
) -> dict[str, Any]:
    """A SIM card group as it is stored."""
    return {
        "id": identifier,
        "record_type": "sim_card_group",
        "name": name,
        "default": default,
        "data_limit": limit,
        "private_wireless_gateway_id": None,
        "wireless_blocklist_id": None,
        "created_at": at,
        "updated_at": at,
    }


def shown(sandbox: Sandbox, group: Record) -> dict[str, Any]:
    """A group as answers show it, all but the list's (specification)."""
    _, consumed = group_usage(sandbox, group.listed["id"])
    return {**group.listed, "consumed_data": in_mb(consumed)}


def shown_by_id(sandbox: Sandbox, group_id: str | None) -> dict[str, Any] | None:
    """The group of a SIM card, as it is included in that one's answer."""
    group = sandbox.sim_card_groups.get(group_id) if group_id else None
    return shown(sandbox, group) if group else None


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    group = sandbox.sim_card_groups.get(request.path_params["id"])
    if group is None:
        raise not_found()
    return sandbox, group


async def list_sim_card_groups(request: Request) -> Response:
    """GET /sim_card_groups, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    filters = Filters(request, FILTERS)
    selection = EVERYTHING
    for field in FILTERS:
        value = filters.text(field) if field == "name" else filters.identifier(field)
        if value == "null":
            selection = selection.also(f"c.{field} IS NULL")
        elif value is not None:
            selection = selection.also(f"c.{field} = ?", value)
    page = page_of(request)
    items, total = sandbox.sim_card_groups.page(selection, page.offset, page.size)
    return list_response([_counted(sandbox, item) for item in items], total, page)


async def create_sim_card_group(request: Request) -> Response:
    """POST /sim_card_groups; 200 (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    name = bodies.required_text(body, "name")
    limit = bodies.data_limit(body.get("data_limit"), "/data_limit")
    group = document(sandbox.new_id(), name, limit, iso(sandbox.clock.now()))
    sandbox.sim_card_groups.insert(group)
    return data_response({**group, "consumed_data": in_mb(0)})


async def get_sim_card_group(request: Request) -> Response:
    """GET /sim_card_groups/{id}; the key of the included ICCIDs is our choice."""
    sandbox, group = _known(request)
    answer = shown(sandbox, group)
    if flag(request, "include_iccids"):
        rows = sandbox.state.connection.execute(
            "SELECT iccid FROM sim_cards WHERE sim_card_group_id = ? ORDER BY seq DESC",
            (group.listed["id"],),
        )
        answer["iccids"] = [iccid for (iccid,) in rows]
    return data_response(answer)


async def update_sim_card_group(request: Request) -> Response:
    """PATCH /sim_card_groups/{id}: name and data_limit (specification)."""
    sandbox, group = _known(request)
    body = bodies.json_object(request)
    changes: dict[str, Any] = {}
    if "name" in body:
        changes["name"] = bodies.text(body["name"], "/name")
    if "data_limit" in body:
        changes["data_limit"] = bodies.data_limit(body["data_limit"], "/data_limit")
    if changes:
        now = sandbox.clock.now()
        group.listed.update(changes)
        group.listed["updated_at"] = moved_on(group.listed["updated_at"], now)
        sandbox.sim_card_groups.save(group)
        if "data_limit" in changes:
            due = sandbox.clock.after(LIMIT_CHECK_SECONDS, now)
            sandbox.schedule.add(due, "sim_card_group_limit", group.listed["id"])
    return data_response(shown(sandbox, group))


async def delete_sim_card_group(request: Request) -> Response:
    """DELETE /sim_card_groups/{id}: neither the default group nor one with SIM cards.

    Whether a group with SIM cards may go is documented in two ways; to refuse is our choice.
    """
    sandbox, group = _known(request)
    if group.listed["default"]:
        raise refused("70006", "The default SIM card group cannot be deleted.")
    if group_usage(sandbox, group.listed["id"])[0]:
        raise refused("70005", "Move the SIM cards of this group to another one first.")
    answer = shown(sandbox, group)
    sandbox.sim_card_groups.remove(group)
    return data_response(answer)


def _counted(sandbox: Sandbox, item: bytes) -> bytes:
    """A group as the list shows it: with ``sim_card_count`` (specification)."""
    group = orjson.loads(item)
    count, consumed = group_usage(sandbox, group["id"])
    return orjson.dumps({**group, "consumed_data": in_mb(consumed), "sim_card_count": count})


routes = [
    Route("/sim_card_groups", list_sim_card_groups, methods=["GET"]),
    Route("/sim_card_groups", create_sim_card_group, methods=["POST"]),
    Route("/sim_card_groups/{id}", get_sim_card_group, methods=["GET"]),
    Route("/sim_card_groups/{id}", update_sim_card_group, methods=["PATCH"]),
    Route("/sim_card_groups/{id}", delete_sim_card_group, methods=["DELETE"]),
]
