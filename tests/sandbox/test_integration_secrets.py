"""Secrets of integrations, which nobody sees again."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.client import Api, error
from tests.sandbox_process import start_sandbox

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/integration_secrets"
VALUE = "s3cr3t-that-nobody-sees"


def _create(api: Api, identifier: str, **rest: Any) -> dict[str, Any]:
    body = {"identifier": identifier, "type": "bearer", "token": VALUE, **rest}
    answer = api("POST", PATH, json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()["data"]
    return created


def test_life_of_a_secret(api: Api) -> None:
    bearer = _create(api, "bearer")
    basic = _create(api, "basic", type="basic", username="somebody", password=VALUE)
    assert (bearer["identifier"], bearer["record_type"]) == ("bearer", "integration_secret")
    assert api.all(PATH)[:2] == [basic, bearer]
    assert bearer in api.all(PATH, **{"filter[type]": "bearer"})
    assert bearer not in (of_type := api.all(PATH, **{"filter[type]": "basic"}))
    assert basic in of_type
    page = api.get(PATH, **{"page[size]": 1, "page[number]": 2})
    assert page["data"] == [bearer]
    for secret in (bearer, basic):
        gone = api("DELETE", f"{PATH}/{secret['id']}")
        assert (gone.status_code, gone.content) == (204, b"")
        assert error(api("DELETE", f"{PATH}/{secret['id']}")) == (404, "10005", "")
        assert secret not in api.all(PATH)


def test_nothing_of_it_is_kept(tmp_path: Path) -> None:
    data = tmp_path / "fleet.db"
    with start_sandbox(sims=3, data=data) as sandbox:
        api = Api(sandbox)
        made = _create(api, "kept", username=f"user {VALUE}", Token=VALUE)
        source = {
            "provider": "aws",
            "bucket_name": "archive",
            "provider_auth": {"access_key": VALUE, "secret_access_key": VALUE},
        }
        assert VALUE not in api("POST", "/storage/migration_sources", json=source).text
        wrong: list[Any] = [
            {"identifier": "x", "type": "bearer", "tokn": VALUE},
            {"identifier": {"token": [VALUE]}},
            {"type": VALUE * 0 + "bearer", VALUE: 1},
            [[VALUE]],
            VALUE,
        ]
        for body in wrong:
            assert api("POST", PATH, json=body).status_code == 422
        assert api("POST", PATH, data=f'{{"token": "{VALUE}"').status_code == 400
        api("DELETE", f"{PATH}/{made['id']}")
        log = sandbox.admin("GET", "requests")
        assert VALUE not in json.dumps(log)
        first = next(entry for entry in log["requests"] if entry["method"] == "POST")
        assert first["body"]["identifier"] == "kept"
        assert first["body"]["token"] == "[secret]"
        for path in ("/audit_events", "/webhook_deliveries", PATH, "/storage/migration_sources"):
            assert VALUE not in json.dumps(api.all(path)), path
    with sqlite3.connect(data) as database:
        assert VALUE not in "\n".join(database.iterdump())
    database.close()
    for file in tmp_path.iterdir():
        assert VALUE.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "bearer", "token": "x"}, (422, "10004", "/identifier")),
        ({"identifier": "", "type": "bearer", "token": "x"}, (422, "10015", "/identifier")),
        ({"identifier": "x"}, (422, "10004", "/type")),
        ({"identifier": "x", "type": "digest"}, (422, "10032", "/type")),
        ({"identifier": "x", "type": []}, (422, "10026", "/type")),
        ({"identifier": "x", "type": "bearer"}, (422, "10004", "/token")),
        ({"identifier": "x", "type": "bearer", "token": 5}, (422, "10026", "/token")),
        ({"identifier": "x", "type": "basic", "username": "x"}, (422, "10004", "/password")),
        ({"identifier": "x", "type": "basic", "password": "x"}, (422, "10004", "/username")),
    ],
)
def test_bad_secrets(api: Api, body: object, expected: tuple[int, str, str]) -> None:
    assert error(api("POST", PATH, json=body)) == expected


def test_names_are_unique(api: Api) -> None:
    made = _create(api, "unique")
    again = api("POST", PATH, json={"identifier": "unique", "type": "bearer", "token": "x"})
    assert error(again) == (422, "10012", "/identifier")
    api("DELETE", f"{PATH}/{made['id']}")
    api("DELETE", f"{PATH}/{_create(api, 'unique')['id']}")
    unknown = api("GET", PATH, params={"filter[type]": "digest"})
    assert error(unknown) == (422, "10032", "filter[type]")
