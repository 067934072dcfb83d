"""Addresses, and orders of SIM cards that go there."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.client import Api, error, eventually
from tests.sandbox_process import start_sandbox

ADDRESS = {
    "first_name": "Iris",
    "last_name": "Vahl",
    "business_name": "Fieldworks",
    "street_address": "18 Market Square",
    "locality": "Austin",
    "administrative_area": "TX",
    "postal_code": "78701",
    "country_code": "US",
}


@pytest.fixture(scope="module")
def fast() -> Iterator[Api]:
    """Orders are delivered within moments."""
    with start_sandbox(sims=20, speed=2000) as sandbox:
        yield Api(sandbox)


def _address(api: Api, **changes: Any) -> dict[str, Any]:
    answer = api("POST", "/addresses", json={**ADDRESS, **changes})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_life_of_an_address(api: Api) -> None:
    address = _address(api, customer_reference="depot 7")
    assert int(address["id"]) > 10**18
    assert (address["address_book"], address["borough"]) == (True, None)
    here = f"/addresses/{address['id']}"
    assert api.get(here)["data"] == address
    assert api.all("/addresses")[-1] == address
    assert api.all("/addresses", sort="-created_at")[0] == address
    for name, value in (
        ("customer_reference][contains", "pot"),
        ("customer_reference", "depot 7"),
        ("customer_reference][eq", "depot 7"),
    ):
        assert api.all("/addresses", **{f"filter[{name}]": value}) == [address]
    emergency = {"filter[used_as_emergency]": "true"}
    assert api.all("/addresses", **emergency) == []
    assert address in api.all("/addresses", **{"filter[address_book][eq]": "true"})
    assert error(api("GET", "/addresses?sort=size")) == (400, "10031", "sort")
    assert api("DELETE", here).json()["data"] == address
    assert error(api("GET", here)) == (404, "10005", "")
    assert error(api("DELETE", here)) == (404, "10005", "")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"first_name": None}, (422, "10004", "/first_name")),
        ({"country_code": "usa"}, (422, "10015", "/country_code")),
        ({"postal_code": 7}, (422, "10026", "/postal_code")),
        ({"address_book": "yes"}, (422, "10026", "/address_book")),
    ],
)
def test_bad_addresses(api: Api, changes: Any, expected: tuple[int, str, str]) -> None:
    assert error(api("POST", "/addresses", json={**ADDRESS, **changes})) == expected


def test_prices(api: Api) -> None:
    home = {"address_id": _address(api)["id"], "quantity": 21}
    away = {"address_id": _address(api, country_code="DE")["id"], "quantity": 21}
    for body, shipping, total in ((home, "0.00", "21.00"), (away, "10.00", "31.00")):
        before = api.get("/balance")["data"]["balance"]
        answer = api("POST", "/sim_card_order_preview", json=body)
        assert answer.status_code == 202
        preview = answer.json()["data"]
        assert preview["shipping_cost"] == {"amount": shipping, "currency": "USD"}
        assert preview["total_cost"]["amount"] == total
        assert api.get("/balance")["data"]["balance"] == before
        order = api("POST", "/sim_card_orders", json=body).json()["data"]
        assert order["cost"] == preview["total_cost"]
        paid = Decimal(before) - Decimal(api.get("/balance")["data"]["balance"])
        assert paid == Decimal(total)


def test_an_order_on_its_way(fast: Api) -> None:
    address = _address(fast)
    known = len(fast.sandbox.admin("GET", "registration_codes")["unused"])
    body = {"address_id": address["id"], "quantity": 4, "sim_card_group_id": "anything"}
    order = fast("POST", "/sim_card_orders", json=body).json()["data"]
    assert (order["status"], order["tracking_url"]) == ("pending", None)
    assert order["order_address"]["street_address"] == "18 Market Square"
    fast("DELETE", f"/addresses/{address['id']}")
    seen: list[str] = []

    def delivered() -> bool:
        now = fast.get(f"/sim_card_orders/{order['id']}")["data"]
        seen.append(now["status"])
        assert (now["tracking_url"] is not None) == (now["status"] in ("shipped", "delivered"))
        return now["status"] == "delivered"

    eventually(delivered)
    assert {"processing", "ready_to_ship", "shipped"} & set(seen)
    assert len(fast.sandbox.admin("GET", "registration_codes")["unused"]) == known + 4


def test_an_order_that_is_canceled(fast: Api) -> None:
    before = fast.get("/balance")["data"]
    body = {"address_id": _address(fast)["id"], "quantity": 13}
    order = fast("POST", "/sim_card_orders", json=body).json()["data"]
    path = f"/sim_card_orders/{order['id']}"
    eventually(lambda: fast.get(path)["data"]["status"] == "canceled")
    assert fast.get("/balance")["data"] == before


def test_filters_of_orders(api: Api) -> None:
    address = _address(api, locality="Waco", country_code="GB")
    body = {"address_id": address["id"], "quantity": 7}
    order = api("POST", "/sim_card_orders", json=body).json()["data"]
    for name, value in (
        ("address.id", address["id"]),
        ("address.locality", "Waco"),
        ("cost.amount", "17.0"),
        ("quantity", 7),
        ("created_at", order["created_at"]),
    ):
        found = api.all("/sim_card_orders", **{f"filter[{name}]": value})
        assert [one["id"] for one in found] == [order["id"]]
    assert api.all("/sim_card_orders", **{"filter[cost.currency]": "EUR"}) == []
    bad = api("GET", "/sim_card_orders?filter[quantity]=many")
    assert error(bad) == (400, "10031", "filter[quantity]")


@pytest.mark.parametrize("path", ["/sim_card_orders", "/sim_card_order_preview"])
def test_bad_orders(api: Api, path: str) -> None:
    address = api.get("/addresses")["data"][0]["id"]
    for body, expected in (
        ({"quantity": 1}, (422, "10004", "/address_id")),
        ({"address_id": address}, (422, "10004", "/quantity")),
        ({"address_id": address, "quantity": 0}, (422, "10033", "/quantity")),
        ({"address_id": address, "quantity": True}, (422, "10026", "/quantity")),
        ({"address_id": address, "quantity": 5001}, (422, "70001", "")),
        ({"address_id": "1", "quantity": 1}, (422, "10017", "/address_id")),
    ):
        assert error(api("POST", path, json=body)) == expected
    assert error(api("GET", "/sim_card_orders/none")) == (404, "10005", "")
