"""Registration codes, registered SIM cards and bought eSIMs."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.client import Api, error, eventually

REGISTER, PURCHASE = "/actions/register/sim_cards", "/actions/purchase/esims"


@pytest.fixture
def codes(api: Api) -> dict[str, list[str]]:
    return api.sandbox.admin("GET", "registration_codes")


@pytest.fixture
def added(api: Api) -> Iterator[list[dict[str, Any]]]:
    """SIM cards that are gone after the test."""
    cards: list[dict[str, Any]] = []
    yield cards
    for card in cards:
        api.sandbox.admin("DELETE", f"sim_cards/{card['id']}")


def test_validation(api: Api, codes: dict[str, list[str]]) -> None:
    asked = [codes["unused"][0], codes["used"][0], "12"]
    body = {"registration_codes": asked}
    answer = api("POST", "/sim_cards/actions/validate_registration_codes", json=body)
    assert answer.status_code == 200
    found = answer.json()["data"]
    assert [part["registration_code"] for part in found] == asked
    assert [part["valid"] for part in found] == [True, False, False]
    details = [part["invalid_detail"] for part in found]
    assert details[0] is None
    assert details[1] != details[2]
    missing = api("POST", "/sim_cards/actions/validate_registration_codes", json={})
    assert error(missing) == (422, "10004", "/registration_codes")


def test_registration(api: Api, codes: dict[str, list[str]], added: list[dict[str, Any]]) -> None:
    good = codes["unused"][1:3]
    group = api.get("/sim_card_groups")["data"][0]
    body = {
        "registration_codes": [good[0], codes["used"][0], good[1], good[1], "0"],
        "sim_card_group_id": group["id"],
        "status": "standby",
        "tags": ["new", "new"],
    }
    answer = api("POST", REGISTER, json=body)
    assert answer.status_code == 202
    cards, errors = answer.json()["data"], answer.json()["errors"]
    added += cards
    assert [card["status"]["value"] for card in cards] == ["registering"] * 2
    pointers = [part["source"]["pointer"] for part in errors]
    assert pointers == [f"/registration_codes/{place}" for place in (1, 3, 4)]
    for card in cards:
        assert (card["type"], card["tags"]) == ("physical", ["new"])
        assert card["sim_card_group_id"] == group["id"]
        eventually(lambda card=card: api.card(card["id"])["status"]["value"] == "standby")
    numbers = [card["iccid"] for card in api.all("/sim_cards")]
    assert len(set(numbers)) == len(numbers)
    again = api("POST", REGISTER, json={"registration_codes": [good[0]]}).json()
    assert (again["data"], len(again["errors"])) == ([], 1)


def test_purchase(api: Api, added: list[dict[str, Any]]) -> None:
    before = Decimal(api.get("/balance")["data"]["balance"])
    body = {"amount": 3, "product": "whitelabel", "whitelabel_name": "Our Name 1"}
    answer = api("POST", PURCHASE, json=body)
    assert answer.status_code == 202
    added += answer.json()["data"]
    assert answer.json()["errors"] == []
    assert before - Decimal(api.get("/balance")["data"]["balance"]) == Decimal("2.10")
    default = next(group for group in api.all("/sim_card_groups") if group["default"])
    for card in added:
        assert (card["type"], card["esim_installation_status"]) == ("esim", "released")
        assert card["sim_card_group_id"] == default["id"]
        assert len(card["eid"]) == 32
        code = api.get(f"/sim_cards/{card['id']}/activation_code")["data"]
        assert code["activation_code"].startswith("LPA:1$")
        eventually(lambda card=card: api.card(card["id"])["status"]["value"] == "enabled")
    assert api.all("/sim_cards")[0]["id"] == added[-1]["id"]


def test_a_purchase_without_money(api: Api) -> None:
    before = api.get("/sim_cards")["meta"]
    api.sandbox.admin("POST", "balance", {"amount": "0"})
    assert error(api("POST", PURCHASE, json={"amount": 143})) == (422, "20100", "")
    assert api.get("/balance")["data"]["balance"] == "0.00"
    assert api.get("/sim_cards")["meta"] == before
    api.sandbox.admin("POST", "balance", {"amount": "2500"})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "10004", "/amount")),
        ({"amount": "3"}, (422, "10026", "/amount")),
        ({"amount": 0}, (422, "10033", "/amount")),
        ({"amount": 1, "status": "x"}, (422, "10032", "/status")),
        ({"amount": 1, "sim_card_group_id": "x"}, (422, "10017", "/sim_card_group_id")),
        ({"amount": 1, "product": "x"}, (422, "10032", "/product")),
        ({"amount": 1, "product": "whitelabel"}, (422, "10004", "/whitelabel_name")),
        ({"amount": 1, "whitelabel_name": "a-b"}, (422, "10015", "/whitelabel_name")),
    ],
)
def test_bad_purchases(api: Api, body: object, expected: tuple[int, str, str]) -> None:
    assert error(api("POST", PURCHASE, json=body)) == expected


def test_bad_registrations(api: Api) -> None:
    for body in ({"registration_codes": []}, {"registration_codes": ["1"] * 1001}):
        assert error(api("POST", REGISTER, json=body)) == (422, "10033", "/registration_codes")
