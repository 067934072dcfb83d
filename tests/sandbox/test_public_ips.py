"""Public IPs of SIM cards."""

from collections.abc import Iterator

import pytest

from tests.sandbox.actions import done, ended
from tests.sandbox.client import Api, error


@pytest.fixture(autouse=True)
def money(api: Api) -> Iterator[None]:
    api.sandbox.admin("POST", "balance", {"amount": "500"})
    yield
    api.sandbox.admin("POST", "balance", {"amount": "2500"})


def test_life_of_an_address(api: Api) -> None:
    card = api.some("enabled")
    path = f"/sim_cards/{card['id']}/public_ip"
    assert error(api("GET", path)) == (404, "10005", "")
    assert error(api.act(card["id"], "remove_public_ip")) == (422, "10027", "")
    before = api.get("/balance")["data"]
    order = {"status": "stuck", "sim_card_id": card["id"]}
    api.sandbox.admin("POST", "action_outcomes", order)
    answer = api("POST", f"/sim_cards/{card['id']}/actions/set_public_ip?region_code=am1")
    action = answer.json()["data"]
    assert action["settings"] == {"region_code": "am1"}
    assert api.get(path)["data"]["ip"] is None
    during = api.card(card["id"])
    assert (during["status"]["value"], during["actions_in_progress"]) == ("enabled", True)
    assert error(api.act(card["id"], "disable")) == (422, "10036", "")
    after = api.get("/balance")["data"]
    assert (before["balance"], after["balance"]) == ("500.00", "497.00")
    listed = api.all("/sim_card_actions", **{"filter[action_type]": "set_public_ip"})
    assert listed[0]["id"] == action["id"]
    api.sandbox.admin("DELETE", f"sim_cards/{card['id']}")


def test_it_is_provisioned_and_removed(api: Api) -> None:
    card = api.some("standby")
    action = done(api, card["id"], "set_public_ip")
    assert action["status"] == {"value": "completed", "reason": None}
    stored = api.get(f"/sim_cards/{card['id']}/public_ip")["data"]
    assert stored["region_code"] == "dc2"
    assert stored["ip"].startswith("198.51.100.")
    assert stored["updated_at"] > stored["created_at"]
    assert api.card(card["id"])["status"] == card["status"]
    assert error(api.act(card["id"], "set_public_ip")) == (422, "10027", "")
    done(api, card["id"], "remove_public_ip")
    assert error(api("GET", f"/sim_cards/{card['id']}/public_ip")) == (404, "10005", "")


def test_a_failure_gives_address_and_money_back(api: Api) -> None:
    card = api.some("disabled")
    api.sandbox.admin("POST", "action_outcomes", {"status": "failed", "sim_card_id": card["id"]})
    assert done(api, card["id"], "set_public_ip")["status"]["value"] == "failed"
    assert error(api("GET", f"/sim_cards/{card['id']}/public_ip"))[0] == 404
    assert api.get("/balance")["data"]["balance"] == "500.00"


def test_a_region_runs_out_in_bulk(api: Api) -> None:
    cards = api.get("/sim_cards", **{"filter[status]": "standby", "page[size]": 6})["data"]
    for card in cards[:4]:
        done(api, card["id"], "set_public_ip", params={"region_code": "sy1"})
    path = f"/sim_cards/{cards[4]['id']}/actions/set_public_ip"
    full = api("POST", path, params={"region_code": "sy1"})
    assert error(full) == (422, "70008", "")
    unknown = api("POST", path, params={"region_code": "moon"})
    assert error(unknown) == (422, "10032", "region_code")
    done(api, cards[0]["id"], "remove_public_ip")
    done(api, cards[4]["id"], "set_public_ip", params={"region_code": "sy1"})

    ids = [card["id"] for card in cards]
    answer = api("POST", "/sim_cards/actions/bulk_set_public_ips", json={"sim_card_ids": ids})
    assert answer.status_code == 202
    bulk = answer.json()["data"]
    assert bulk["settings"] == {"sim_card_ids": ids}
    wanted = {"filter[bulk_sim_card_action_id]": bulk["id"]}
    actions = api.all("/sim_card_actions", **wanted)
    assert {action["sim_card_id"] for action in actions} == set(ids)
    ends = [ended(api, f"/sim_card_actions/{action['id']}") for action in actions]
    assert (
        sorted(action["status"]["value"] for action in ends) == ["completed"] * 2 + ["failed"] * 4
    )
    detail = api.get(f"/bulk_sim_card_actions/{bulk['id']}")["data"]
    assert detail["sim_card_actions_summary"] == [
        {"status": "completed", "count": 2},
        {"status": "failed", "count": 4},
    ]
    listed = api.get("/bulk_sim_card_actions", **{"filter[action_type]": "bulk_set_public_ips"})
    assert listed["data"][0] == detail
    for card in cards:
        if api("GET", f"/sim_cards/{card['id']}/public_ip").status_code == 200:
            done(api, card["id"], "remove_public_ip")


def test_without_money(api: Api) -> None:
    api.sandbox.admin("POST", "balance", {"amount": "0"})
    assert api.get("/balance")["data"]["available_credit"] == "100.00"
    cards = api.get("/sim_cards", **{"filter[status]": "disabled", "page[size]": 40})["data"]
    body = {"sim_card_ids": [card["id"] for card in cards]}
    answer = api("POST", "/sim_cards/actions/bulk_set_public_ips", json=body)
    path = f"/bulk_sim_card_actions/{answer.json()['data']['id']}"
    summary = api.get(path)["data"]["sim_card_actions_summary"]
    counts = {part["status"]: part["count"] for part in summary}
    assert counts["failed"] == 40 - 33
    assert error(api.act(cards[-1]["id"], "set_public_ip")) == (422, "20100", "")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "10004", "/sim_card_ids")),
        ({"sim_card_ids": []}, (422, "10015", "/sim_card_ids")),
        ({"sim_card_ids": ["no"]}, (422, "10017", "/sim_card_ids/0")),
        ({"sim_card_ids": "no"}, (422, "10026", "/sim_card_ids")),
    ],
)
def test_bad_bulk_requests(api: Api, body: object, expected: tuple[int, str, str]) -> None:
    answer = api("POST", "/sim_cards/actions/bulk_set_public_ips", json=body)
    assert error(answer) == expected


def test_regions(api: Api) -> None:
    for product in ("public_ips", "private_wireless_gateways"):
        regions = api.get("/wireless/regions", product=product)
        assert "meta" not in regions
        assert {"dc2", "sy1"} <= {region["code"] for region in regions["data"]}
    assert error(api("GET", "/wireless/regions")) == (422, "10004", "product")
    assert error(api("GET", "/wireless/regions?product=x")) == (404, "10005", "")
