"""SIM card actions: started by a request, ended by the schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.clock import iso, moved_on
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.filters import Filters
from sandbox.iot import lifecycle, sim_card_records
from sandbox.paging import data_response, paged
from sandbox.problems import not_found, refused

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# The filter knows more types than the specification's actions have, and one status fewer.
FILTER_TYPES = (
    "enable",
    "enable_standby_sim_card",
    "disable",
    "set_standby",
    "remove_public_ip",
    "set_public_ip",
    # Actions of newer clients; the specification's filter does not name them.
    "enable_voice",
    "disable_voice",
)
FEATURES = ("set_public_ip", "remove_public_ip", "enable_voice", "disable_voice")
FILTER_STATUSES = ("in-progress", "completed", "failed")

# Seconds at speed 1. How long the real ones take is not documented.
SHORTEST, USUAL, LONGEST = 2.0, 3.5, 8.0


@dataclass
class OrderedOutcome:
    """An order that coming actions end otherwise than by themselves.

    ``status`` failed, interrupted or stuck (never ends); None fields match everything and
    ``times`` None is for ever; ``seconds`` overrides the time it takes at speed 1.
    """

    status: str
    reason: str | None = None
    action_type: str | None = None
    sim_card_id: str | None = None
    times: int | None = 1
    seconds: float | None = None


class OrderedOutcomes(list[OrderedOutcome]):
    """Orders, the oldest first."""

    def take(self, action_type: str, sim_card_id: str) -> OrderedOutcome | None:
        """The first order that fits this action; it is used up by one."""
        for order in self:
            if order.times == 0:
                continue
            if order.action_type not in (None, action_type):
                continue
            if order.sim_card_id not in (None, sim_card_id):
                continue
            if order.times is not None:
                order.times -= 1
            return order
        return None


def collection(state: State) -> Collection:
    """The stored SIM card actions."""
    return Collection(
        state,
        "sim_card_actions",
        [
            Column("sim_card_id", lambda action: action["sim_card_id"]),
            Column("status", lambda action: action["status"]["value"]),
            Column("action_type", lambda action: action["action_type"], indexed=False),
            # Only bulk operations set it; the answer does not show it.
            Column(
                "bulk_sim_card_action_id",
                lambda hidden: hidden.get("bulk_sim_card_action_id"),
                hidden=True,
            ),
        ],
    )


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when an action's time has come."""
    sandbox.schedule.on("sim_card_action", lambda subject, due: complete(sandbox, subject, due))


def document(
    identifier: str, sim_card_id: str, action_type: str, status: str, at: str
) -> dict[str, Any]:
    """A SIM card action as the API shows it (specification)."""
    return {
        "id": identifier,
        "record_type": "sim_card_action",
        "sim_card_id": sim_card_id,
        "action_type": action_type,
        "status": {"value": status, "reason": None},
        "settings": None,
        "created_at": at,
        "updated_at": at,
    }


def start(sandbox: Sandbox, sim_card: Record, action_type: str) -> dict[str, Any]:
    """Start an action on a SIM card, or refuse it by the rules; answers the action."""
    refusal = lifecycle.refusal(action_type, sim_card_records.facts(sandbox, sim_card))
    if refusal is not None:
        raise refused(refusal.code, refusal.detail)
    hidden = {"status_before": sim_card.listed["status"]["value"]}
    return _begin(sandbox, sim_card, action_type, lifecycle.begin(action_type), hidden, None)


def start_feature(
    sandbox: Sandbox,
    sim_card: Record,
    action_type: str,
    settings: dict[str, Any] | None = None,
    bulk_id: str | None = None,
) -> dict[str, Any]:
    """Start an action that leaves the status alone; answers the action.

    Our choice: it runs alone, as the actions on the status do.
    """
    facts = sim_card_records.facts(sandbox, sim_card)
    if facts.action_in_progress or facts.status in lifecycle.TRANSITIONAL:
        raise refused("10036", "Another action on this SIM card is still in progress.")
    hidden = {"bulk_sim_card_action_id": bulk_id}
    return _begin(sandbox, sim_card, action_type, facts.status, hidden, settings)


def never_started(
    sandbox: Sandbox, sim_card_id: str, action_type: str, reason: str, bulk_id: str
) -> None:
    """Store the action of a bulk operation that a SIM card did not take."""
    at = iso(sandbox.clock.now())
    action = document(sandbox.new_id(), sim_card_id, action_type, "failed", at)
    action["status"]["reason"] = reason
    sandbox.sim_card_actions.insert(action, hidden={"bulk_sim_card_action_id": bulk_id})


