"""Wireless blocklists, their values, and OTA updates."""

import pytest

from tests.sandbox.actions import ended
from tests.sandbox.client import Api, error

PATH = "/wireless_blocklists"


def test_life_of_a_blocklist(api: Api) -> None:
    body = {"name": "No roaming", "type": "country", "values": ["FR", "US", "FR"]}
    answer = api("POST", PATH, json=body)
    assert answer.status_code == 202
    blocklist = answer.json()["data"]
    assert blocklist["values"] == ["FR", "US"]
    here = f"{PATH}/{blocklist['id']}"
    assert api.get(here)["data"] == blocklist
    assert blocklist in api.all(PATH, **{"filter[values]": "US,DE", "filter[type]": "country"})
    assert blocklist not in api.all(PATH, **{"filter[values]": "DE"})
    assert api.all(PATH, **{"filter[name]": "No roaming"}) == [blocklist]
    changed = api("PATCH", here, json={"values": ["DE"], "type": "country"})
    assert changed.status_code == 202
    assert changed.json()["data"]["values"] == ["DE"]
    older = api("PATCH", PATH, json={"id": blocklist["id"], "name": "Renamed"}).json()["data"]
    assert (older["name"], older["values"]) == ("Renamed", ["DE"])
    assert api("DELETE", here).json()["data"] == older
    assert error(api("GET", here)) == (404, "10005", "")


def test_it_is_set_for_a_group(api: Api) -> None:
    body = {"name": "One network", "type": "plmn", "values": ["311210", "26201"]}
    blocklist = api("POST", PATH, json=body).json()["data"]
    group = api("POST", "/sim_card_groups", json={"name": "Blocked"}).json()["data"]
    path = f"/sim_card_groups/{group['id']}"
    wanted = {"wireless_blocklist_id": blocklist["id"]}
    for kind, expected in (("set", blocklist["id"]), ("remove", None)):
        answer = api("POST", f"{path}/actions/{kind}_wireless_blocklist", json=wanted)
        assert answer.status_code == 202
        action = ended(api, f"/sim_card_group_actions/{answer.json()['data']['id']}")
        assert (action["status"], action["settings"]) == ("completed", wanted)
        assert api.get(path)["data"]["wireless_blocklist_id"] == expected
        if kind == "set":
            deletion = api("DELETE", f"{PATH}/{blocklist['id']}")
            assert error(deletion) == (422, "10021", "")
    assert api("DELETE", f"{PATH}/{blocklist['id']}").status_code == 200
    assert api("DELETE", path).status_code == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "mcc", "values": []}, (422, "10004", "/name")),
        ({"name": "x", "values": []}, (422, "10004", "/type")),
        ({"name": "x", "type": "mcc"}, (422, "10004", "/values")),
        ({"name": "x", "type": "town", "values": []}, (422, "10032", "/type")),
        ({"name": "x", "type": "mcc", "values": ["31"]}, (422, "10015", "/values/0")),
        ({"name": "x", "type": "country", "values": ["US", "usa"]}, (422, "10015", "/values/1")),
        ({"name": "x", "type": "plmn", "values": ["1234"]}, (422, "10015", "/values/0")),
    ],
)
def test_bad_blocklists(api: Api, body: object, expected: tuple[int, str, str]) -> None:
    assert error(api("POST", PATH, json=body)) == expected


def test_the_type_stays(api: Api) -> None:
    body = {"name": "x", "type": "mcc", "values": ["310"]}
    here = f"{PATH}/{api('POST', PATH, json=body).json()['data']['id']}"
    assert error(api("PATCH", here, json={"type": "plmn"})) == (422, "10015", "/type")
    assert error(api("PATCH", here, json={"values": ["US"]})) == (422, "10015", "/values/0")
    assert error(api("PATCH", PATH, json={})) == (422, "10004", "/id")


@pytest.mark.parametrize("kind", ["country", "mcc", "plmn"])
def test_values(api: Api, kind: str) -> None:
    values = api.all("/wireless_blocklist_values", type=kind)
    assert len({value["code"] for value in values}) == len(values) > 20
    body = {"name": kind, "type": kind, "values": [value["code"] for value in values]}
    assert api("POST", PATH, json=body).status_code == 202


def test_values_need_a_type(api: Api) -> None:
    assert error(api("GET", "/wireless_blocklist_values")) == (422, "10004", "type")
    assert error(api("GET", "/wireless_blocklist_values?type=x")) == (422, "10032", "type")


def test_ota_updates(api: Api) -> None:
    updates = api.all("/ota_updates")
    assert len(updates) == 40
    assert {update["status"] for update in updates} == {"in-progress", "completed", "failed"}
    times = [update["created_at"] for update in updates]
    assert times == sorted(times, reverse=True)
    detail = api.get(f"/ota_updates/{updates[0]['id']}")["data"]
    assert detail["settings"]["mobile_network_operators_preferences"][0]["priority"] == 0
    assert {name: detail[name] for name in updates[0]} == updates[0]
    of_card = {"filter[sim_card_id]": updates[0]["sim_card_id"]}
    assert updates[0] in api.all("/ota_updates", **of_card)
    assert error(api("GET", "/ota_updates?filter[status]=x")) == (422, "10032", "filter[status]")
    assert error(api("GET", "/ota_updates/none")) == (404, "10005", "")
