"""One SIM card: what it shows, and what can be changed."""

from typing import Any

import pytest

from tests.sandbox.client import Api, error, eventually

DETAIL = {
    "current_imei",
    "current_mcc",
    "current_mnc",
    "current_device_location",
    "ipv4",
    "ipv6",
    "live_data_session",
}


def test_the_detail_shows_more_than_the_list(api: Api) -> None:
    listed = api.some("enabled")
    detail = api.card(listed["id"])
    assert detail.keys() - listed.keys() == DETAIL
    assert {name: detail[name] for name in listed} == listed


def test_codes_only_on_request(api: Api) -> None:
    identifier = api.some("enabled")["id"]
    assert "pin_puk_codes" not in api.card(identifier)
    answer = api.get(f"/sim_cards/{identifier}", include_pin_puk_codes="true")
    codes = answer["data"]["pin_puk_codes"]
    assert {name: len(code) for name, code in codes.items()} == {
        "pin1": 4,
        "pin2": 4,
        "puk1": 8,
        "puk2": 8,
    }
    with_group = api.get(f"/sim_cards/{identifier}", include_sim_card_group="true")["data"]
    assert with_group["sim_card_group"]["id"] == with_group["sim_card_group_id"]


@pytest.mark.parametrize(
    ("change", "stored"),
    [
        ({"tags": ["a", "b", "a"]}, {"tags": ["a", "b"]}),
        ({"tags": []}, {"tags": []}),
        ({"authorized_imeis": ["490154203237518"]}, {"authorized_imeis": ["490154203237518"]}),
        ({"authorized_imeis": None}, {"authorized_imeis": None}),
        ({"data_limit": {"amount": "900.5", "unit": "GB"}}, None),
        ({"data_limit": None}, None),
        ({"data_limit": {"amount": "99999"}}, {"data_limit": {"amount": "99999", "unit": "MB"}}),
    ],
)
def test_changes(api: Api, change: dict[str, Any], stored: dict[str, Any] | None) -> None:
    before = api.some("standby")
    answer = api("PATCH", f"/sim_cards/{before['id']}", json=change).json()["data"]
    after = api.card(before["id"])
    assert answer == after
    assert {name: after[name] for name in change} == (stored or change)
    assert after["updated_at"] > before["updated_at"]
    assert after["created_at"] == before["created_at"]


def test_changed_tags_are_found(api: Api) -> None:
    card = api.some("standby")
    api("PATCH", f"/sim_cards/{card['id']}", json={"tags": ["quite-new"]})
    assert [c["id"] for c in api.all("/sim_cards", **{"filter[tags]": "quite-new"})] == [card["id"]]
    for tag in card["tags"]:
        found = api.all("/sim_cards", **{"filter[tags]": tag})
        assert card["id"] not in {c["id"] for c in found}


def test_a_change_of_group_counts(api: Api) -> None:
    def counts() -> dict[str, int]:
        groups = api.all("/sim_card_groups")
        return {group["id"]: group["sim_card_count"] for group in groups}

    card, before = api.some("enabled"), counts()
    here = card["sim_card_group_id"]
    there = next(group for group in before if group != here)
    answer = api("PATCH", f"/sim_cards/{card['id']}", json={"sim_card_group_id": there})
    assert answer.json()["data"]["sim_card_group_id"] == there
    after = counts()
    assert (after[here], after[there]) == (before[here] - 1, before[there] + 1)


def test_what_cannot_be_changed_is_ignored(api: Api) -> None:
    card = api.some("enabled")
    change = {"status": {"value": "standby"}, "iccid": "1", "voice_enabled": True, "x": 1}
    answer = api("PATCH", f"/sim_cards/{card['id']}", json=change)
    assert answer.status_code == 200
    assert {name: answer.json()["data"][name] for name in card} == card


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"tags": ', (400, "10023", "")),
        ("", (400, "10023", "")),
        ('["tags"]', (422, "10026", "")),
        ('{"tags": "a"}', (422, "10026", "/tags")),
        ('{"tags": ["a", 7]}', (422, "10026", "/tags/1")),
        ('{"tags": [" "]}', (422, "10015", "/tags/0")),
        ('{"authorized_imeis": ["12"]}', (422, "10015", "/authorized_imeis/0")),
        ('{"data_limit": 7}', (422, "10026", "/data_limit")),
        ('{"data_limit": {"unit": "MB"}}', (422, "10004", "/data_limit/amount")),
        ('{"data_limit": {"amount": 7}}', (422, "10026", "/data_limit/amount")),
        ('{"data_limit": {"amount": "-7"}}', (422, "10015", "/data_limit/amount")),
        ('{"data_limit": {"amount": "7", "unit": "TB"}}', (422, "10032", "/data_limit/unit")),
        ('{"sim_card_group_id": null}', (422, "10026", "/sim_card_group_id")),
        ('{"sim_card_group_id": "x"}', (422, "10017", "/sim_card_group_id")),
    ],
)
def test_bad_changes(api: Api, body: str, expected: tuple[int, str, str]) -> None:
    card = api.some("standby")
    assert error(api("PATCH", f"/sim_cards/{card['id']}", data=body)) == expected
    assert api.some("standby", id=card["id"]) == card


def test_a_higher_limit_brings_a_sim_card_back(api: Api) -> None:
    card = api.some("data_limit_exceeded")
    path = f"/sim_cards/{card['id']}"

    def status() -> str:
        return api.card(card["id"])["status"]["value"]

    api("PATCH", path, json={"data_limit": {"amount": "9000", "unit": "GB"}})
    eventually(lambda: status() == "enabled")
    api("PATCH", path, json={"data_limit": {"amount": "1", "unit": "MB"}})
    eventually(lambda: status() == "data_limit_exceeded")
