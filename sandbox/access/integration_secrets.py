"""Secrets that integrations use. The sandbox keeps their names and forgets what is secret."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import DAY, iso
from sandbox.collection import EVERYTHING, Collection, Column
from sandbox.filters import Filters
from sandbox.identifiers import random_id
from sandbox.paging import data_response, paged
from sandbox.problems import duplicate, missing, not_found, wrong_type, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# What a type needs (specification).
NEEDS = {"bearer": ("token",), "basic": ("username", "password")}
EXAMPLES = (("ticket_system", "bearer"), ("warehouse", "basic"))


def collection(state: State) -> Collection:
    """The stored secrets, without what is secret; answers do not show the type."""
    return Collection(
        state,
        "integration_secrets",
        [
            Column("identifier", lambda secret: secret["identifier"]),
            Column("type", lambda hidden: hidden["type"], hidden=True),
        ],
    )


def fill(sandbox: Sandbox, random: Random, day: float) -> None:
    """One of each type."""
    for number, (identifier, kind) in enumerate(EXAMPLES):
        at = iso(day - (90 - 40 * number + random.uniform(0, 20)) * DAY)
        _insert(sandbox, random_id(random), identifier, kind, at)


def _insert(sandbox: Sandbox, identifier: str, name: str, kind: str, at: str) -> dict[str, str]:
    secret = {
        "id": identifier,
        "record_type": "integration_secret",
        "identifier": name,
        "created_at": at,
        "updated_at": at,
    }
    sandbox.integration_secrets.insert(secret, hidden={"type": kind})
    return secret


async def list_secrets(request: Request) -> Response:
    """GET /integration_secrets, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    kind = Filters(request, ("type",)).choice("type", tuple(NEEDS))
    selection = EVERYTHING if kind is None else EVERYTHING.also("c.type = ?", kind)
    return paged(request, sandbox.integration_secrets, selection)


async def create_secret(request: Request) -> Response:
    """POST /integration_secrets; 201 (specification). Its name is its own (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    name = bodies.required_text(body, "identifier")
    kind = bodies.required_text(body, "type")
    if kind not in NEEDS:
        raise wrong_value("/type", f"The type is one of {', '.join(NEEDS)}.", "10032")
    for field in ("token", "username", "password"):
        value = body.get(field)
        if value is not None and not isinstance(value, str):
            raise wrong_type(f"/{field}", "a string")
        if not value and field in NEEDS[kind]:
            raise missing(f"/{field}")
    if sandbox.integration_secrets.count(EVERYTHING.also("c.identifier = ?", name)):
        raise duplicate("/identifier", "There is a secret of this name already.")
    at = iso(sandbox.clock.now())
    return data_response(_insert(sandbox, sandbox.new_id(), name, kind, at), 201)


async def delete_secret(request: Request) -> Response:
    """DELETE /integration_secrets/{id}; 204 without a body (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    secret = sandbox.integration_secrets.get(request.path_params["id"])
    if secret is None:
        raise not_found()
    sandbox.integration_secrets.remove(secret)
    return Response(status_code=204)


routes = [
    Route("/integration_secrets", list_secrets, methods=["GET"]),
    Route("/integration_secrets", create_secret, methods=["POST"]),
    Route("/integration_secrets/{id}", delete_secret, methods=["DELETE"]),
]
