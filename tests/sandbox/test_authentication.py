"""Who may ask."""

import pytest
import requests

from tests.sandbox.client import Api, error
from tests.sandbox_process import SandboxProcess, start_sandbox


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wrong", "Basic {key}", "{key}", "Bearer {key}x"]
)
def test_wrong_keys_are_refused(sandbox: SandboxProcess, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.format(key=sandbox.api_key)}
    for method, path in (("GET", "/sim_cards"), ("POST", "/sim_card_groups"), ("GET", "/no")):
        answer = requests.request(method, sandbox.base_url + path, headers=headers, timeout=5)
        assert error(answer) == (401, "10009", "")
        assert sandbox.api_key not in answer.text


def test_scheme_in_any_case(sandbox: SandboxProcess) -> None:
    headers = {"Authorization": f"bearer {sandbox.api_key}"}
    assert requests.get(sandbox.base_url + "/sim_cards", headers=headers, timeout=5).ok


def test_the_key_can_be_changed() -> None:
    with start_sandbox(sims=5) as sandbox:
        api = Api(sandbox)
        api.get("/sim_cards")
        sandbox.admin("POST", "api_key", {"api_key": "KEY-number-two"})
        assert error(api("GET", "/sim_cards")) == (401, "10009", "")
        api.session.headers["Authorization"] = "Bearer KEY-number-two"
        api.get("/sim_cards")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/no_such_thing", (404, "10005", "")),
        ("GET", "/sim_cards/", (404, "10005", "")),
        ("GET", "/sim_cards/no-uuid", (404, "10005", "")),
        ("PATCH", "/sim_cards/no-uuid", (404, "10005", "")),
        ("POST", "/sim_cards/no-uuid/actions/enable", (404, "10005", "")),
        ("GET", "/sim_card_actions/no-uuid", (404, "10005", "")),
        ("DELETE", "/sim_card_groups/no-uuid", (404, "10005", "")),
        ("PUT", "/sim_cards", (405, "10030", "")),
        ("DELETE", "/sim_card_actions", (405, "10030", "")),
        ("GET", "/sim_cards/x/actions/enable", (405, "10030", "")),
    ],
)
def test_paths_and_methods(
    api: Api, method: str, path: str, expected: tuple[int, str, str]
) -> None:
    assert error(api(method, path)) == expected


def test_other_paths_answer_json(sandbox: SandboxProcess) -> None:
    origin = sandbox.base_url.removesuffix("/v2")
    assert error(requests.get(origin + "/", timeout=5)) == (404, "10005", "")


def test_rate_limit() -> None:
    with start_sandbox(sims=5, rate_limit=5) as sandbox:
        api = Api(sandbox)
        answers = [api("GET", "/sim_cards") for _ in range(12)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert 2 <= len(refused) <= 7  # the requests may fall into two windows
        assert error(refused[0]) == (429, "10011", "")
        for answer in answers:
            assert answer.headers["x-ratelimit-limit"] == "5"
            assert answer.headers["x-ratelimit-reset"] == "1"
        assert refused[0].headers["x-ratelimit-remaining"] == "0"
        assert answers[0].headers["x-ratelimit-remaining"] == "4"
