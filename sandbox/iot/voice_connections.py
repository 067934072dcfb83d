"""Mobile voice connections: where calls of SIM cards with voice go.

They are below /v2 once more (specification); whether that is meant is not known, so both forms are
served.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import iso, moved_on
from sandbox.collection import EVERYTHING, Collection, Column, Record, Selection
from sandbox.filters import Filters
from sandbox.paging import data_response, paged
from sandbox.problems import bad_filter, not_found, wrong_type, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

SORTS = ("created_at", "connection_name", "active")
CONTAINS = "connection_name][contains"
# What a connection has unless it was said (specification; the empty values are our choice).
DEFAULTS: dict[str, Any] = {
    "active": True,
    "connection_name": "Telnyx Mobile Voice IMS",
    "inbound": {"channel_limit": None},
    "outbound": {"channel_limit": None, "outbound_voice_profile_id": None},
    "webhook_api_version": "2",
    "webhook_event_url": None,
    "webhook_event_failover_url": None,
    "webhook_timeout_secs": None,
    "tags": [],
}


def collection(state: State) -> Collection:
    """The stored connections."""
    return Collection(
        state,
        "voice_connections",
        [
            Column("connection_name", lambda connection: connection["connection_name"]),
            Column("active", lambda connection: int(connection["active"]), "INTEGER"),
            Column("created_at", lambda connection: connection["created_at"]),
        ],
    )


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    connection = sandbox.voice_connections.get(request.path_params["id"])
    if connection is None:
        raise not_found()
    return sandbox, connection


def _changed(before: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The fields after a request."""
    after = {name: before[name] for name in DEFAULTS}
    for name in DEFAULTS.keys() & body.keys():
        value = body[name]
        if name in ("inbound", "outbound"):
            if not isinstance(value, dict):
                raise wrong_type(f"/{name}", "an object")
            known = {key: value[key] for key in before[name].keys() & value.keys()}
            if known.get("channel_limit") is not None:
                limit = bodies.whole_number(known["channel_limit"], f"/{name}/channel_limit")
                known["channel_limit"] = limit
            after[name] = {**before[name], **known}
        elif name == "active" and not isinstance(value, bool):
            raise wrong_type("/active", "true or false")
        elif name == "tags":
            after[name] = bodies.texts(value, "/tags")
        elif name == "connection_name":
            after[name] = bodies.text(value, "/connection_name")
        elif name == "webhook_api_version" and value not in ("1", "2"):
            raise wrong_value("/webhook_api_version", "The version is 1 or 2, as a text.", "10032")
        elif name == "webhook_timeout_secs" and value is not None:
            after[name] = bodies.whole(body, name)
        elif name.endswith("_url") and value is not None:
            after[name] = bodies.text(value, f"/{name}")
        else:
            after[name] = value
    return after


async def list_connections(request: Request) -> Response:
    """GET /v2/mobile_voice_connections, newest first unless sorted."""
    sandbox: Sandbox = request.app.state.sandbox
    selection = EVERYTHING
    if (part := Filters(request, (CONTAINS,)).text(CONTAINS)) is not None:
        selection = selection.also("instr(c.connection_name, ?)", part)
    if sort := request.query_params.get("sort"):
        field = sort.removeprefix("-")
        if field not in SORTS:
            raise bad_filter("sort", f"{sort!r} is not one of {', '.join(SORTS)}.")
        order = f"{field} DESC" if sort.startswith("-") else field
        selection = Selection(selection.where, selection.values, order)
    return paged(request, sandbox.voice_connections, selection)


async def create_connection(request: Request) -> Response:
    """POST /v2/mobile_voice_connections; 201 (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    at = iso(sandbox.clock.now())
    connection = {
        "id": sandbox.new_id(),
        "record_type": "mobile_voice_connection",
        **_changed(DEFAULTS, bodies.json_object(request)),
        "created_at": at,
        "updated_at": at,
    }
    sandbox.voice_connections.insert(connection)
    return data_response(connection, 201)


async def get_connection(request: Request) -> Response:
    """GET /v2/mobile_voice_connections/{id}."""
    return data_response(_known(request)[1].listed)


async def update_connection(request: Request) -> Response:
    """PATCH /v2/mobile_voice_connections/{id}."""
    sandbox, connection = _known(request)
    listed = connection.listed
    listed.update(_changed(listed, bodies.json_object(request)))
    listed["updated_at"] = moved_on(listed["updated_at"], sandbox.clock.now())
    sandbox.voice_connections.save(connection)
    return data_response(listed)


async def delete_connection(request: Request) -> Response:
    """DELETE /v2/mobile_voice_connections/{id}; 200 with it (specification)."""
    sandbox, connection = _known(request)
    sandbox.voice_connections.remove(connection)
    return data_response(connection.listed)


routes = [
    route
    for path in ("/v2/mobile_voice_connections", "/mobile_voice_connections")
    for route in (
        Route(path, list_connections, methods=["GET"]),
        Route(path, create_connection, methods=["POST"]),
        Route(f"{path}/{{id}}", get_connection, methods=["GET"]),
        Route(f"{path}/{{id}}", update_connection, methods=["PATCH"]),
        Route(f"{path}/{{id}}", delete_connection, methods=["DELETE"]),
    )
]
