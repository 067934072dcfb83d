"""IP addresses from which the account may be used."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.client import Api, error, eventually
from tests.sandbox_process import start_sandbox

PATH = "/access_ip_address"


def _create(api: Api, address: str, description: str = "") -> dict[str, Any]:
    answer = api("POST", PATH, json={"ip_address": address, "description": description})
    assert answer.status_code == 200, answer.text
    created: dict[str, Any] = answer.json()
    return created


def test_life_of_an_address(api: Api) -> None:
    created = _create(api, "192.0.2.17", "Depot")
    assert (created["ip_address"], created["description"]) == ("192.0.2.17", "Depot")
    assert (created["status"], created["source"]) == ("pending", "api")
    here = f"{PATH}/{created['id']}"
    added = eventually(lambda: (now := api.get(here))["status"] == "added" and now)
    assert added["updated_at"] > created["updated_at"] == created["created_at"]
    assert added == {**created, "status": "added", "updated_at": added["updated_at"]}
    assert api.all(PATH)[0] == added
    assert api("DELETE", here).json() == added
    for method in ("GET", "DELETE"):
        assert error(api(method, here)) == (404, "10005", "")
    assert added not in api.all(PATH)


def test_it_is_deleted_before_it_takes_effect() -> None:
    with start_sandbox(sims=3, speed=20) as sandbox:
        api = Api(sandbox)
        created = _create(api, "192.0.2.18")
        assert api("DELETE", f"{PATH}/{created['id']}").json()["status"] == "pending"
        later = _create(api, "192.0.2.18")
        eventually(lambda: api.get(f"{PATH}/{later['id']}")["status"] == "added")
        assert error(api("GET", f"{PATH}/{created['id']}")) == (404, "10005", "")


def test_filters_and_pages(api: Api) -> None:
    made = [_create(api, f"192.0.2.{number}") for number in range(100, 105)]
    ids = [address["id"] for address in made]

    def found(**filters: str) -> list[str]:
        return [item["id"] for item in api.all(PATH, **filters) if item["id"] in ids]

    assert found() == ids[::-1]
    assert found(**{"filter[ip_address]": "192.0.2.102"}) == [ids[2]]
    assert found(**{"filter[ip_source]": "api"}) == ids[::-1]
    assert found(**{"filter[ip_source]": "portal"}) == []
    at = made[2]["created_at"]
    times = {
        "filter[created_at]": lambda other: other == at,
        "filter[created_at][gt]": lambda other: other > at,
        "filter[created_at][gte]": lambda other: other >= at,
        "filter[created_at][lt]": lambda other: other < at,
        "filter[created_at][lte]": lambda other: other <= at,
    }
    for name, fits in times.items():
        expected = [item["id"] for item in reversed(made) if fits(item["created_at"])]
        assert found(**{name: at}) == expected, name
        # The same moment in another zone.
        assert found(**{name: at.replace("Z", "+00:00")}) == expected, name
    page = api.get(PATH, **{"page[size]": 2, "page[number]": 2})
    assert [item["id"] for item in page["data"]] == [ids[2], ids[1]]
    assert page["meta"]["page_size"] == 2
    for address in made:
        api("DELETE", f"{PATH}/{address['id']}")


def test_forms_of_one_address(api: Api) -> None:
    created = _create(api, " 2001:DB8::0:1 ")
    assert created["ip_address"] == "2001:db8::1"
    same = api("POST", PATH, json={"ip_address": "2001:db8:0:0:0:0:0:1"})
    assert error(same) == (422, "10012", "/ip_address")
    for form in ("2001:db8::1", "2001:DB8::0001"):
        assert [item["id"] for item in api.all(PATH, **{"filter[ip_address]": form})] == [
            created["id"]
        ]
    api("DELETE", f"{PATH}/{created['id']}")
    assert _create(api, "2001:db8::1")["id"] != created["id"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "10004", "/ip_address")),
        ({"ip_address": None}, (422, "10004", "/ip_address")),
        ({"ip_address": 7}, (422, "10026", "/ip_address")),
        ({"ip_address": " "}, (422, "10015", "/ip_address")),
        ({"ip_address": "192.0.2.0/24"}, (422, "10015", "/ip_address")),
        ({"ip_address": "192.0.2.256"}, (422, "10015", "/ip_address")),
        ({"ip_address": "fe80::1%eth0"}, (422, "10015", "/ip_address")),
        ({"ip_address": "office"}, (422, "10015", "/ip_address")),
        ({"ip_address": "192.0.2.9", "description": 4}, (422, "10026", "/description")),
        ([], (422, "10026", "")),
    ],
)
def test_bad_addresses(api: Api, body: object, expected: tuple[int, str, str]) -> None:
    assert error(api("POST", PATH, json=body)) == expected


def test_bad_requests(api: Api) -> None:
    assert error(api("POST", PATH, data=b"{")) == (400, "10023", "")
    wrong = api("GET", PATH, params={"filter[created_at][gt]": "yesterday"})
    assert error(wrong) == (422, "10015", "filter[created_at][gt]")
    unknown = api("GET", PATH, params={"filter[created_at][ne]": "2026-01-01"})
    assert error(unknown) == (400, "10031", "filter[created_at][ne]")
    assert error(api("PATCH", f"{PATH}/x")) == (405, "10030", "")


def test_some_are_there_from_the_start() -> None:
    with start_sandbox(sims=3) as sandbox:
        found = Api(sandbox).all(PATH)
    assert len(found) == 3
    assert {item["status"] for item in found} == {"added"}
    assert len({item["ip_address"] for item in found}) == 3
    assert all(item["description"] and item["source"] == "portal" for item in found)
    assert [item["created_at"] for item in found] == sorted(
        (item["created_at"] for item in found), reverse=True
    )
