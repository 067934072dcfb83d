"""Providers of single sign-on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.client import Api, error

PATH = "/authentication_providers"
SETTINGS = {
    "idp_cert_fingerprint": "13:38:C7:BB:C9:FF:4A:70:38:3A:E3:D9:5C:CD:DB:2E:50:1E:80:A7",
    "idp_cert_fingerprint_algorithm": "sha256",
    "idp_entity_id": "https://idp.example.com/saml/metadata",
    "idp_sso_target_url": "https://idp.example.com/saml/sso",
}


def _body(short_name: str, **more: Any) -> dict[str, Any]:
    return {"name": "Directory", "short_name": short_name, "settings": SETTINGS, **more}


def _create(api: Api, short_name: str, **more: Any) -> dict[str, Any]:
    answer = api("POST", PATH, json=_body(short_name, **more))
    assert answer.status_code == 200, answer.text
    created: dict[str, Any] = answer.json()["data"]
    return created


def test_life_of_a_provider(api: Api) -> None:
    created = _create(api, "life")
    here = f"{PATH}/{created['id']}"
    assert (created["name"], created["short_name"], created["active"]) == (
        "Directory",
        "life",
        True,
    )
    assert created["activated_at"] == created["created_at"]
    assert created["settings"].items() >= SETTINGS.items()
    assert created["settings"]["assertion_consumer_service_url"].endswith("/life")
    assert api.get(here)["data"] == created
    assert api.all(PATH)[0] == created

    resting = api("PATCH", here, json={"active": False}).json()["data"]
    assert (resting["active"], resting["activated_at"]) == (False, None)
    assert resting["updated_at"] > created["updated_at"]
    again = api("PATCH", here, json={"active": True, "name": "Renamed"}).json()["data"]
    assert again["activated_at"] == again["updated_at"] > created["activated_at"]
    moved = api("PATCH", here, json={"short_name": "moved"}).json()["data"]
    assert moved["settings"]["service_provider_entity_id"].endswith("/moved")
    assert moved["settings"].items() >= SETTINGS.items()
    assert (moved["name"], moved["created_at"]) == ("Renamed", created["created_at"])
    assert api.get(here)["data"] == moved

    assert api("DELETE", here).json()["data"] == moved
    for method in ("GET", "PATCH", "DELETE"):
        assert error(api(method, here, json={})) == (404, "10005", "")
    assert moved not in api.all(PATH)


def test_settings_from_an_address(api: Api) -> None:
    created = _create(api, "from-address")
    here = f"{PATH}/{created['id']}"
    url = "https://login.example.org/metadata"
    changed = api("PATCH", here, json={"settings_url": url}).json()["data"]["settings"]
    assert changed["idp_entity_id"] == url
    assert changed["idp_sso_target_url"].startswith("https://login.example.org/")
    both = {"settings_url": url, "settings": SETTINGS}
    kept = api("PATCH", here, json=both).json()["data"]["settings"]
    assert kept["idp_entity_id"] == SETTINGS["idp_entity_id"]
    assert created["settings"] == kept
    api("DELETE", here)


def test_sorts_and_pages(api: Api) -> None:
    names = {"sort-b": "Alpha", "sort-c": "Charlie", "sort-a": "Bravo"}
    made = [_create(api, short, name=name) for short, name in names.items()]
    api("PATCH", f"{PATH}/{made[0]['id']}", json={"active": False})
    for field in ("name", "short_name", "active", "created_at", "updated_at"):
        values = [item[field] for item in api.all(PATH, sort=field)]
        assert values == sorted(values), field
        values = [item[field] for item in api.all(PATH, sort=f"-{field}")]
        assert values == sorted(values, reverse=True), field
    whole = api.all(PATH, sort="name")
    second = api.get(PATH, sort="name", **{"page[size]": 1, "page[number]": 2})
    assert second["data"] == whole[1:2]
    assert second["meta"]["total_pages"] == len(whole)
    assert error(api("GET", PATH, params={"sort": "settings"})) == (400, "10031", "sort")
    for item in made:
        api("DELETE", f"{PATH}/{item['id']}")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": None}, (422, "10004", "/name")),
        ({"name": " "}, (422, "10015", "/name")),
        ({"short_name": None}, (422, "10004", "/short_name")),
        ({"short_name": "a b"}, (422, "10015", "/short_name")),
        ({"short_name": 5}, (422, "10026", "/short_name")),
        ({"settings": None}, (422, "10004", "/settings")),
        ({"settings": []}, (422, "10026", "/settings")),
        ({"settings": {}}, (422, "10004", "/settings/idp_cert_fingerprint")),
        (
            {"settings": {**SETTINGS, "idp_entity_id": "directory"}},
            (422, "10003", "/settings/idp_entity_id"),
        ),
        (
            {"settings": {**SETTINGS, "idp_sso_target_url": "https://[x"}},
            (422, "10003", "/settings/idp_sso_target_url"),
        ),
        (
            {"settings": {**SETTINGS, "idp_cert_fingerprint_algorithm": ["md5"]}},
            (422, "10032", "/settings/idp_cert_fingerprint_algorithm"),
        ),
        ({"settings_url": "nowhere"}, (422, "10003", "/settings_url")),
        ({"active": "yes"}, (422, "10026", "/active")),
    ],
)
def test_bad_providers(api: Api, change: Any, expected: tuple[int, str, str]) -> None:
    before = api.all(PATH)
    assert error(api("POST", PATH, json={**_body("bad"), **change})) == expected
    assert api.all(PATH) == before


def test_short_names_are_unique(api: Api) -> None:
    one, two = _create(api, "one"), _create(api, "two")
    assert error(api("POST", PATH, json=_body("one"))) == (422, "10012", "/short_name")
    here = f"{PATH}/{two['id']}"
    taken = api("PATCH", here, json={"name": "Not kept", "short_name": "one"})
    assert error(taken) == (422, "10012", "/short_name")
    assert api.get(here)["data"] == two
    assert api("PATCH", here, json={"short_name": "two"}).status_code == 200
    for item in (one, two):
        api("DELETE", f"{PATH}/{item['id']}")
    assert _create(api, "one")["id"] != one["id"]
