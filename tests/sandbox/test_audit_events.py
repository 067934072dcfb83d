"""Audit events: who changed what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.sandbox.client import Api, error
from tests.sandbox_process import start_sandbox

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/audit_events"
IP = "/access_ip_address"
SECRETS = (
    "pin",
    "puk",
    "token",
    "password",
    "access_key",
    "secret_access_key",
)


def _latest(api: Api, count: int = 1) -> Any:
    return api.get(PATH, **{"page[size]": count})["data"]


def _number(api: Api) -> int:
    number: int = api.get(PATH, **{"page[size]": 1})["meta"]["total_results"]
    return number


def _changes(event: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {change["field"]: (change["from"], change["to"]) for change in event["changes"]}


def test_create_update_delete(api: Api) -> None:
    before = _number(api)
    body = {"ip_address": "203.0.113.200", "description": "audited"}
    made = api("POST", IP, json=body).json()
    (event,) = _latest(api)
    assert (event["change_type"], event["resource_id"]) == ("create", made["id"])
    assert event["alternate_resource_id"] == "203.0.113.200"
    assert event["user_id"] == made["user_id"]
    assert _changes(event)["description"] == (None, "audited")
    api("DELETE", f"{IP}/{made['id']}")
    (event,) = _latest(api)
    assert (event["change_type"], event["resource_id"]) == ("delete", made["id"])
    assert _changes(event)["description"] == ("audited", None)
    assert _number(api) == before + 2

    card = api.some("enabled")
    limit = {"amount": "7.5", "unit": "GB"}
    api("PATCH", f"/sim_cards/{card['id']}", json={"tags": ["audited"], "data_limit": limit})
    (event,) = _latest(api)
    assert (event["change_type"], event["resource_id"]) == ("update", card["id"])
    assert event["alternate_resource_id"] == card["iccid"]
    assert _changes(event)["tags"] == (card["tags"], ["audited"])
    assert "created_at" not in _changes(event)
    assert "updated_at" not in _changes(event)
    api("PATCH", f"/sim_cards/{card['id']}", json={"data_limit": {**limit, "amount": "8"}})
    assert _changes(_latest(api)[0]) == {"data_limit.amount": ("7.5", "8")}


def test_actions_are_updates(api: Api) -> None:
    card = api.some("enabled", actions_in_progress=False)
    assert api.act(card["id"], "disable").status_code == 202
    (event,) = _latest(api)
    assert (event["change_type"], event["resource_id"]) == ("update", card["id"])
    assert _changes(event)["status.value"] == ("enabled", "disabling")


def test_no_event_for_what_did_not_happen(api: Api) -> None:
    before = _number(api)
    card = api.some("enabled")["id"]
    assert error(api("POST", IP, json={"ip_address": "x"}))[0] == 422
    assert api("PATCH", f"/sim_cards/{card}", json={"tags": 5}).status_code == 422
    assert api("DELETE", f"{IP}/none").status_code == 404
    assert api.act(card, "enable").status_code == 422
    api.get("/sim_cards", **{"filter[tags]": "x"})
    api.get(f"/sim_cards/{card}")
    assert (
        api(
            "POST",
            "/sim_cards/actions/validate_registration_codes",
            check=False,
            json={"registration_codes": ["1234567890"]},
        ).status_code
        == 200
    )
    api.session.headers["Authorization"], key = "Bearer wrong", api.session.headers["Authorization"]
    assert api("POST", IP, json={"ip_address": "203.0.113.1"}).status_code == 401
    api.session.headers["Authorization"] = key
    assert _number(api) == before


def test_a_fault_after_the_request_leaves_its_event(api: Api) -> None:
    before = _number(api)
    api.sandbox.admin("POST", "faults", {"kind": "status", "times": 1, "match": {"method": "POST"}})
    assert api("POST", IP, json={"ip_address": "203.0.113.2"}).status_code == 503
    assert _number(api) == before
    fault = {"kind": "status", "apply": True, "times": 1, "match": {"method": "POST"}}
    api.sandbox.admin("POST", "faults", fault)
    assert api("POST", IP, json={"ip_address": "203.0.113.2"}).status_code == 503
    (event,) = _latest(api)
    assert _number(api) == before + 1
    api("DELETE", f"{IP}/{event['resource_id']}")


def test_one_event_for_each_of_many() -> None:
    with start_sandbox(sims=20, seed=5, speed=50) as sandbox:
        api = Api(sandbox)
        sandbox.admin("POST", "balance", {"amount": "100000"})
        before = _number(api)
        bought = api("POST", "/actions/purchase/esims", json={"amount": 40}).json()["data"]
        events = _latest(api, 40)
        assert _number(api) == before + 40
        assert {event["resource_id"] for event in events} == {card["id"] for card in bought}
        assert {event["change_type"] for event in events} == {"create"}
        ascending = api.all(PATH, sort="asc")
        assert ascending == api.all(PATH, sort="desc")[::-1] == api.all(PATH)[::-1]
        assert (
            api.get(PATH, sort="asc", **{"page[size]": 7, "page[number]": 3})["data"]
            == (ascending[14:21])
        )


def test_filters_and_sorts(api: Api) -> None:
    made = [api("POST", IP, json={"ip_address": f"203.0.113.{n}"}).json() for n in (30, 31, 32)]
    first, middle, last = reversed(_latest(api, 3))
    assert [first["resource_id"], last["resource_id"]] == [made[0]["id"], made[2]["id"]]
    after = {"filter[created_after]": first["created_at"]}
    found = api.all(PATH, **after)
    assert all(event["created_at"] > first["created_at"] for event in found)
    assert last in found or last["created_at"] == first["created_at"]
    between = {**after, "filter[created_before]": last["created_at"]}
    times = [event["created_at"] for event in api.all(PATH, **between)]
    assert (middle["created_at"] in times) == (
        first["created_at"] < middle["created_at"] < last["created_at"]
    )
    old = api.all(PATH, **{"filter[created_before]": "2001-01-01"})
    assert old == []
    for address in made:
        api("DELETE", f"{IP}/{address['id']}")
    assert error(api("GET", PATH, params={"sort": "-created_at"})) == (400, "10031", "sort")
    wrong = api("GET", PATH, params={"filter[created_after]": "soon"})
    assert error(wrong) == (422, "10015", "filter[created_after]")
    unknown = api("GET", PATH, params={"filter[user_id]": "x"})
    assert error(unknown) == (400, "10031", "filter[user_id]")


def test_no_secret_in_any_event() -> None:
    with start_sandbox(sims=30, speed=50) as sandbox:
        api = Api(sandbox)
        card = api.some("enabled")["id"]
        codes = api.get(f"/sim_cards/{card}", include_pin_puk_codes="true")["data"]["pin_puk_codes"]
        api("PATCH", f"/sim_cards/{card}", json={"tags": ["x"]})
        api.act(card, "disable")
        body = {"identifier": "a", "type": "basic", "username": "u-secret", "password": "p-secret"}
        made = api("POST", "/integration_secrets", json=body).json()["data"]
        api("DELETE", f"/integration_secrets/{made['id']}")
        auth = {"access_key": "a-secret", "secret_access_key": "s-secret"}
        source = {"provider": "aws", "bucket_name": "b", "provider_auth": auth}
        api("POST", "/storage/migration_sources", json=source)
        told = json.dumps(api.all(PATH))
        for secret in ("u-secret", "p-secret", "a-secret", "s-secret", *codes.values()):
            assert f'"{secret}"' not in told
        for event in api.all(PATH):
            for change in event["changes"] or ():
                assert change["field"].rsplit(".")[-1] not in SECRETS
                if change["field"] == "provider_auth":
                    assert set(change["to"].values()) == {"********"}


def test_a_past_and_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "fleet.db"
    with start_sandbox(sims=200, data=data) as sandbox:
        api = Api(sandbox)
        past = api.all(PATH)
        assert len(past) > 30
        assert {event["change_type"] for event in past} == {"create", "update"}
        times = [event["created_at"] for event in past]
        assert times == sorted(times, reverse=True)
        updates = [event for event in past if event["change_type"] == "update"]
        assert all(_changes(event)["status.value"] for event in updates)
        cards = {card["id"]: card["iccid"] for card in api.all("/sim_cards")}
        assert all(cards[e["resource_id"]] == e["alternate_resource_id"] for e in updates)
        api("POST", IP, json={"ip_address": "203.0.113.99"})
        kept = api.all(PATH)
        assert kept[1:] == past
        sandbox.kill()
    with start_sandbox(data=data) as sandbox:
        assert Api(sandbox).all(PATH) == kept
