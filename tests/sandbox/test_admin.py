"""The request log, direct changes and the state."""

import asyncio
import json
from typing import Any

import pytest
import requests

from sandbox.admin import LocalOnly
from tests.sandbox.client import Api, error


def _log(api: Api, **params: str) -> dict[str, Any]:
    return requests.get(api.sandbox.admin_url + "/requests", params=params, timeout=5).json()


def test_requests_are_logged(api: Api) -> None:
    api.sandbox.admin("DELETE", "requests")
    card = api.some("standby")
    api("PATCH", f"/sim_cards/{card['id']}", json={"tags": ["x"]})
    api("PATCH", f"/sim_cards/{card['id']}", data="no json")
    api("GET", "/no_such_thing?a=b")
    found = _log(api, method="patch", path_prefix="/v2/sim_cards/")
    assert found["count"] == 2
    first, second = found["requests"]
    assert first["path"] == f"/v2/sim_cards/{card['id']}"
    assert (first["method"], first["status"], first["body"]) == ("PATCH", 200, {"tags": ["x"]})
    assert (second["status"], second["body"]) == (400, "no json")
    assert first["time"] <= second["time"]
    (odd,) = _log(api, path_prefix="/v2/no_such")["requests"]
    assert (odd["query"], odd["status"], odd["body"]) == ("a=b", 404, None)
    assert _log(api)["count"] >= 3
    api.sandbox.admin("DELETE", "requests")
    assert _log(api) == {"count": 0, "requests": []}


def test_lost_requests_are_logged_too(api: Api) -> None:
    api.sandbox.admin("DELETE", "requests")
    for kind in ("reset_before", "reset_after"):
        api.sandbox.admin("POST", "faults", {"kind": kind, "times": 1})
        with pytest.raises(requests.ConnectionError):
            api("GET", "/sim_card_groups")
    found = [(entry["fault"], entry["status"]) for entry in _log(api)["requests"]]
    assert found == [("reset_before", None), ("reset_after", None)]


def test_the_key_is_nowhere(api: Api) -> None:
    key = api.sandbox.api_key
    api("GET", f"/sim_cards?api_key={key}")
    api("POST", "/sim_card_groups", json={"name": f"group {key}"})
    api("GET", f"/{key}", check=False)
    assert key not in json.dumps(_log(api))
    assert key not in json.dumps(api.sandbox.admin("GET", "state"))


def test_any_field_can_be_set(api: Api) -> None:
    card = api.some("enabled")
    change = {
        "status": "quarantined",
        "iccid": "8900000000000000000",
        "carrier": "new",
        "current_imei": "490154203237518",
        "live_data_session": "connected",
        "updated_at": "2020-01-01T00:00:00.000Z",
    }
    answer = api.sandbox.admin("POST", f"sim_cards/{card['id']}", change)
    after = api("GET", f"/sim_cards/{card['id']}", check=False).json()["data"]
    assert answer["data"] == after
    assert after["status"]["value"] == "quarantined"
    assert {name: after[name] for name in change if name != "status"} == {
        name: value for name, value in change.items() if name != "status"
    }
    params = {"filter[iccid]": "8900000000000000000"}
    (found,) = api("GET", "/sim_cards", params=params, check=False).json()["data"]
    assert found["id"] == card["id"]
    api.sandbox.admin("POST", f"sim_cards/{card['id']}", {"status": "enabled"})
    assert api("GET", f"/sim_cards/{card['id']}", check=False).json()["data"]["updated_at"] > "2025"
    api.sandbox.admin("DELETE", f"sim_cards/{card['id']}")


def test_a_sim_card_can_vanish(api: Api) -> None:
    everything = [card["id"] for card in api.all("/sim_cards")]
    for place in (1000, 0, -1):
        api.sandbox.admin("DELETE", f"sim_cards/{everything[place]}")
        gone = everything.pop(place)
        assert error(api("GET", f"/sim_cards/{gone}")) == (404, "10005", "")
        assert [card["id"] for card in api.all("/sim_cards")] == everything
    again = requests.delete(f"{api.sandbox.admin_url}/sim_cards/{gone}", timeout=5)
    assert error(again) == (404, "10005", "")


def test_state(api: Api) -> None:
    state = api.sandbox.admin("GET", "state")
    assert state["sim_cards"] == api.get("/sim_cards")["meta"]["total_results"]
    assert sum(state["sim_cards_by_status"].values()) == state["sim_cards"]
    assert state["seed"] == 7


def test_admin_errors_are_json(api: Api) -> None:
    for method, path, code in (("GET", "nothing", 404), ("PUT", "state", 405)):
        answer = requests.request(method, f"{api.sandbox.admin_url}/{path}", timeout=5)
        assert error(answer)[0] == code


@pytest.mark.parametrize(
    ("peer", "open_to_all", "expected"),
    [
        ("127.0.0.1", False, 204),
        ("::1", False, 204),
        ("10.0.0.5", False, 403),
        ("10.0.0.5", True, 204),
        ("", False, 403),
    ],
)
def test_only_for_this_machine(peer: str, open_to_all: bool, expected: int) -> None:
    sent: list[Any] = []

    async def inner(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "client": (peer, 1), "headers": [], "method": "GET", "path": "/"}
    asyncio.run(LocalOnly(inner, open_to_all)(scope, receive, send))
    assert sent[0]["status"] == expected