def _begin(
    sandbox: Sandbox,
    sim_card: Record,
    action_type: str,
    status: str,
    hidden: dict[str, Any],
    settings: dict[str, Any] | None,
) -> dict[str, Any]:
    """Store an action in progress, and plan its end."""
    now = sandbox.clock.now()
    identifier = sandbox.new_id()
    action = document(identifier, sim_card.listed["id"], action_type, "in-progress", iso(now))
    action["settings"] = settings
    seconds = sandbox.random.triangular(SHORTEST, LONGEST, USUAL)
    order = sandbox.ordered_outcomes.take(action_type, sim_card.listed["id"])
    if order is not None:
        hidden["outcome"], hidden["reason"] = order.status, order.reason
        seconds = seconds if order.seconds is None else order.seconds
    sandbox.sim_card_actions.insert(action, hidden=hidden)
    sim_card_records.set_status(sandbox, sim_card, status, now, in_progress=True)
    if hidden.get("outcome") != "stuck":
        sandbox.schedule.add(sandbox.clock.after(seconds, now), "sim_card_action", identifier)
    return action


def interrupt(sandbox: Sandbox, sim_card: Record, reason: str, at: float) -> None:
    """Break off what is in progress on a SIM card; ``at`` in Unix seconds.

    Only actions that leave the status alone can be: the others begin by taking it off the network.
    """
    running = EVERYTHING.also("c.sim_card_id = ?", sim_card.listed["id"])
    for identifier in sandbox.sim_card_actions.ids(running.also("c.status = 'in-progress'")):
        action = sandbox.sim_card_actions.get(identifier)
        if action is not None and action.listed["action_type"] in FEATURES:
            action.listed["status"] = {"value": "interrupted", "reason": reason}
            action.listed["updated_at"] = moved_on(action.listed["updated_at"], at)
            sandbox.sim_card_actions.save(action)
            sandbox.feature_endings[action.listed["action_type"]](sim_card, action.listed, False)


def complete(sandbox: Sandbox, identifier: str, due: float) -> None:
    """End an action, at the time it was due (Unix seconds), unless it was broken off before."""
    action = sandbox.sim_card_actions.get(identifier)
    if action is None or action.listed["status"]["value"] != "in-progress":
        return
    action_type = action.listed["action_type"]
    sim_card = sandbox.sim_cards.get(action.listed["sim_card_id"])
    outcome = action.hidden.get("outcome")
    if sim_card is None:
        ending = lifecycle.Ending("interrupted", "The SIM card was removed.", "disabled")
    elif action_type in FEATURES:
        status = sim_card.listed["status"]["value"]
        if outcome is None:
            ending = lifecycle.Ending("completed", None, status)
        else:
            ending = lifecycle.broken_off(action_type, outcome, action.hidden.get("reason"), status)
        sandbox.feature_endings[action_type](sim_card, action.listed, outcome is None)
    elif outcome is not None:
        ending = lifecycle.broken_off(
            action_type, outcome, action.hidden.get("reason"), action.hidden["status_before"]
        )
    else:
        ending = lifecycle.finish(action_type, sim_card_records.facts(sandbox, sim_card))
    action.listed["status"] = {"value": ending.action_status, "reason": ending.reason}
    action.listed["updated_at"] = moved_on(action.listed["updated_at"], due)
    sandbox.sim_card_actions.save(action)
    if sim_card is not None:
        sim_card_records.set_status(
            sandbox, sim_card, ending.sim_card_status, due, in_progress=False
        )


async def list_sim_card_actions(request: Request) -> Response:
    """GET /sim_card_actions, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    filters = Filters(request, ("sim_card_id", "status", "bulk_sim_card_action_id", "action_type"))
    selection = EVERYTHING
    for field, value in (
        ("sim_card_id", filters.text("sim_card_id")),
        ("status", filters.choice("status", FILTER_STATUSES)),
        ("bulk_sim_card_action_id", filters.text("bulk_sim_card_action_id")),
        ("action_type", filters.choice("action_type", FILTER_TYPES)),
    ):
        if value is not None:
            selection = selection.also(f"c.{field} = ?", value)
    return paged(request, sandbox.sim_card_actions, selection)


async def get_sim_card_action(request: Request) -> Response:
    """GET /sim_card_actions/{id}."""
    sandbox: Sandbox = request.app.state.sandbox
    action = sandbox.sim_card_actions.get(request.path_params["id"])
    if action is None:
        raise not_found()
    return data_response(action.listed)


routes = [
    Route("/sim_card_actions", list_sim_card_actions, methods=["GET"]),
    Route("/sim_card_actions/{id}", get_sim_card_action, methods=["GET"]),
]
