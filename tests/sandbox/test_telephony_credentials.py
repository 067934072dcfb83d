"""Tokens of telephony credentials."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from typing import Any

from tests.sandbox.client import Api, error


def _part(text: str) -> dict[str, Any]:
    part: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return part


def test_a_token_is_plain_text(api: Api) -> None:
    credentials = api.sandbox.admin("GET", "telephony_credentials")["data"]
    assert len(credentials) == 3
    here = f"/telephony_credentials/{credentials[0]['id']}/token"
    answer = api("POST", here)
    assert answer.status_code == 201
    assert answer.headers["content-type"].startswith("text/plain")
    header, claims, signature = answer.text.split(".")
    assert _part(header) == {"alg": "HS512", "typ": "JWT"}
    assert signature
    told = _part(claims)
    assert told["sub"] == credentials[0]["id"]
    now = datetime.now(UTC).timestamp()
    assert told["nbf"] <= told["iat"] <= now < told["exp"]
    second = api("POST", here).text
    assert second != answer.text
    for kept in (api.sandbox.admin("GET", "requests"), api.all("/audit_events")):
        assert answer.text not in json.dumps(kept)


def test_of_no_credential(api: Api) -> None:
    unknown = "/telephony_credentials/00000000-0000-4000-8000-000000000000/token"
    assert error(api("POST", unknown)) == (404, "10005", "")
    assert error(api("POST", "/telephony_credentials/%00/token")) == (404, "10005", "")
    assert error(api("GET", unknown)) == (405, "10030", "")
