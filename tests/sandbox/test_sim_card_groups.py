"""SIM card groups."""

from decimal import Decimal

import pytest

from tests.sandbox.client import Api, error, eventually


def _create(api: Api, **body: object) -> dict[str, object]:
    answer = api("POST", "/sim_card_groups", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_life_of_a_group(api: Api) -> None:
    limit = {"amount": "2048.5", "unit": "GB"}
    group = _create(api, name="Drones – trial", data_limit=limit)
    assert group["data_limit"] == limit
    assert group["default"] is False
    assert group["consumed_data"] == {"amount": "0.0", "unit": "MB"}
    assert "sim_card_count" not in group
    path = f"/sim_card_groups/{group['id']}"
    assert api.get(path)["data"] == group
    first = api.get("/sim_card_groups")["data"][0]
    assert first == {**group, "sim_card_count": 0}
    named = api.all("/sim_card_groups", **{"filter[name]": "Drones – trial"})
    assert [found["id"] for found in named] == [group["id"]]
    changed = api("PATCH", path, json={"name": "Drones", "data_limit": None}).json()["data"]
    assert (changed["name"], changed["data_limit"]) == ("Drones", None)
    assert changed["updated_at"] > group["updated_at"]
    assert api("DELETE", path).json()["data"] == changed
    assert error(api("GET", path)) == (404, "10005", "")


def test_sums_of_a_group(api: Api) -> None:
    group = next(g for g in api.all("/sim_card_groups") if g["sim_card_count"] > 5)
    members = api.all("/sim_cards", **{"filter[sim_card_group_id]": group["id"]})
    used = sum(Decimal(card["current_billing_period_consumed_data"]["amount"]) for card in members)
    assert group["sim_card_count"] == len(members)
    assert Decimal(group["consumed_data"]["amount"]) == used
    detail = api.get(f"/sim_card_groups/{group['id']}", include_iccids="true")["data"]
    assert detail["iccids"] == [card["iccid"] for card in members]


def test_gateway_and_blocklist_filters(api: Api) -> None:
    total = api.get("/sim_card_groups")["meta"]["total_results"]
    for field in ("private_wireless_gateway_id", "wireless_blocklist_id"):
        other = "7d0a5f2e-4c1b-4a58-9a0b-2f6f5d0c9e11"
        assert api.all("/sim_card_groups", **{f"filter[{field}]": other}) == []
        none = api.all("/sim_card_groups", **{f"filter[{field}]": "null"})
        assert len(none) == total


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{", (400, "10023", "")),
        ("{}", (422, "10004", "/name")),
        ('{"name": null}', (422, "10004", "/name")),
        ('{"name": 7}', (422, "10026", "/name")),
        ('{"name": ""}', (422, "10015", "/name")),
        ('{"name": "x", "data_limit": {"amount": "x"}}', (422, "10015", "/data_limit/amount")),
    ],
)
def test_bad_groups(api: Api, body: str, expected: tuple[int, str, str]) -> None:
    before = api.get("/sim_card_groups")["meta"]
    assert error(api("POST", "/sim_card_groups", data=body)) == expected
    assert api.get("/sim_card_groups")["meta"] == before


def test_groups_that_cannot_go(api: Api) -> None:
    groups = api.all("/sim_card_groups")
    default = [group for group in groups if group["default"]]
    assert len(default) == 1
    full = next(group for group in groups if group["sim_card_count"] and not group["default"])
    for group, code in ((default[0], "70006"), (full, "70005")):
        assert error(api("DELETE", f"/sim_card_groups/{group['id']}")) == (422, code, "")


def test_a_pooled_limit_fires_and_clears(api: Api) -> None:
    group = _create(api, name="Pool", data_limit={"amount": "0", "unit": "MB"})
    used = next(
        card
        for card in api.all("/sim_cards", sort="-current_billing_period_consumed_data.amount")
        if card["status"]["value"] == "enabled" and card["data_limit"] is None
    )
    api("PATCH", f"/sim_cards/{used['id']}", json={"sim_card_group_id": group["id"]})

    def status() -> str:
        return api.card(used["id"])["status"]["value"]

    eventually(lambda: status() == "data_limit_exceeded")
    assert api.card(used["id"])["live_data_session"] == "disconnected"
    api("PATCH", f"/sim_card_groups/{group['id']}", json={"data_limit": None})
    eventually(lambda: status() == "enabled")
