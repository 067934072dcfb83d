"""A small client for the tests; it holds every answer against the specification."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import requests

from tests.sandbox.specification import specification
from tests.sandbox_process import SandboxProcess


class Api:
    """Requests to one sandbox with its key."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {sandbox.api_key}"

    def __call__(self, method: str, path: str, check: bool = True, **rest: Any) -> Any:
        """Send a request; answers the response after it was checked."""
        response = self.session.request(method, self.sandbox.base_url + path, timeout=20, **rest)
        rules = specification()
        if check and rules is not None:
            rules.check(response, path.partition("?")[0])
        return response

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET that has to succeed."""
        response = self("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def card(self, identifier: str) -> dict[str, Any]:
        """A SIM card's detail."""
        return self.get(f"/sim_cards/{identifier}")["data"]

    def act(self, identifier: str, action_type: str) -> Any:
        """Start an action; answers the response."""
        return self("POST", f"/sim_cards/{identifier}/actions/{action_type}")

    def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        return list(self._pages(path, **params))

    def _pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        number = 1
        while True:
            page = self.get(path, **params, **{"page[number]": number, "page[size]": 250})
            yield from page["data"]
            if number >= page["meta"]["total_pages"]:
                return
            number += 1

    def some(self, status: str, **wanted: Any) -> dict[str, Any]:
        """A SIM card of this status, with a group, whose fields have the wanted values."""
        for card in self.all("/sim_cards", **{"filter[status]": status}):
            if card["sim_card_group_id"] and all(card[k] == v for k, v in wanted.items()):
                return card
        raise AssertionError(f"There is no SIM card that is {status} with {wanted}.")


def error(response: requests.Response) -> tuple[int, str, str]:
    """Status, code, and the pointer or parameter of an error answer."""
    first = response.json()["errors"][0]
    assert first["title"]
    assert first["detail"]
    source = first.get("source", {})
    return (
        response.status_code,
        first["code"],
        source.get("pointer", source.get("parameter", "")),
    )


def eventually(condition: Callable[[], Any], seconds: float = 5.0) -> Any:
    """Wait until the condition is true; answers its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "It did not come true in time."
        time.sleep(0.02)
    return value
