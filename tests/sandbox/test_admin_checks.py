"""What the admin endpoints refuse, and which field they name."""

from typing import Any

import pytest

from tests.sandbox.client import Api, error


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"tags": [[1]]}, "10026", "/tags/0"),
        ({"tags": ["a", None]}, "10026", "/tags/1"),
        ({"tags": "a"}, "10026", "/tags"),
        ({"authorized_imeis": 5}, "10026", "/authorized_imeis"),
        ({"authorized_imeis": [5]}, "10026", "/authorized_imeis/0"),
        ({"iccid": ["a"]}, "10026", "/iccid"),
        ({"msisdn": 2**63}, "10033", "/msisdn"),
        ({"sim_card_group_id": {}}, "10026", "/sim_card_group_id"),
        ({"current_imei": 5}, "10026", "/current_imei"),
        ({"status": None}, "10026", "/status"),
        ({"status": {}}, "10004", "/status/value"),
        ({"status": {"value": 5}}, "10026", "/status/value"),
        ({"updated_at": 5}, "10026", "/updated_at"),
        ({"updated_at": "yesterday"}, "10015", "/updated_at"),
        ({"id": "another"}, "10015", "/id"),
        ([], "10026", ""),
    ],
    ids=str,
)
def test_fields_of_a_sim_card(api: Api, body: Any, code: str, pointer: str) -> None:
    card = api.some("standby")
    address = f"{api.sandbox.admin_url}/sim_cards/{card['id']}"
    refused = api.session.post(address, json=body, timeout=5)
    assert error(refused) == (422, code, pointer)
    assert api.card(card["id"])["updated_at"] == card["updated_at"], "nothing was changed"


@pytest.mark.parametrize("field", ["data_limit", "current_billing_period_consumed_data"])
@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e30", {}, 7])
def test_amounts_may_be_anything(api: Api, field: str, amount: Any) -> None:
    card = api.some("standby")
    quantity = amount if amount == 7 else {"amount": amount, "unit": "MB"}
    changed = api.sandbox.admin("POST", f"sim_cards/{card['id']}", {field: quantity})
    assert changed["data"][field] == quantity
    assert api("GET", f"/sim_cards/{card['id']}", check=False).status_code == 200
    api.sandbox.admin("POST", f"sim_cards/{card['id']}", {field: card[field]})
    assert api.card(card["id"])[field] == card[field]


@pytest.mark.parametrize(
    ("address", "body", "pointer"),
    [
        ("action_outcomes", {"status": "failed", "reason": 5}, "/reason"),
        ("action_outcomes", {"status": "failed", "sim_card_id": []}, "/sim_card_id"),
        ("action_outcomes", {"status": "failed", "times": "2"}, "/times"),
        ("action_outcomes", {"status": "failed", "times": True}, "/times"),
        ("action_outcomes", {"status": "failed", "seconds": "2"}, "/seconds"),
        ("faults", {"kind": "drop_fields", "fields": [[]]}, "/fields/0"),
    ],
    ids=str,
)
def test_types_of_orders(api: Api, address: str, body: Any, pointer: str) -> None:
    refused = api.session.post(f"{api.sandbox.admin_url}/{address}", json=body, timeout=5)
    assert error(refused) == (422, "10026", pointer)
