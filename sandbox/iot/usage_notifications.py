"""Data usage notifications: a threshold for a SIM card.

How the real ones reach anybody is not documented, so nothing is sent when one is passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import iso, moved_on
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.filters import Filters
from sandbox.paging import data_response, paged
from sandbox.problems import association_missing, missing, not_found

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State


def collection(state: State) -> Collection:
    """The stored notifications."""
    return Collection(
        state,
        "usage_notifications",
        [Column("sim_card_id", lambda notification: notification["sim_card_id"])],
    )


def forget(sandbox: Sandbox, sim_card_id: str) -> None:
    """Remove the notifications of a SIM card that is gone."""
    kept = sandbox.usage_notifications
    for identifier in kept.ids(EVERYTHING.also("c.sim_card_id = ?", sim_card_id)):
        notification = kept.get(identifier)
        if notification is not None:
            kept.remove(notification)


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    notification = sandbox.usage_notifications.get(request.path_params["id"])
    if notification is None:
        raise not_found()
    return sandbox, notification


def _sim_card_id(sandbox: Sandbox, body: dict[str, Any]) -> str:
    identifier = bodies.required_text(body, "sim_card_id")
    if sandbox.sim_cards.get(identifier) is None:
        raise association_missing("/sim_card_id", "SIM card")
    return identifier


def _threshold(body: dict[str, Any]) -> dict[str, str]:
    threshold = bodies.data_limit(body.get("threshold"), "/threshold")
    if threshold is None:
        raise missing("/threshold")
    return threshold


async def list_notifications(request: Request) -> Response:
    """GET /sim_card_data_usage_notifications, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    value = Filters(request, ("sim_card_id",)).identifier("sim_card_id")
    selection = EVERYTHING if value is None else EVERYTHING.also("c.sim_card_id = ?", value)
    return paged(request, sandbox.usage_notifications, selection)


async def create_notification(request: Request) -> Response:
    """POST /sim_card_data_usage_notifications; 201 (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    at = iso(sandbox.clock.now())
    notification = {
        "id": sandbox.new_id(),
        "record_type": "sim_card_data_usage_notification",
        "sim_card_id": _sim_card_id(sandbox, body),
        "threshold": _threshold(body),
        "created_at": at,
        "updated_at": at,
    }
    sandbox.usage_notifications.insert(notification)
    return data_response(notification, 201)


async def get_notification(request: Request) -> Response:
    """GET /sim_card_data_usage_notifications/{id}."""
    return data_response(_known(request)[1].listed)


async def update_notification(request: Request) -> Response:
    """PATCH /sim_card_data_usage_notifications/{id}: SIM card and threshold."""
    sandbox, notification = _known(request)
    body = bodies.json_object(request)
    listed = notification.listed
    if "sim_card_id" in body:
        listed["sim_card_id"] = _sim_card_id(sandbox, body)
    if "threshold" in body:
        listed["threshold"] = _threshold(body)
    listed["updated_at"] = moved_on(listed["updated_at"], sandbox.clock.now())
    sandbox.usage_notifications.save(notification)
    return data_response(listed)


async def delete_notification(request: Request) -> Response:
    """DELETE /sim_card_data_usage_notifications/{id}; 200 with it (specification)."""
    sandbox, notification = _known(request)
    sandbox.usage_notifications.remove(notification)
    return data_response(notification.listed)


PATH = "/sim_card_data_usage_notifications"
routes = [
    Route(PATH, list_notifications, methods=["GET"]),
    Route(PATH, create_notification, methods=["POST"]),
    Route(f"{PATH}/{{id}}", get_notification, methods=["GET"]),
    Route(f"{PATH}/{{id}}", update_notification, methods=["PATCH"]),
    Route(f"{PATH}/{{id}}", delete_notification, methods=["DELETE"]),
]
