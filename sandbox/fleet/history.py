"""SIM card actions of the past, so that a new fleet has a history to look at."""

from collections.abc import Iterator
from random import Random
from typing import Any

from sandbox.clock import iso
from sandbox.identifiers import random_id
from sandbox.iot.sim_card_actions import document

LAST_ACTION = {"enabled": "enable", "disabled": "disable", "standby": "set_standby"}
CAUSES = (
    ("failed", "The data limit was exceeded."),
    ("failed", "The network did not confirm the request in time."),
    ("interrupted", "A newer request replaced this one."),
)


def history(latest: list[tuple[str, str, float]], random: Random) -> Iterator[dict[str, Any]]:
    """Actions oldest first, from (SIM card id, its status, when it was last changed)."""
    actions = []
    for sim_card_id, status, at in latest:
        action_type = LAST_ACTION.get(status)
        if action_type is None:
            continue
        took = random.triangular(2.0, 8.0, 3.5)
        if random.random() < 0.1:
            earlier = at - took - random.uniform(60, 7_200)
            actions.append(_action(sim_card_id, action_type, earlier, took, random, True))
        actions.append(_action(sim_card_id, action_type, at - took, took, random, False))
    actions.sort(key=lambda action: action["created_at"])
    yield from actions


def _action(
    sim_card_id: str, action_type: str, at: float, took: float, random: Random, went_wrong: bool
) -> dict[str, Any]:
    action = document(random_id(random), sim_card_id, action_type, "completed", iso(at))
    action["updated_at"] = iso(at + took)
    if went_wrong:
        value, reason = random.choice(CAUSES)
        action["status"] = {"value": value, "reason": reason}
    return action
