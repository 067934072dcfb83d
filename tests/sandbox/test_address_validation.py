"""Checking addresses, and taking over suggestions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.client import Api, error

PATH = "/addresses/actions/validate"
RIGHT = {
    "street_address": "600 congress ave.",
    "extended_address": " 14th  floor ",
    "locality": "AUSTIN",
    "administrative_area": "Texas",
    "postal_code": "787014321",
    "country_code": "us",
}


def _checked(api: Api, **change: str | None) -> dict[str, Any]:
    answer = api("POST", PATH, json={**RIGHT, **change})
    assert answer.status_code == 200, answer.text
    checked: dict[str, Any] = answer.json()["data"]
    return checked


def test_a_right_address_is_put_in_its_usual_form(api: Api) -> None:
    checked = _checked(api)
    assert (checked["record_type"], checked["result"]) == ("address_validation", "valid")
    assert checked["errors"] == []
    assert checked["suggested"] == {
        "street_address": "600 Congress Avenue",
        "extended_address": "14th floor",
        "locality": "Austin",
        "administrative_area": "TX",
        "postal_code": "78701-4321",
        "country_code": "US",
    }


@pytest.mark.parametrize(
    ("country", "code", "expected"),
    [
        ("DE", "20095", "20095"),
        ("NL", "1012ab", "1012 AB"),
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("PL", "00950", "00-950"),
        ("JP", "100-0001", "100-0001"),
        ("AQ", "anything", "ANYTHING"),
        ("DE", "2009", None),
        ("SG", "12345", None),
        ("IE", "D02", None),
        ("DE", "２００９５", None),
    ],
)
def test_postal_codes(api: Api, country: str, code: str, expected: str | None) -> None:
    checked = _checked(api, country_code=country, postal_code=code, administrative_area=None)
    if expected is None:
        assert checked["result"] == "invalid"
        assert [fault["source"]["pointer"] for fault in checked["errors"]] == ["/postal_code"]
    else:
        assert (checked["result"], checked["suggested"]["postal_code"]) == ("valid", expected)


def test_everything_wrong_at_once(api: Api) -> None:
    checked = _checked(api, country_code="U5", street_address="?")
    assert checked["result"] == "invalid"
    assert [(fault["code"], fault["source"]["pointer"]) for fault in checked["errors"]] == [
        ("20201", "/country_code"),
        ("20207", "/street_address"),
    ]
    assert all(fault["title"] and fault["description"] for fault in checked["errors"])
    nowhere = _checked(api, administrative_area="Atlantis")
    assert [fault["source"]["pointer"] for fault in nowhere["errors"]] == ["/administrative_area"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"street_address": None}, (422, "10004", "/street_address")),
        ({"postal_code": ""}, (422, "10015", "/postal_code")),
        ({"country_code": 49}, (422, "10026", "/country_code")),
        ({"locality": ["Austin"]}, (422, "10026", "/locality")),
    ],
)
def test_bad_requests(api: Api, change: dict[str, Any], expected: tuple[int, str, str]) -> None:
    assert error(api("POST", PATH, json={**RIGHT, **change})) == expected


def _create(api: Api, **change: str) -> dict[str, Any]:
    named = {"first_name": "Ada", "last_name": "Lovelace", "business_name": "Lovelace & Co"}
    answer = api("POST", "/addresses", json={**RIGHT, **named, "country_code": "US", **change})
    assert answer.status_code == 200, answer.text
    address: dict[str, Any] = answer.json()["data"]
    return address


def test_suggestions_are_accepted_once(api: Api) -> None:
    address = _create(api)
    here = f"/addresses/{address['id']}"
    accepted = api("POST", f"{here}/actions/accept_suggestions")
    assert accepted.status_code == 202
    assert accepted.json()["data"]["accepted"] is True
    now = api.get(here)["data"]
    assert (now["street_address"], now["postal_code"]) == ("600 Congress Avenue", "78701-4321")
    assert (now["administrative_area"], now["first_name"]) == ("TX", "Ada")
    assert now["updated_at"] > address["updated_at"]
    again = api("POST", f"{here}/actions/accept_suggestions", json={"id": address["id"]})
    assert (again.status_code, again.json()) == (200, accepted.json())
    assert api.get(here)["data"] == now


def test_suggestions_that_cannot_be_accepted(api: Api) -> None:
    address = _create(api, postal_code="nowhere")
    path = f"/addresses/{address['id']}/actions/accept_suggestions"
    answer = api("POST", path)
    assert (answer.status_code, answer.json()["data"]["accepted"]) == (200, False)
    assert api.get(f"/addresses/{address['id']}")["data"] == address
    assert error(api("POST", path, json={"id": "another"})) == (422, "10015", "/id")
    assert error(api("POST", path, json={"id": 5})) == (422, "10026", "/id")
    assert error(api("POST", path, data=b"{")) == (400, "10023", "")
    missing = api("POST", "/addresses/1/actions/accept_suggestions")
    assert error(missing) == (404, "10005", "")
