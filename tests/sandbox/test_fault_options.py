"""Faults that are there from the start, by options of the command line."""

from datetime import datetime
from time import time

import pytest

from tests.sandbox.client import Api, error, eventually
from tests.sandbox_process import start_sandbox


def test_faults_by_options() -> None:
    options = (
        *("--fault", '{"kind": "status", "status": 502, "match": {"path_regex": "/balance$"}}'),
        *("--fault", '{"kind": "unknown_status", "match": {"path_regex": "^/v2/sim_cards$"}}'),
        *("--action-outcome", '{"status": "interrupted", "reason": "A storm.", "times": null}'),
        *("--clock-skew", "-7200"),
    )
    with start_sandbox(sims=60, speed=100, options=options) as sandbox:
        api = Api(sandbox)
        assert error(api("GET", "/balance")) == (502, "10007", "")
        cards = api("GET", "/sim_cards?page[size]=250", check=False).json()["data"]
        assert {card["status"]["value"] for card in cards} == {"quarantined"}
        details = (api.card(card["id"]) for card in cards)
        enabled = next(card for card in details if card["status"]["value"] == "enabled")
        action = api.act(enabled["id"], "disable").json()["data"]
        begun = datetime.fromisoformat(action["created_at"]).timestamp()
        assert begun - time() == pytest.approx(-7200, abs=30)
        path = f"/sim_card_actions/{action['id']}"
        eventually(lambda: api.get(path)["data"]["status"]["value"] == "interrupted")
        assert api.get(path)["data"]["status"]["reason"] == "A storm."
