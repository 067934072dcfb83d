"""SIM cards: the list, one, changes, and the actions that move their status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import moved_on
from sandbox.collection import EVERYTHING, Collection, Record, Selection
from sandbox.filters import Filters, flag
from sandbox.iot import lifecycle, sim_card_actions, sim_card_groups
from sandbox.iot.sim_card_records import CONSUMED, LIMIT_CHECK_SECONDS
from sandbox.paging import data_response, list_response, page_of
from sandbox.problems import association_missing, bad_filter, not_found, wrong_type

if TYPE_CHECKING:
    from sandbox.context import Sandbox

FILTERS = ("iccid", "msisdn", "status", "tags", "sim_card_group_id")
# The statuses that the filter takes, unlike those a SIM card can have (specification).
FILTER_STATUSES = ("enabled", "disabled", "standby", "data_limit_exceeded", "unauthorized_imei")
SORTS = {f"{CONSUMED}.amount": "consumed", f"-{CONSUMED}.amount": "consumed DESC"}


def known(request: Request) -> tuple[Sandbox, Record]:
    """The SIM card that the path names."""
    sandbox: Sandbox = request.app.state.sandbox
    sim_card = sandbox.sim_cards.get(request.path_params["id"])
    if sim_card is None:
        raise not_found()
    return sandbox, sim_card


def _selection(request: Request, cards: Collection) -> Selection:
    filters = Filters(request, FILTERS)
    selection = EVERYTHING
    if iccid := filters.text("iccid"):
        selection = selection.also("instr(c.iccid, ?)", iccid)
    if msisdn := filters.text("msisdn"):
        selection = selection.also("c.msisdn = ?", msisdn)
    if statuses := filters.choices("status", FILTER_STATUSES):
        marks = ", ".join("?" * len(statuses))
        selection = selection.also(f"c.status IN ({marks})", *statuses)
    for tag in filters.texts("tags"):
        selection = selection.also(*cards.labelled("tags", tag))
    if group_id := filters.identifier("sim_card_group_id"):
        if group_id == "null":
            selection = selection.also("c.sim_card_group_id IS NULL")
        else:
            selection = selection.also("c.sim_card_group_id = ?", group_id)
    sort = request.query_params.get("sort")
    if sort is None:
        return selection
    if sort not in SORTS:
        raise bad_filter("sort", f"{sort!r} is not one of {', '.join(SORTS)}.")
    return Selection(selection.where, selection.values, SORTS[sort])


async def list_sim_cards(request: Request) -> Response:
    """GET /sim_cards, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    page = page_of(request)
    selection = _selection(request, sandbox.sim_cards)
    with_group = flag(request, "include_sim_card_group")
    items, total = sandbox.sim_cards.page(selection, page.offset, page.size)
    if with_group:
        groups: dict[str | None, bytes] = {None: b"null"}
        items = [_with_group(sandbox, item, groups) for item in items]
    return list_response(items, total, page)


def _with_group(sandbox: Sandbox, item: bytes, groups: dict[str | None, bytes]) -> bytes:
    """The key under which the group comes is not documented; sim_card_group is our choice."""
    group_id = orjson.loads(item).get("sim_card_group_id")
    if group_id not in groups:
        groups[group_id] = orjson.dumps(sim_card_groups.shown_by_id(sandbox, group_id))
    return item[:-1] + b',"sim_card_group":' + groups[group_id] + b"}"


def shown(sim_card: Record) -> dict[str, Any]:
    """The detail answer, without the PIN and PUK codes."""
    return {**sim_card.listed, **sim_card.detail}


async def get_sim_card(request: Request) -> Response:
    """GET /sim_cards/{id}."""
    sandbox, sim_card = known(request)
    answer = shown(sim_card)
    if flag(request, "include_sim_card_group"):
        group_id = sim_card.listed.get("sim_card_group_id")
        answer["sim_card_group"] = sim_card_groups.shown_by_id(sandbox, group_id)
    if flag(request, "include_pin_puk_codes"):
        answer["pin_puk_codes"] = sim_card.hidden.get("pin_puk_codes")
    return data_response(answer)


async def update_sim_card(request: Request) -> Response:
    """PATCH /sim_cards/{id}; fields that cannot be changed are ignored (our choice)."""
    sandbox, sim_card = known(request)
    body = bodies.json_object(request)
    changes: dict[str, Any] = {}
    if "authorized_imeis" in body:
        changes["authorized_imeis"] = bodies.imeis(body["authorized_imeis"], "/authorized_imeis")
    if "data_limit" in body:
        changes["data_limit"] = bodies.data_limit(body["data_limit"], "/data_limit")
    if "tags" in body:
        changes["tags"] = list(dict.fromkeys(bodies.texts(body["tags"], "/tags")))
    if "sim_card_group_id" in body:
        group_id = body["sim_card_group_id"]
        if not isinstance(group_id, str):
            raise wrong_type("/sim_card_group_id", "the id of a SIM card group")
        if sandbox.sim_card_groups.get(group_id) is None:
            raise association_missing("/sim_card_group_id", "SIM card group")
        changes["sim_card_group_id"] = group_id
    if changes:
        now = sandbox.clock.now()
        sim_card.listed.update(changes)
        sim_card.listed["updated_at"] = moved_on(sim_card.listed["updated_at"], now)
        sandbox.sim_cards.save(sim_card)
        if changes.keys() - {"tags"}:
            due = sandbox.clock.after(LIMIT_CHECK_SECONDS, now)
            sandbox.schedule.add(due, "sim_card_limit", sim_card.listed["id"])
    return data_response(shown(sim_card))


async def start_action(request: Request) -> Response:
    """POST /sim_cards/{id}/actions/enable, disable or set_standby; a body is not looked at."""
    sandbox, sim_card = known(request)
    action_type = request.scope["path"].rsplit("/", 1)[-1]
    return data_response(sim_card_actions.start(sandbox, sim_card, action_type), 202)


routes = [
    Route("/sim_cards", list_sim_cards, methods=["GET"]),
    Route("/sim_cards/{id}", get_sim_card, methods=["GET"]),
    Route("/sim_cards/{id}", update_sim_card, methods=["PATCH"]),
    *(
        Route(f"/sim_cards/{{id}}/actions/{action_type}", start_action, methods=["POST"])
        for action_type in lifecycle.RULES
    ),
]
