"""Wireless blocklists: networks that SIM cards must not connect to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import iso, moved_on
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.filters import Filters
from sandbox.fleet.networks import COUNTRIES
from sandbox.paging import data_response, list_response, page_of, paged
from sandbox.problems import bad_parameter, missing, not_found, refused, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# What a value looks like (specification).
FORMS = {
    "country": re.compile(r"[A-Z]{2}"),
    "mcc": re.compile(r"[0-9]{3}"),
    "plmn": re.compile(r"[0-9]{5,6}"),
}


def collection(state: State) -> Collection:
    """The stored blocklists."""
    return Collection(
        state,
        "wireless_blocklists",
        [
            Column("name", lambda blocklist: blocklist["name"]),
            Column("type", lambda blocklist: blocklist["type"]),
        ],
        labels=("values",),
    )


def _values(body: dict[str, Any], kind: str) -> list[str]:
    if body.get("values") is None:
        raise missing("/values")
    values = list(dict.fromkeys(bodies.texts(body["values"], "/values")))
    for index, value in enumerate(values):
        if not FORMS[kind].fullmatch(value):
            raise wrong_value(f"/values/{index}", f"{value!r} is not a value of type {kind}.")
    return values


def _known(request: Request, identifier: str) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    blocklist = sandbox.wireless_blocklists.get(identifier)
    if blocklist is None:
        raise not_found()
    return sandbox, blocklist


async def list_blocklists(request: Request) -> Response:
    """GET /wireless_blocklists, newest first; of several values any has to be there."""
    sandbox: Sandbox = request.app.state.sandbox
    filters = Filters(request, ("name", "type", "values"))
    selection = EVERYTHING
    for field in ("name", "type"):
        if (value := filters.text(field)) is not None:
            selection = selection.also(f"c.{field} = ?", value)
    if values := filters.texts("values"):
        marks = ", ".join("?" * len(values))
        condition = (
            f"c.seq IN (SELECT seq FROM wireless_blocklists_values WHERE value IN ({marks}))"
        )
        selection = selection.also(condition, *values)
    return paged(request, sandbox.wireless_blocklists, selection)


async def create_blocklist(request: Request) -> Response:
    """POST /wireless_blocklists; 202 though it is there at once (specification, our choice)."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    name = bodies.required_text(body, "name")
    kind = bodies.required_text(body, "type")
    if kind not in FORMS:
        raise wrong_value("/type", f"{kind!r} is not one of {', '.join(FORMS)}.", "10032")
    at = iso(sandbox.clock.now())
    blocklist = {
        "id": sandbox.new_id(),
        "record_type": "wireless_blocklist",
        "name": name,
        "type": kind,
        "values": _values(body, kind),
        "created_at": at,
        "updated_at": at,
    }
    sandbox.wireless_blocklists.insert(blocklist)
    return data_response(blocklist, 202)


async def get_blocklist(request: Request) -> Response:
    """GET /wireless_blocklists/{id}."""
    return data_response(_known(request, request.path_params["id"])[1].listed)


async def update_blocklist(request: Request) -> Response:
    """PATCH /wireless_blocklists/{id}, and the older form with the id in the body.

    How the older form names its list is not documented; id in the body is our choice. The type
    stays as it is; it may be sent when it is the same.
    """
    body = bodies.json_object(request)
    identifier = request.path_params.get("id") or bodies.required_text(body, "id")
    sandbox, blocklist = _known(request, identifier)
    listed = blocklist.listed
    if body.get("type") not in (None, listed["type"]):
        raise wrong_value("/type", "The type of a blocklist cannot be changed.")
    changes: dict[str, Any] = {}
    if "name" in body:
        changes["name"] = bodies.text(body["name"], "/name")
    if "values" in body:
        changes["values"] = _values(body, listed["type"])
    listed.update(changes)
    listed["updated_at"] = moved_on(listed["updated_at"], sandbox.clock.now())
    sandbox.wireless_blocklists.save(blocklist)
    return data_response(listed, 202)


async def delete_blocklist(request: Request) -> Response:
    """DELETE /wireless_blocklists/{id}: not while a group uses it (our choice)."""
    sandbox, blocklist = _known(request, request.path_params["id"])
    used = EVERYTHING.also("c.wireless_blocklist_id = ?", blocklist.listed["id"])
    if sandbox.sim_card_groups.count(used):
        raise refused("10021", "Remove this blocklist from its SIM card groups first.")
    sandbox.wireless_blocklists.remove(blocklist)
    return data_response(blocklist.listed)


def _possible(kind: str) -> list[dict[str, str]]:
    """All values of a type, from the countries of the simulated fleet."""
    if kind == "country":
        return [{"code": country.code, "name": country.name} for country in COUNTRIES.values()]
    if kind == "mcc":
        return [{"code": country.mcc, "name": country.name} for country in COUNTRIES.values()]
    return [
        {"code": country.mcc + mnc, "name": f"{country.name} network {mnc}"}
        for country in COUNTRIES.values()
        for mnc, _ in country.networks
    ]


async def list_values(request: Request) -> Response:
    """GET /wireless_blocklist_values?type=."""
    kind = request.query_params.get("type")
    if kind is None:
        raise bad_parameter("type", "10004", "Missing required parameter", "type is missing.")
    if kind not in FORMS:
        detail = f"{kind!r} is not one of {', '.join(FORMS)}."
        raise bad_parameter("type", "10032", "Value not in the allowed set", detail)
    page = page_of(request)
    values = _possible(kind)
    shown = values[page.offset : page.offset + page.size]
    return list_response([orjson.dumps(value) for value in shown], len(values), page)


routes = [
    Route("/wireless_blocklists", list_blocklists, methods=["GET"]),
    Route("/wireless_blocklists", create_blocklist, methods=["POST"]),
    Route("/wireless_blocklists", update_blocklist, methods=["PATCH"]),
    Route("/wireless_blocklists/{id}", get_blocklist, methods=["GET"]),
    Route("/wireless_blocklists/{id}", update_blocklist, methods=["PATCH"]),
    Route("/wireless_blocklists/{id}", delete_blocklist, methods=["DELETE"]),
    Route("/wireless_blocklist_values", list_values, methods=["GET"]),
]
