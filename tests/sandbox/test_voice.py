"""Voice of SIM cards, one by one and for a group."""

from typing import Any

from tests.sandbox.actions import done, ended
from tests.sandbox.client import Api, error


def _with_number(api: Api, status: str) -> dict[str, Any]:
    cards = api.all("/sim_cards", **{"filter[status]": status})
    return next(card for card in cards if card["msisdn"] and not card["voice_enabled"])


def test_of_one_sim_card(api: Api) -> None:
    card = _with_number(api, "enabled")
    action = done(api, card["id"], "enable_voice", json={"connection_id": "a-connection"})
    assert action["settings"] == {"connection_id": "a-connection"}
    assert api.card(card["id"])["voice_enabled"] is True
    api.sandbox.admin("POST", "action_outcomes", {"status": "interrupted"})
    assert done(api, card["id"], "disable_voice")["status"]["value"] == "interrupted"
    assert api.card(card["id"])["voice_enabled"] is True
    done(api, card["id"], "disable_voice")
    after = api.card(card["id"])
    assert (after["voice_enabled"], after["status"]) == (False, card["status"])
    assert after["actions_in_progress"] is False


def test_without_a_number(api: Api) -> None:
    card = next(card for card in api.all("/sim_cards") if card["msisdn"] is None)
    assert error(api.act(card["id"], "enable_voice")) == (422, "10027", "")
    assert error(api.act("none", "enable_voice")) == (404, "10005", "")


def test_of_a_group(api: Api) -> None:
    groups = api.all("/sim_card_groups")
    group = min((g for g in groups if g["sim_card_count"] > 5), key=lambda g: g["sim_card_count"])
    inside = {"filter[sim_card_group_id]": group["id"]}
    cards = api.all("/sim_cards", **inside)
    numbered = {card["id"] for card in cards if card["msisdn"]}
    for kind, voice in (("enable", True), ("disable", False)):
        answer = api(
            "POST",
            f"/sim_cards/actions/bulk_{kind}_voice",
            json={"sim_card_group_id": group["id"]},
        )
        bulk = answer.json()["data"]
        assert bulk["action_type"] == f"bulk_{kind}_voice"
        assert "sim_card_actions_summary" not in bulk
        actions = api.all("/sim_card_actions", **{"filter[bulk_sim_card_action_id]": bulk["id"]})
        assert len(actions) == len(cards)
        for action in actions:
            value = ended(api, f"/sim_card_actions/{action['id']}")["status"]["value"]
            assert value == ("completed" if action["sim_card_id"] in numbered else "failed")
        now = {card["id"]: card["voice_enabled"] for card in api.all("/sim_cards", **inside)}
        assert all(now[identifier] is voice for identifier in numbered)


def test_a_group_that_is_not_there(api: Api) -> None:
    path = "/sim_cards/actions/bulk_enable_voice"
    assert error(api("POST", path, json={})) == (422, "10004", "/sim_card_group_id")
    body = {"sim_card_group_id": "none"}
    assert error(api("POST", path, json=body)) == (422, "10017", "/sim_card_group_id")
    assert error(api("GET", "/bulk_sim_card_actions/none")) == (404, "10005", "")
