"""Actions on SIM cards, from the request to their end."""

from typing import Any

import pytest

from tests.sandbox.client import Api, error, eventually


def _ended(api: Api, action_id: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        action = api.get(f"/sim_card_actions/{action_id}")["data"]
        return action if action["status"]["value"] != "in-progress" else None

    return eventually(ended)


def _order(api: Api, **order: Any) -> None:
    api.sandbox.admin("POST", "action_outcomes", order)


@pytest.mark.parametrize(
    ("start", "action_type", "through", "end"),
    [
        ("disabled", "enable", "enabling", "enabled"),
        ("standby", "enable", "enabling", "enabled"),
        ("registered", "enable", "enabling", "enabled"),
        ("enabled", "disable", "disabling", "disabled"),
        ("enabled", "set_standby", "setting_standby", "standby"),
    ],
)
def test_legal_actions(api: Api, start: str, action_type: str, through: str, end: str) -> None:
    before = api.some("disabled" if start == "registered" else start, data_limit=None)
    if start == "registered":
        api.sandbox.admin("POST", f"sim_cards/{before['id']}", {"status": start})
    answer = api.act(before["id"], action_type)
    assert answer.status_code == 202
    action = answer.json()["data"]
    assert action["sim_card_id"] == before["id"]
    assert action["action_type"] == action_type
    assert action["status"] == {"value": "in-progress", "reason": None}
    assert api.get("/sim_card_actions", **{"page[size]": 1})["data"][0]["id"] == action["id"]
    during = api.card(before["id"])
    if during["actions_in_progress"]:
        assert during["status"]["value"] == through
    ended = _ended(api, action["id"])
    assert ended["status"] == {"value": "completed", "reason": None}
    assert ended["updated_at"] > ended["created_at"] == action["created_at"]
    after = api.card(before["id"])
    assert (after["status"]["value"], after["actions_in_progress"]) == (end, False)
    assert after["updated_at"] >= ended["updated_at"]
    assert after["updated_at"] > before["updated_at"]
    connected = after["live_data_session"] == "connected"
    assert connected <= (end == "enabled")
    assert connected == (after["ipv4"] is not None) == (after["current_mcc"] is not None)


def test_the_status_on_the_way(api: Api) -> None:
    card = api.some("enabled")
    _order(api, status="stuck", action_type="disable", sim_card_id=card["id"])
    api.act(card["id"], "disable")
    during = api.card(card["id"])
    assert during["status"]["value"] == "disabling"
    assert during["actions_in_progress"] is True
    assert during["live_data_session"] == "disconnected"
    for action_type in ("enable", "disable", "set_standby"):
        assert error(api.act(card["id"], action_type)) == (422, "10036", "")
    running = api.all("/sim_card_actions", **{"filter[sim_card_id]": card["id"]})
    assert [action["status"]["value"] for action in running].count("in-progress") == 1


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        ("enabled", ["enable"]),
        ("disabled", ["disable", "set_standby"]),
        ("standby", ["disable", "set_standby"]),
        ("data_limit_exceeded", ["enable", "disable", "set_standby"]),
        ("unauthorized_imei", ["enable", "disable", "set_standby"]),
    ],
)
def test_illegal_actions(api: Api, status: str, refused: list[str]) -> None:
    card = api.some(status)
    actions = api.get("/sim_card_actions")["meta"]
    for action_type in refused:
        assert error(api.act(card["id"], action_type)) == (422, "10027", "")
    assert api.some(status, id=card["id"]) == card
    assert api.get("/sim_card_actions")["meta"] == actions


@pytest.mark.parametrize("status", ["registering", "abolished"])
def test_nothing_starts_from_these(api: Api, status: str) -> None:
    card = api.some("disabled")
    api.sandbox.admin("POST", f"sim_cards/{card['id']}", {"status": status})
    for action_type in ("enable", "disable", "set_standby"):
        assert error(api.act(card["id"], action_type)) == (422, "10027", "")
    api.sandbox.admin("DELETE", f"sim_cards/{card['id']}")


def test_a_group_is_needed(api: Api) -> None:
    alone = api.all("/sim_cards", **{"filter[sim_card_group_id]": "null"})[0]
    assert error(api.act(alone["id"], "enable")) == (422, "70007", "")
    api.sandbox.admin("POST", f"sim_cards/{alone['id']}", {"status": "enabled"})
    assert error(api.act(alone["id"], "set_standby")) == (422, "70007", "")
    assert api.act(alone["id"], "disable").status_code == 202


def test_a_corrected_imei_list_allows_to_enable(api: Api) -> None:
    card = api.some("unauthorized_imei")
    api("PATCH", f"/sim_cards/{card['id']}", json={"authorized_imeis": None})
    assert _ended(api, api.act(card["id"], "enable").json()["data"]["id"])
    assert api.card(card["id"])["status"]["value"] == "enabled"


@pytest.mark.parametrize("outcome", ["failed", "interrupted"])
def test_ordered_outcomes(api: Api, outcome: str) -> None:
    card = api.some("enabled")
    _order(api, status=outcome, sim_card_id=card["id"], reason="A network did not answer.")
    ended = _ended(api, api.act(card["id"], "disable").json()["data"]["id"])
    assert ended["status"] == {"value": outcome, "reason": "A network did not answer."}
    after = api.card(card["id"])
    assert after["status"] == card["status"]
    again = _ended(api, api.act(card["id"], "disable").json()["data"]["id"])
    assert again["status"]["value"] == "completed"


def test_enabling_above_the_limit_fails(api: Api) -> None:
    card = api.some("standby")
    change = {
        "data_limit": {"amount": "1.0", "unit": "MB"},
        "current_billing_period_consumed_data": {"amount": "2.0", "unit": "MB"},
    }
    api.sandbox.admin("POST", f"sim_cards/{card['id']}", change)
    ended = _ended(api, api.act(card["id"], "enable").json()["data"]["id"])
    assert ended["status"]["value"] == "failed"
    assert ended["status"]["reason"]
    assert api.card(card["id"])["status"]["value"] == "data_limit_exceeded"


def test_the_action_of_a_vanished_sim_card_ends(api: Api) -> None:
    card = api.some("enabled")
    action = api.act(card["id"], "disable").json()["data"]
    api.sandbox.admin("DELETE", f"sim_cards/{card['id']}")
    assert _ended(api, action["id"])["status"]["value"] == "interrupted"


def test_twenty_five_disabled_sim_cards_of_a_group_at_once(api: Api) -> None:
    group = max(api.all("/sim_card_groups"), key=lambda group: group["sim_card_count"])
    params = {
        "filter[sim_card_group_id]": group["id"],
        "filter[status]": "disabled",
        "page[size]": 25,
    }
    cards = api.get("/sim_cards", **params)["data"]
    assert len(cards) == 25
    actions = [api.act(card["id"], "enable").json()["data"]["id"] for card in cards]
    for action_id in actions:
        assert _ended(api, action_id)["status"]["value"] == "completed"
    left = {"filter[sim_card_group_id]": group["id"], "filter[status]": "enabled"}
    enabled = {card["id"] for card in api.all("/sim_cards", **left)}
    assert {card["id"] for card in cards} <= enabled
