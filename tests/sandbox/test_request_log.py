"""What the request log shows of a request, and what it never shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from sandbox.request_log import SECRET_NAMES, SHOWN, RequestLog
from tests.sandbox.client import Api

KEY = "KEY-of-the-log"
SECRET = "S3CR3T-0123456789"
PLAIN = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)
NAMES = st.sampled_from(["name", "settings", "items", "id"])


def _nested(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=6,
    )


def _named(name: str) -> st.SearchStrategy[Any]:
    return st.sampled_from([name, name.upper(), name.title()])


HOLDERS = st.builds(
    lambda name, value: {name: value},
    st.sampled_from(sorted(SECRET_NAMES)).flatmap(_named),
    _nested(st.just(SECRET)),
)


def _logged(path: str, body: bytes, query: str = "", key: str = KEY) -> dict[str, Any]:
    log = RequestLog()
    log.add("2026-01-01T00:00:00.000Z", "POST", path, query, body, key)
    return log.find(None, None)[0]


@given(_nested(PLAIN | HOLDERS))
def test_no_secret_of_any_nesting_is_shown(body: Any) -> None:
    assert SECRET not in json.dumps(_logged("/v2/sim_cards/x", json.dumps(body).encode()))


@given(st.sampled_from(sorted(SHOWN)), _nested(st.just(SECRET) | PLAIN | HOLDERS))
def test_where_secrets_belong_nothing_else_is_shown(path: str, body: Any) -> None:
    assert SECRET not in json.dumps(_logged(path, json.dumps(body).encode()))


@given(st.sampled_from(sorted(SHOWN)), st.binary())
def test_what_is_no_json_is_not_shown_there(path: str, noise: bytes) -> None:
    assert SECRET not in json.dumps(_logged(path, b"{" + noise + SECRET.encode()))


@given(_nested(PLAIN))
def test_the_rest_is_shown_as_it_came(body: Any) -> None:
    assert _logged("/v2/sim_cards/x", json.dumps(body).encode())["body"] == body


@pytest.mark.parametrize(
    "written",
    [
        f'{{"name": "{KEY}"}}',
        f'{{"{KEY}": 1}}',
        '{"name": "' + "".join(f"\\u{ord(letter):04x}" for letter in KEY) + '"}',
        f"no JSON but {KEY}",
    ],
)
def test_the_api_key_is_never_shown(written: str) -> None:
    assert KEY not in json.dumps(_logged("/v2/sim_cards/x", written.encode()))


@pytest.mark.parametrize(
    "query", [f"a={KEY}", f"a={KEY.replace('-', '%2D')}", "a=%4bEY-of-the-log"]
)
def test_the_api_key_in_the_address_is_not_shown(query: str) -> None:
    entry = _logged(f"/v2/sim_cards/{KEY}", b"", query)
    assert KEY not in json.dumps(entry)
    assert "API key" in entry["query"]


@pytest.mark.parametrize("depth", [200, 400, 900, 100_000])
def test_deep_nesting_does_not_break_the_log(api: Api, depth: int) -> None:
    body = b"[" * depth + b"]" * depth
    answer = api("POST", "/access_ip_address", data=body)
    assert answer.status_code in (400, 422)
    assert api.sandbox.admin("GET", "requests")["count"] > 0


def test_secrets_of_other_operations(api: Api) -> None:
    card = api.some("enabled")["id"]
    body = {"tags": ["x"], "PIN1": SECRET, "nested": {"Puk2": [SECRET]}}
    api("PATCH", f"/sim_cards/{card}", json=body)
    url = f"{api.sandbox.base_url}/sim_cards?api_key={api.sandbox.api_key}"
    requests.get(url, headers={"Authorization": f"Bearer {api.sandbox.api_key}"}, timeout=5)
    shown = json.dumps(api.sandbox.admin("GET", "requests"))
    assert SECRET not in shown
    assert api.sandbox.api_key not in shown
