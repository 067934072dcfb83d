"""Billing groups of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import iso, moved_on
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.paging import data_response, paged
from sandbox.problems import not_found

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

ORGANIZATION = str(uuid5(NAMESPACE_URL, "organization of the sandbox"))


def collection(state: State) -> Collection:
    """The stored billing groups."""
    return Collection(state, "billing_groups", [Column("name", lambda group: group["name"])])


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    group = sandbox.billing_groups.get(request.path_params["id"])
    if group is None:
        raise not_found()
    return sandbox, group


async def list_groups(request: Request) -> Response:
    """GET /billing_groups, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    return paged(request, sandbox.billing_groups, EVERYTHING)


async def create_group(request: Request) -> Response:
    """POST /billing_groups; 200 (specification). That it needs a name is our choice."""
    sandbox: Sandbox = request.app.state.sandbox
    name = bodies.required_text(bodies.json_object(request), "name")
    at = iso(sandbox.clock.now())
    group = {
        "id": sandbox.new_id(),
        "record_type": "billing_group",
        "organization_id": ORGANIZATION,
        "name": name,
        "created_at": at,
        "updated_at": at,
        "deleted_at": None,
    }
    sandbox.billing_groups.insert(group)
    return data_response(group)


async def get_group(request: Request) -> Response:
    """GET /billing_groups/{id}."""
    return data_response(_known(request)[1].listed)


async def update_group(request: Request) -> Response:
    """PATCH /billing_groups/{id}: the name."""
    sandbox, group = _known(request)
    body = bodies.json_object(request)
    if "name" in body:
        group.listed["name"] = bodies.text(body["name"], "/name")
    group.listed["updated_at"] = moved_on(group.listed["updated_at"], sandbox.clock.now())
    sandbox.billing_groups.save(group)
    return data_response(group.listed)


async def delete_group(request: Request) -> Response:
    """DELETE /billing_groups/{id}; the answer says when (specification)."""
    sandbox, group = _known(request)
    sandbox.billing_groups.remove(group)
    return data_response({**group.listed, "deleted_at": iso(sandbox.clock.now())})


routes = [
    Route("/billing_groups", list_groups, methods=["GET"]),
    Route("/billing_groups", create_group, methods=["POST"]),
    Route("/billing_groups/{id}", get_group, methods=["GET"]),
    Route("/billing_groups/{id}", update_group, methods=["PATCH"]),
    Route("/billing_groups/{id}", delete_group, methods=["DELETE"]),
]
