"""Lists that move while somebody reads them."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.sandbox.client import Api
from tests.sandbox_process import start_sandbox


@pytest.fixture
def alone() -> Iterator[Api]:
    """A fleet of its own, because SIM cards come and go."""
    with start_sandbox(sims=60, speed=100) as sandbox:
        yield Api(sandbox)


def _read(api: Api) -> list[str]:
    """The ids of all SIM cards as a client sees them that reads one page after the other."""
    return [
        card["id"]
        for number in (1, 2, 3)
        for card in api.get("/sim_cards", **{"page[number]": number, "page[size]": 20})["data"]
    ]


def _arm(api: Api, kind: str) -> None:
    match = {"method": "GET", "path_regex": "^/v2/sim_cards$"}
    api.sandbox.admin("POST", "faults", {"kind": kind, "times": 1, "match": match})


def test_a_new_sim_card_shows_another_one_twice(alone: Api) -> None:
    before = _read(alone)
    first = alone.get("/sim_cards", **{"page[size]": 20})["data"]
    _arm(alone, "shift_down")
    second = alone.get("/sim_cards", **{"page[number]": 2, "page[size]": 20})
    assert second["meta"]["total_results"] == 61
    seen = Counter(card["id"] for card in [*first, *second["data"]])
    assert [identifier for identifier, times in seen.items() if times == 2] == [before[19]]


def test_a_sim_card_that_goes_hides_another_one(alone: Api) -> None:
    before = _read(alone)
    first = alone.get("/sim_cards", **{"page[size]": 20})["data"]
    _arm(alone, "shift_up")
    second = alone.get("/sim_cards", **{"page[number]": 2, "page[size]": 20})
    assert second["meta"]["total_results"] == 59
    seen = {card["id"] for card in [*first, *second["data"]]}
    assert before[20] not in seen
    assert alone("GET", f"/sim_cards/{before[0]}").status_code == 404
