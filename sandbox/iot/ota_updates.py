"""OTA updates: settings sent to SIM cards over the air; they can only be read."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.clock import DAY, iso
from sandbox.collection import EVERYTHING, Collection, Column
from sandbox.filters import Filters
from sandbox.identifiers import random_id
from sandbox.paging import data_response, paged
from sandbox.problems import not_found

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

STATUSES = ("in-progress", "completed", "failed")
TYPE = "sim_card_network_preferences"
OPERATORS = ("Northwave Mobile", "Cellnova", "Plainstel", "Kestrel Wireless")
MOST = 40


def collection(state: State) -> Collection:
    """The stored OTA updates."""
    return Collection(
        state,
        "ota_updates",
        [
            Column("sim_card_id", lambda update: update["sim_card_id"]),
            Column("status", lambda update: update["status"]),
            Column("type", lambda update: update["type"], indexed=False),
        ],
    )


def fill(sandbox: Sandbox, random: Random, day: float) -> None:
    """Some updates of the past, on SIM cards that were there by then."""
    rows = sandbox.state.connection.execute("SELECT id FROM sim_cards ORDER BY seq LIMIT 400")
    identifiers = [identifier for (identifier,) in rows.fetchall()]
    operators = [(random_id(random), name) for name in OPERATORS]
    count = min(MOST, len(identifiers) // 2)
    moments = sorted(day - random.uniform(0.1, 200) * DAY for _ in range(count))
    for identifier, at in zip(random.sample(identifiers, count), moments, strict=True):
        status = random.choices(STATUSES, (1, 8, 1))[0]
        ended = at if status == "in-progress" else at + random.uniform(5, 7200)
        update = {
            "id": random_id(random),
            "record_type": "ota_update",
            "sim_card_id": identifier,
            "type": TYPE,
            "status": status,
            "created_at": iso(at),
            "updated_at": iso(ended),
        }
        chosen = random.sample(operators, 2)
        preferences = [
            {
                "mobile_network_operator_id": operator_id,
                "mobile_network_operator_name": name,
                "priority": priority,
            }
            for priority, (operator_id, name) in enumerate(chosen)
        ]
        settings = {"mobile_network_operators_preferences": preferences}
        sandbox.ota_updates.insert(update, detail={"settings": settings})


async def list_ota_updates(request: Request) -> Response:
    """GET /ota_updates, newest first, without the settings (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    filters = Filters(request, ("sim_card_id", "status", "type"))
    selection = EVERYTHING
    for field, value in (
        ("sim_card_id", filters.text("sim_card_id")),
        ("status", filters.choice("status", STATUSES)),
        ("type", filters.choice("type", (TYPE,))),
    ):
        if value is not None:
            selection = selection.also(f"c.{field} = ?", value)
    return paged(request, sandbox.ota_updates, selection)


async def get_ota_update(request: Request) -> Response:
    """GET /ota_updates/{id}, with the settings."""
    sandbox: Sandbox = request.app.state.sandbox
    update = sandbox.ota_updates.get(request.path_params["id"])
    if update is None:
        raise not_found()
    return data_response({**update.listed, **update.detail})


routes = [
    Route("/ota_updates", list_ota_updates, methods=["GET"]),
    Route("/ota_updates/{id}", get_ota_update, methods=["GET"]),
]
