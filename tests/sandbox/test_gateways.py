"""Private wireless gateways and their way into SIM card groups."""

from typing import Any

import pytest

from tests.sandbox.actions import ended
from tests.sandbox.client import Api, error, eventually

NETWORK = "6a09cdc3-8948-47f0-aa62-74ac943d6c58"
PATH = "/private_wireless_gateways"


def _create(api: Api, name: str) -> dict[str, Any]:
    body = {"name": name, "network_id": NETWORK, "region_code": "am1"}
    answer = api("POST", PATH, json=body)
    assert answer.status_code == 202
    return answer.json()["data"]


def _settled(api: Api, gateway: dict[str, Any]) -> dict[str, Any]:
    def settled() -> dict[str, Any] | None:
        now = api.get(f"{PATH}/{gateway['id']}")["data"]
        return now if now["status"]["value"] != "provisioning" else None

    return eventually(settled, seconds=20)


@pytest.mark.slow
def test_from_provisioning_to_the_end(api: Api) -> None:
    gateway, failing = _create(api, "Depots"), _create(api, "fail please")
    assert gateway["status"] == {
        "value": "provisioning",
        "error_code": None,
        "error_description": None,
    }
    assert gateway["ip_range"] is None
    assert gateway["assigned_resources"] == [{"record_type": "sim_card_group", "count": None}]
    group = api("POST", "/sim_card_groups", json={"name": "Depots"}).json()["data"]
    path = f"/sim_card_groups/{group['id']}/actions"
    body = {"private_wireless_gateway_id": gateway["id"]}
    early = api("POST", f"{path}/set_private_wireless_gateway", json=body)
    assert error(early) == (422, "10027", "")

    gateway = _settled(api, gateway)
    assert gateway["status"]["value"] == "provisioned"
    assert gateway["ip_range"].endswith(".0/24")
    failed = _settled(api, failing)["status"]
    assert failed["value"] == "failed"
    assert failed["error_code"]
    assert failed["error_description"]

    action = api("POST", f"{path}/set_private_wireless_gateway", json=body).json()["data"]
    assert (action["status"], action["settings"]) == ("in-progress", body)
    second = api("POST", f"{path}/set_private_wireless_gateway", json=body)
    assert error(second) == (422, "10036", "")
    assert ended(api, f"/sim_card_group_actions/{action['id']}")["status"] == "completed"
    group = api.get(f"/sim_card_groups/{group['id']}")["data"]
    assert group["private_wireless_gateway_id"] == gateway["id"]
    now = api.get(f"{PATH}/{gateway['id']}")["data"]
    assert now["assigned_resources"] == [{"record_type": "sim_card_group", "count": 1}]
    assert error(api("DELETE", f"{PATH}/{gateway['id']}")) == (422, "10021", "")

    removal = api("POST", f"{path}/remove_private_wireless_gateway").json()["data"]
    assert ended(api, f"/sim_card_group_actions/{removal['id']}")["status"] == "completed"
    actions = api.all("/sim_card_group_actions", **{"filter[sim_card_group_id]": group["id"]})
    assert [found["id"] for found in actions] == [removal["id"], action["id"]]
    sets = {"filter[type]": "set_private_wireless_gateway", "filter[status]": "completed"}
    assert action["id"] in {found["id"] for found in api.all("/sim_card_group_actions", **sets)}
    going = api("DELETE", f"{PATH}/{gateway['id']}").json()["data"]
    assert going["status"]["value"] == "decommissioning"
    eventually(lambda: api("GET", f"{PATH}/{gateway['id']}").status_code == 404)


def test_lists(api: Api) -> None:
    gateway = _create(api, "Listed")
    assert api.all(PATH, **{"filter[name]": "Listed"}) == [gateway]
    assert api.all(PATH, **{"filter[region_code]": "sy1"}) == []
    assert gateway in api.all(PATH, **{"filter[region_code]": "am1"})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"network_id": NETWORK}, (422, "10004", "/name")),
        ({"name": "x"}, (422, "10004", "/network_id")),
        ({"name": "x", "network_id": "x"}, (422, "10006", "/network_id")),
        (
            {"name": "x", "network_id": NETWORK, "region_code": "x"},
            (422, "10032", "/region_code"),
        ),
    ],
)
def test_bad_gateways(api: Api, body: object, expected: tuple[int, str, str]) -> None:
    assert error(api("POST", PATH, json=body)) == expected


def test_what_is_not_there(api: Api) -> None:
    group = api.get("/sim_card_groups")["data"][0]
    path = f"/sim_card_groups/{group['id']}/actions"
    for kind in ("private_wireless_gateway", "wireless_blocklist"):
        wanted = api("POST", f"{path}/set_{kind}", json={f"{kind}_id": NETWORK})
        assert error(wanted) == (422, "10017", f"/{kind}_id")
        assert error(api("POST", f"{path}/set_{kind}", json={})) == (422, "10004", f"/{kind}_id")
        assert error(api("POST", f"{path}/remove_{kind}")) == (422, "10027", "")
    missing = "/sim_card_groups/none/actions/remove_wireless_blocklist"
    for method, there in (("POST", missing), ("GET", f"{PATH}/none"), ("DELETE", f"{PATH}/none")):
        assert error(api(method, there)) == (404, "10005", "")
    assert error(api("GET", "/sim_card_group_actions/none")) == (404, "10005", "")
