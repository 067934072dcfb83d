"""What belongs together: a call with its leg, and messages, with what each cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies, moments
from sandbox.clock import iso
from sandbox.filters import flag
from sandbox.problems import JSON_TYPE, Problem, bad_parameter
from sandbox.traffic.records import CURRENCY, Call, Message, calls, messages
from sandbox.traffic.tables import call_row, message_row

if TYPE_CHECKING:
    from sandbox.context import Sandbox

DEEPEST = 5
VIA = {"local_field": "call_id", "parent_field": "id"}


# Defaults are texts, whatever the type (specification).
QUERY_PARAMETERS: dict[str, dict[str, Any]] = {
    "include_children": {
        "type": "boolean",
        "default": "true",
        "description": "Whether the events below this one are shown.",
    },
    "max_depth": {
        "type": "integer",
        "default": "2",
        "description": "How many levels of the tree are shown.",
        "min": 1,
        "max": DEEPEST,
    },
    "expand": {
        "type": "string",
        "default": "record",
        "description": "Whether each event shows its record.",
        "enum_values": ["record", "none"],
    },
    "date_time": {
        "type": "string",
        "default": "",
        "description": "About when the event was; the search needs no such help here.",
    },
}


@dataclass(frozen=True)
class RecordType:
    """A kind of record that has an analysis; ``parent`` and ``child`` are names of others."""

    name: str
    about: str
    aliases: tuple[str, ...]
    parent: str | None = None
    child: str | None = None


CALLS = RecordType(
    "callcontrol-cdrs",
    "Calls, each with its leg.",
    ("call", "cdrs"),
    child="call-legs",
)
LEGS = RecordType(
    "call-legs",
    "The legs of calls, with what they cost.",
    ("leg",),
    parent="callcontrol-cdrs",
)
MESSAGES = RecordType("messaging", "Messages, each by itself.", ("message", "mdrs"))
TYPES = (CALLS, LEGS, MESSAGES)


def _error(status: int, code: str, text: str) -> Problem:
    """Errors say ``message`` here (behaviour, section 7)."""
    problem = Problem(status, code, text, text)
    problem.error["message"] = text
    return problem


def _type(name: str) -> RecordType:
    for kind in TYPES:
        if name in (kind.name, *kind.aliases):
            return kind
    raise _error(404, "10005", "There is no record type of this name.")


def _parents(kind: RecordType) -> list[dict[str, Any]]:
    if kind.parent is None:
        return []
    names = dict.fromkeys(("parent_event", "parent_product", "parent_record_type"), kind.parent)
    return [{**names, **_relationship()}]


def _children(kind: RecordType) -> list[dict[str, Any]]:
    if kind.child is None:
        return []
    names = dict.fromkeys(("child_event", "child_product", "child_record_type"), kind.child)
    return [{**names, **_relationship()}]


def _relationship() -> dict[str, Any]:
    return {
        "description": "A leg belongs to its call, and its cost counts there too.",
        "relationship_type": "parent_child",
        "cost_rollup": True,
        "traversal_enabled": True,
        "via": VIA,
    }


def _described(kind: RecordType) -> dict[str, Any]:
    return {
        "record_type": kind.name,
        "event": kind.name,
        "product": kind.name,
        "description": kind.about,
        "aliases": list(kind.aliases),
        "parent_relationships": _parents(kind),
        "child_relationships": _children(kind),
    }


def _json(value: object) -> Response:
    return Response(orjson.dumps(value), media_type=JSON_TYPE)


async def list_record_types(request: Request) -> Response:
    """GET /session_analysis/metadata: the record types, and how they belong together."""
    sandbox: Sandbox = request.app.state.sandbox
    return _json(
        {
            "record_types": [_described(kind) for kind in TYPES],
            "query_parameters": QUERY_PARAMETERS,
            "meta": {"total_record_types": len(TYPES), "last_updated": iso(sandbox.clock.now())},
        }
    )


async def show_record_type(request: Request) -> Response:
    """GET /session_analysis/metadata/{record_type}: one record type, by its name or an alias."""
    kind = _type(request.path_params["record_type"])
    described = _described(kind)
    parents, children = described["parent_relationships"], described["child_relationships"]
    example = f"/v2/session_analysis/{kind.name}/00000000-0000-4000-8000-000000000000"
    return _json(
        {
            **described,
            "examples": {"request": example},
            "meta": {
                "max_recommended_depth": 2,
                "total_children": len(children),
                "total_parents": len(parents),
                "total_siblings": 0,
            },
        }
    )


@dataclass(frozen=True)
class _Asked:
    children: bool
    depth: int
    expand: bool


def _asked(request: Request) -> _Asked:
    text = request.query_params.get("max_depth", "2")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= DEEPEST):
        detail = f"max_depth is between 1 and {DEEPEST}."
        raise bad_parameter("max_depth", "10033", "Value out of range", detail)
    expand = request.query_params.get("expand", "record")
    if expand not in ("record", "none"):
        detail = f"{expand!r} is not record or none."
        raise bad_parameter("expand", "10032", "Value not in the allowed set", detail)
    if (moment := request.query_params.get("date_time")) is not None:
        moments.parameter("date_time", moment)
    given = "include_children" in request.query_params
    children = flag(request, "include_children") if given else True
    return _Asked(children, int(text), expand == "record")


def _node(
    kind: RecordType, identifier: str, record: dict[str, Any], cost: tuple[Decimal, Decimal]
) -> dict[str, Any]:
    own, total = cost
    return {
        "id": identifier,
        "event_name": kind.name,
        "product": kind.name,
        "record": record,
        "children": [],
        "relationship": None,
        "cost": {"event_cost": str(own), "cumulative_cost": str(total), "currency": CURRENCY},
        "links": {
            "self": f"/v2/session_analysis/{kind.name}/{identifier}",
            "records": f"/v2/detail_records?filter[record_type]={kind.name}",
        },
    }


def _leg(call: Call, asked: _Asked) -> dict[str, Any]:
    """The leg of a call, on which all of its cost is."""
    record = call_row(call) if asked.expand else {}
    return _node(LEGS, call.leg_id, record, (call.cost, call.cost))


def _tree(found: Call | Message, kind: RecordType, asked: _Asked) -> dict[str, Any]:
    if isinstance(found, Message):
        record = message_row(found) if asked.expand else {}
        return _node(MESSAGES, found.id, record, (found.cost, found.cost))
    if kind is LEGS:
        return _leg(found, asked)
    record = call_row(found) if asked.expand else {}
    root = _node(CALLS, found.id, record, (Decimal(0), found.cost))
    if asked.children and asked.depth > 1:
        leg = _leg(found, asked)
        leg["relationship"] = {"parent_id": found.id, "type": "parent_child", "via": VIA}
        root["children"].append(leg)
    return root


def _find(sandbox: Sandbox, kind: RecordType, identifier: str) -> Call | Message:
    if kind is MESSAGES:
        for message in messages(sandbox):
            if message.id == identifier:
                return message
    else:
        for call in calls(sandbox):
            if identifier == (call.leg_id if kind is LEGS else call.id):
                return call
    raise _error(404, "10005", "There is no such record.")


async def analyse(request: Request) -> Response:
    """GET /session_analysis/{record_type}/{event_id}: a record with what belongs to it."""
    sandbox: Sandbox = request.app.state.sandbox
    kind = _type(request.path_params["record_type"])
    asked = _asked(request)
    identifier = request.path_params["event_id"]
    if not bodies.UUID.fullmatch(identifier):
        raise _error(400, "10006", "The id is not a UUID.")
    found = _find(sandbox, kind, identifier.lower())
    root = _tree(found, kind, asked)
    nodes = [root, *root["children"]]
    return _json(
        {
            "session_id": found.id,
            "root": root,
            "cost": {"total": str(found.cost), "currency": CURRENCY},
            "meta": {"event_count": len(nodes), "products": [node["product"] for node in nodes]},
        }
    )


PATH = "/session_analysis"
routes = [
    Route(f"{PATH}/metadata", list_record_types, methods=["GET"]),
    Route(f"{PATH}/metadata/{{record_type}}", show_record_type, methods=["GET"]),
    Route(f"{PATH}/{{record_type}}/{{event_id}}", analyse, methods=["GET"]),
]
