"""Storms of 429, with the header of the rate limit in both of its readings."""

import time

import pytest
import requests

from tests.sandbox.client import Api, error


@pytest.mark.parametrize("reading", ["seconds", "epoch"])
def test_a_storm_blows_over(api: Api, reading: str) -> None:
    fault = {"kind": "storm", "seconds": 0.6, "reset": reading}
    api.sandbox.admin("POST", "faults", fault)
    begin = time.time()
    for _ in range(3):
        refused = api("GET", "/balance")
        assert error(refused) == (429, "10011", "")
        reset = int(refused.headers["x-ratelimit-reset"])
        assert refused.headers["x-ratelimit-remaining"] == "0"
        left = reset if reading == "seconds" else reset - begin
        assert 0 < left < 3
    time.sleep(0.7)
    assert api("GET", "/balance").status_code == 200


def test_what_is_refused_is_not_carried_out(api: Api) -> None:
    api.sandbox.admin("POST", "faults", {"kind": "storm", "seconds": 5, "times": 1})
    assert api("POST", "/sim_card_groups", json={"name": "in a storm"}).status_code == 429
    assert api.all("/sim_card_groups", **{"filter[name]": "in a storm"}) == []


def test_a_reading_that_does_not_exist_is_refused(api: Api) -> None:
    with pytest.raises(requests.HTTPError, match="422"):
        api.sandbox.admin("POST", "faults", {"kind": "storm", "reset": "minutes"})
