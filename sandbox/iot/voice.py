"""Voice of one SIM card: switched on and off by an action.

The official client has these two operations; the specification only has them for groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.collection import Record
from sandbox.iot import sim_card_actions, sim_cards
from sandbox.paging import data_response
from sandbox.problems import refused

if TYPE_CHECKING:
    from sandbox.context import Sandbox

TYPES = ("enable_voice", "disable_voice")


def register(sandbox: Sandbox) -> None:
    """Say what happens when the actions end."""

    def switched(sim_card: Record, action: dict[str, Any], succeeded: bool) -> None:
        # The caller stores the SIM card.
        if succeeded:
            sim_card.listed["voice_enabled"] = action["action_type"] == "enable_voice"

    for action_type in TYPES:
        sandbox.feature_endings[action_type] = switched


def start(
    sandbox: Sandbox,
    sim_card: Record,
    action_type: str,
    settings: dict[str, Any] | None = None,
    bulk_id: str | None = None,
) -> dict[str, Any]:
    """Start to switch; a SIM card without a number has no voice (our choice)."""
    if sim_card.listed.get("msisdn") is None:
        raise refused("10027", "The SIM card has no phone number, so it cannot have voice.")
    return sim_card_actions.start_feature(sandbox, sim_card, action_type, settings, bulk_id)


async def switch_voice(request: Request) -> Response:
    """POST /sim_cards/{id}/actions/enable_voice or disable_voice; a body is optional."""
    sandbox, sim_card = sim_cards.known(request)
    action_type = request.scope["path"].rsplit("/", 1)[-1]
    settings = None
    if request.scope["sandbox.body"].strip():
        body = bodies.json_object(request)
        if action_type == "enable_voice" and body.get("connection_id") is not None:
            settings = {"connection_id": bodies.text(body["connection_id"], "/connection_id")}
    return data_response(start(sandbox, sim_card, action_type, settings), 202)


routes = [
    Route(f"/sim_cards/{{id}}/actions/{action_type}", switch_voice, methods=["POST"])
    for action_type in TYPES
]
