"""Waiting for the end of actions."""

from typing import Any

from tests.sandbox.client import Api, eventually


def ended(api: Api, path: str) -> dict[str, Any]:
    """The action at this path once it is no longer in progress."""

    def over() -> dict[str, Any] | None:
        action = api.get(path)["data"]
        status = action["status"]
        value = status if isinstance(status, str) else status["value"]
        return action if value != "in-progress" else None

    return eventually(over)


def done(api: Api, identifier: str, action_type: str, **rest: Any) -> dict[str, Any]:
    """Start an action on a SIM card and wait for its end."""
    answer = api("POST", f"/sim_cards/{identifier}/actions/{action_type}", **rest)
    assert answer.status_code == 202, answer.text
    return ended(api, f"/sim_card_actions/{answer.json()['data']['id']}")
