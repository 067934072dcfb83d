"""Bulk SIM card actions: one request that starts an action on each of many SIM cards.

A SIM card that does not take the action gets one that has failed; the others go on (behaviour).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import iso
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.filters import Filters
from sandbox.iot import public_ips, voice
from sandbox.iot.regions import DEFAULT_REGION
from sandbox.iot.sim_card_actions import never_started
from sandbox.paging import data_response, list_response, page_of
from sandbox.problems import Problem, association_missing, missing, not_found, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

TYPES = ("bulk_disable_voice", "bulk_enable_voice", "bulk_set_public_ips")
STATUSES = ("in-progress", "completed", "failed", "interrupted")
Starter = Callable[[Record, str], Any]


def collection(state: State) -> Collection:
    """The stored bulk actions."""
    return Collection(
        state, "bulk_sim_card_actions", [Column("action_type", lambda bulk: bulk["action_type"])]
    )


def summary(sandbox: Sandbox, bulk_id: str) -> list[dict[str, Any]]:
    """How many actions have which status; statuses without any are left out (our choice)."""
    rows = sandbox.state.connection.execute(
        "SELECT status, count(*) FROM sim_card_actions"
        " WHERE bulk_sim_card_action_id = ? GROUP BY status",
        (bulk_id,),
    )
    counts = dict(rows.fetchall())
    return [{"status": name, "count": counts[name]} for name in STATUSES if name in counts]


def _start(
    sandbox: Sandbox,
    action_type: str,
    settings: dict[str, Any],
    sim_cards: list[Record],
    each: tuple[str, Starter],
) -> Response:
    at = iso(sandbox.clock.now())
    bulk = {
        "id": sandbox.new_id(),
        "record_type": "bulk_sim_card_action",
        "action_type": action_type,
        "settings": settings,
        "created_at": at,
        "updated_at": at,
    }
    sandbox.bulk_sim_card_actions.insert(bulk)
    single_type, starter = each
    for sim_card in sim_cards:
        try:
            starter(sim_card, bulk["id"])
        except Problem as problem:
            reason = problem.error["detail"]
            never_started(sandbox, sim_card.listed["id"], single_type, reason, bulk["id"])
    return data_response(bulk, 202)


async def switch_voice(request: Request) -> Response:
    """POST /sim_cards/actions/bulk_enable_voice and bulk_disable_voice, for a group."""
    sandbox: Sandbox = request.app.state.sandbox
    action_type = request.scope["path"].rsplit("/", 1)[-1]
    group_id = bodies.required_text(bodies.json_object(request), "sim_card_group_id")
    if sandbox.sim_card_groups.get(group_id) is None:
        raise association_missing("/sim_card_group_id", "SIM card group")
    single_type = action_type.removeprefix("bulk_")
    members = sandbox.sim_cards.ids(EVERYTHING.also("c.sim_card_group_id = ?", group_id))
    found = [card for card in map(sandbox.sim_cards.get, members) if card is not None]
    return _start(
        sandbox,
        action_type,
        {"sim_card_group_id": group_id},
        found,
        (single_type, lambda card, bulk: voice.start(sandbox, card, single_type, None, bulk)),
    )


async def set_public_ips(request: Request) -> Response:
    """POST /sim_cards/actions/bulk_set_public_ips; an id without a SIM card refuses all of it."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    if body.get("sim_card_ids") is None:
        raise missing("/sim_card_ids")
    identifiers = list(dict.fromkeys(bodies.texts(body["sim_card_ids"], "/sim_card_ids")))
    if not identifiers:
        raise wrong_value("/sim_card_ids", "At least one SIM card is needed.")
    found: list[Record] = []
    for index, identifier in enumerate(identifiers):
        sim_card = sandbox.sim_cards.get(identifier)
        if sim_card is None:
            raise association_missing(f"/sim_card_ids/{index}", "SIM card")
        found.append(sim_card)
    return _start(
        sandbox,
        "bulk_set_public_ips",
        {"sim_card_ids": identifiers},
        found,
        (
            "set_public_ip",
            lambda card, bulk: public_ips.start_setting(sandbox, card, DEFAULT_REGION, bulk),
        ),
    )


def _summed(sandbox: Sandbox, bulk: dict[str, Any]) -> dict[str, Any]:
    return {**bulk, "sim_card_actions_summary": summary(sandbox, bulk["id"])}


async def list_bulk_actions(request: Request) -> Response:
    """GET /bulk_sim_card_actions, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    action_type = Filters(request, ("action_type",)).choice("action_type", TYPES)
    selection = EVERYTHING
    if action_type is not None:
        selection = selection.also("c.action_type = ?", action_type)
    page = page_of(request)
    items, total = sandbox.bulk_sim_card_actions.page(selection, page.offset, page.size)
    shown = [orjson.dumps(_summed(sandbox, orjson.loads(item))) for item in items]
    return list_response(shown, total, page)


async def get_bulk_action(request: Request) -> Response:
    """GET /bulk_sim_card_actions/{id}."""
    sandbox: Sandbox = request.app.state.sandbox
    bulk = sandbox.bulk_sim_card_actions.get(request.path_params["id"])
    if bulk is None:
        raise not_found()
    return data_response(_summed(sandbox, bulk.listed))


routes = [
    Route("/sim_cards/actions/bulk_enable_voice", switch_voice, methods=["POST"]),
    Route("/sim_cards/actions/bulk_disable_voice", switch_voice, methods=["POST"]),
    Route("/sim_cards/actions/bulk_set_public_ips", set_public_ips, methods=["POST"]),
    Route("/bulk_sim_card_actions", list_bulk_actions, methods=["GET"]),
    Route("/bulk_sim_card_actions/{id}", get_bulk_action, methods=["GET"]),
]
