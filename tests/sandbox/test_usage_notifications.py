"""Data usage notifications of SIM cards."""

import pytest

from tests.sandbox.client import Api, error

PATH = "/sim_card_data_usage_notifications"


def test_life_of_a_notification(api: Api) -> None:
    card, other = (api.some(status)["id"] for status in ("enabled", "disabled"))
    body = {"sim_card_id": card, "threshold": {"amount": "2048.1", "unit": "GB"}}
    answer = api("POST", PATH, json=body)
    assert answer.status_code == 201
    notification = answer.json()["data"]
    assert {name: notification[name] for name in body} == body
    here = f"{PATH}/{notification['id']}"
    assert api.get(here)["data"] == notification
    assert api.all(PATH, **{"filter[sim_card_id]": card}) == [notification]
    change = {"threshold": {"amount": "1", "unit": "MB"}, "sim_card_id": other}
    changed = api("PATCH", here, json=change).json()["data"]
    assert {name: changed[name] for name in change} == change
    assert api.all(PATH, **{"filter[sim_card_id]": card}) == []
    assert api("DELETE", here).json()["data"] == changed
    assert error(api("GET", here)) == (404, "10005", "")


def test_it_goes_with_its_sim_card(api: Api) -> None:
    card = api.some("disabled")["id"]
    body = {"sim_card_id": card, "threshold": {"amount": "1", "unit": "MB"}}
    here = f"{PATH}/{api('POST', PATH, json=body).json()['data']['id']}"
    api.sandbox.admin("DELETE", f"sim_cards/{card}")
    assert error(api("GET", here)) == (404, "10005", "")


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (None, (422, "10004", "/threshold")),
        ({"amount": 5}, (422, "10026", "/threshold/amount")),
        ({"amount": "5", "unit": "KB"}, (422, "10032", "/threshold/unit")),
    ],
)
def test_bad_thresholds(api: Api, threshold: object, expected: tuple[int, str, str]) -> None:
    body = {"sim_card_id": api.get("/sim_cards")["data"][0]["id"], "threshold": threshold}
    assert error(api("POST", PATH, json=body)) == expected


def test_of_no_sim_card(api: Api) -> None:
    body = {"sim_card_id": "none", "threshold": {"amount": "5", "unit": "MB"}}
    assert error(api("POST", PATH, json=body)) == (422, "10017", "/sim_card_id")
    assert error(api("POST", PATH, json={})) == (422, "10004", "/sim_card_id")
