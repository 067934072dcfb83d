"""Faults that are ordered."""

import time
from typing import Any

import pytest
import requests

from tests.sandbox.client import Api, error, eventually


def _arm(
    api: Api, kind: str, method: str = "GET", path: str = "^/v2/sim_cards", **rest: Any
) -> None:
    rule = {"match": {"method": method, "path_regex": path}, "kind": kind, "times": 1, **rest}
    api.sandbox.admin("POST", "faults", rule)


def _groups(api: Api, name: str) -> list[dict[str, Any]]:
    return api.all("/sim_card_groups", **{"filter[name]": name})


def test_a_write_that_is_applied_and_never_answered(api: Api) -> None:
    _arm(api, "reset_after", "POST", "/sim_card_groups$")
    with pytest.raises(requests.ConnectionError):
        api("POST", "/sim_card_groups", json={"name": "applied"})
    assert len(_groups(api, "applied")) == 1
    assert api("POST", "/sim_card_groups", json={"name": "answered"}).status_code == 200


def test_an_action_that_is_applied_and_never_answered(api: Api) -> None:
    card = api.some("enabled")
    _arm(api, "reset_after", "POST", "/actions/disable$")
    with pytest.raises(requests.ConnectionError):
        api.act(card["id"], "disable")
    found = api.all("/sim_card_actions", **{"filter[sim_card_id]": card["id"]})
    assert found[0]["action_type"] == "disable"
    eventually(lambda: api.card(card["id"])["status"]["value"] == "disabled")


def test_a_write_that_never_arrives(api: Api) -> None:
    _arm(api, "reset_before", "POST", "/sim_card_groups$")
    with pytest.raises(requests.ConnectionError):
        api("POST", "/sim_card_groups", json={"name": "lost"})
    assert _groups(api, "lost") == []


@pytest.mark.parametrize("apply", [False, True])
def test_status(api: Api, apply: bool) -> None:
    name = f"status {apply}"
    _arm(api, "status", "POST", "groups", status=503, retry_after=2, apply=apply)
    answer = api("POST", "/sim_card_groups", json={"name": name})
    assert error(answer) == (503, "10007", "")
    assert answer.headers["retry-after"] == "2"
    assert len(_groups(api, name)) == apply


@pytest.mark.parametrize("apply", [False, True])
def test_hang(api: Api, apply: bool) -> None:
    name, begin = f"hang {apply}", time.monotonic()
    _arm(api, "hang", "POST", "groups", seconds=0.4, apply=apply)
    with pytest.raises(requests.ConnectionError):
        api("POST", "/sim_card_groups", json={"name": name})
    assert time.monotonic() - begin > 0.35
    assert len(_groups(api, name)) == apply


def test_a_client_that_does_not_wait(api: Api) -> None:
    _arm(api, "hang", seconds=60)
    with pytest.raises(requests.ReadTimeout):
        requests.get(
            api.sandbox.base_url + "/sim_cards",
            headers={"Authorization": f"Bearer {api.sandbox.api_key}"},
            timeout=0.2,
        )
    assert api.get("/sim_cards")


def test_latency_and_another_fault_together(api: Api) -> None:
    _arm(api, "latency", seconds=0.3)
    _arm(api, "status", status=500)
    begin = time.monotonic()
    assert api("GET", "/sim_cards").status_code == 500
    assert time.monotonic() - begin > 0.28
    assert api("GET", "/sim_cards").status_code == 200


def test_a_slow_answer_does_not_hold_up_others(api: Api) -> None:
    _arm(api, "latency", "POST", "groups", seconds=1.0)
    session = requests.Session()
    begin = time.monotonic()
    with pytest.raises(requests.ReadTimeout):
        session.post(
            api.sandbox.base_url + "/sim_card_groups",
            json={"name": "slow"},
            headers={"Authorization": f"Bearer {api.sandbox.api_key}"},
            timeout=0.1,
        )
    api.get("/sim_cards")
    assert time.monotonic() - begin < 0.8


def test_truncated(api: Api) -> None:
    _arm(api, "truncate")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api("GET", "/sim_cards")


def test_no_json(api: Api) -> None:
    _arm(api, "invalid_json")
    answer = api("GET", "/sim_cards", check=False)
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_changed_answers(api: Api) -> None:
    plain = api.get("/sim_cards")["data"][0]
    path = f"/sim_cards/{plain['id']}"
    for where, item in (("/sim_cards", 0), (path, None)):

        def answer(where: str = where, item: int | None = item) -> dict[str, Any]:
            data = api("GET", where, check=False).json()["data"]
            return data if item is None else data[item]

        whole = answer()
        _arm(api, "unknown_status")
        assert answer()["status"]["value"] == "quarantined"
        _arm(api, "unknown_status", value="blocked")
        assert answer()["status"]["value"] == "blocked"
        _arm(api, "new_fields")
        assert answer().keys() - whole.keys() == {"carrier_profile", "radio_generation"}
        _arm(api, "drop_fields", fields=["iccid", "tags"])
        assert whole.keys() - answer().keys() == {"iccid", "tags"}
        assert answer() == whole


def test_times_method_path_and_probability(api: Api) -> None:
    _arm(api, "status", "GET", "/sim_card_groups", times=2, status=500)
    assert api("GET", "/sim_cards").status_code == 200
    assert api("POST", "/sim_card_groups", json={"name": "x"}).status_code == 200
    codes = [api("GET", "/sim_card_groups").status_code for _ in range(3)]
    assert codes == [500, 500, 200]
    _arm(api, "status", times=None, status=500, probability=0.5)
    codes = [api("GET", "/sim_cards").status_code for _ in range(40)]
    assert 5 < codes.count(500) < 35
    api.sandbox.admin("DELETE", "faults")
    assert api("GET", "/sim_cards").status_code == 200


def test_rules_are_listed(api: Api) -> None:
    _arm(api, "status", times=3)
    api("GET", "/sim_cards")
    (rule,) = api.sandbox.admin("GET", "faults")["faults"]
    assert (rule["kind"], rule["times"], rule["match"]["method"]) == ("status", 2, "GET")


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({}, "/kind"),
        ({"kind": "fire"}, "/kind"),
        ({"kind": "status", "status": 99}, "/status"),
        ({"kind": "status", "times": "2"}, "/times"),
        ({"kind": "status", "surprise": 1}, "/surprise"),
        ({"kind": "status", "match": {"path": "x"}}, "/match/path"),
        ({"kind": "status", "match": {"path_regex": "("}}, "/match/path_regex"),
    ],
)
def test_bad_rules(api: Api, rule: dict[str, Any], pointer: str) -> None:
    answer = requests.post(api.sandbox.admin_url + "/faults", json=rule, timeout=5)
    assert answer.status_code == 422
    assert error(answer)[2] == pointer
