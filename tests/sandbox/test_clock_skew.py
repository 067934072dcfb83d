"""A sandbox that lives in another time."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.client import Api, eventually
from tests.sandbox_process import start_sandbox

HOUR = 3600.0


@pytest.fixture
def skewed() -> Iterator[Api]:
    with start_sandbox(sims=60, speed=100) as sandbox:
        yield Api(sandbox)


def _ahead(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp() - time.time()


@pytest.mark.parametrize("hours", [-30, 5])
def test_actions_end_at_once_and_bear_the_wrong_time(skewed: Api, hours: int) -> None:
    card = skewed.some("enabled")
    slow = {"status": "failed", "seconds": 40}
    skewed.sandbox.admin("POST", "action_outcomes", slow)
    action = skewed.act(card["id"], "disable").json()["data"]
    skewed.sandbox.admin("POST", "clock", {"skew_seconds": hours * HOUR})

    def ended() -> dict[str, Any] | None:
        now = skewed.get(f"/sim_card_actions/{action['id']}")["data"]
        return now if now["status"]["value"] == "failed" else None

    assert eventually(ended)
    later = skewed.act(card["id"], "disable").json()["data"]
    assert _ahead(later["created_at"]) == pytest.approx(hours * HOUR, abs=30)


@pytest.mark.parametrize("wrong", [None, "an hour", True, 1e12])
def test_a_skew_that_is_none_is_refused(skewed: Api, wrong: Any) -> None:
    with pytest.raises(requests.HTTPError, match="422"):
        skewed.sandbox.admin("POST", "clock", {"skew_seconds": wrong})
    assert skewed.sandbox.admin("GET", "clock")["skew_seconds"] == 0


def test_the_skew_outlives_the_process(tmp_path: Path) -> None:
    data = tmp_path / "fleet.db"
    with start_sandbox(sims=20, data=data) as sandbox:
        sandbox.admin("POST", "clock", {"skew_seconds": -HOUR})
    with start_sandbox(sims=20, data=data) as again:
        assert _ahead(again.admin("GET", "clock")["now"]) == pytest.approx(-HOUR, abs=30)
