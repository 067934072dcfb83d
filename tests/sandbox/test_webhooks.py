"""Webhooks of the sandbox's own, at a receiver that is a real HTTP server."""

from __future__ import annotations

import itertools
import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import InvalidSignature

from sandbox.clock import seconds_of
from tests.sandbox.client import Api, error, eventually
from tests.sandbox.receiver import Received, Receiver
from tests.sandbox_process import SandboxProcess, start_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

PATH = "/webhook_deliveries"
CHANGED, ENDED = "sandbox.sim_card.status_changed", "sandbox.sim_card_action.ended"
SPEED = 50.0


@pytest.fixture(scope="module")
def busy() -> Iterator[SandboxProcess]:
    """A sandbox for these tests alone."""
    with start_sandbox(sims=300, seed=9, speed=SPEED) as sandbox:
        yield sandbox


@pytest.fixture
def api(busy: SandboxProcess) -> Iterator[Api]:
    """A client of it; afterwards nothing is sent any more."""
    yield Api(busy)
    busy.admin("DELETE", "webhook")
    eventually(lambda: not busy.admin("GET", "webhook")["under_way"], 20)


def _send_to(api: Api, url: str | None) -> Any:
    return api.sandbox.admin("POST", "webhook", {"url": url})


def _deliveries(api: Api, event_id: str) -> list[dict[str, Any]]:
    return api.all(PATH, **{"filter[webhook][contains]": event_id})


def _delivery(api: Api, event_id: str, seconds: float = 15) -> dict[str, Any]:
    found = eventually(lambda: _deliveries(api, event_id), seconds)
    assert len(found) == 1
    delivery: dict[str, Any] = found[0]
    return delivery


def _disabled(api: Api) -> str:
    identifier: str = api.some("enabled", actions_in_progress=False)["id"]
    assert api.act(identifier, "disable").status_code == 202
    return identifier


def test_events_are_sent_and_signed(api: Api) -> None:
    with Receiver() as receiver:
        shown = _send_to(api, receiver.url)
        assert shown["url"] == receiver.url
        card = _disabled(api)
        eventually(lambda: len(receiver.of(CHANGED, card)) == 2)
        first, second = sorted(
            receiver.of(CHANGED, card), key=lambda request: request.event["occurred_at"]
        )
        eventually(
            lambda: any(
                request.event["payload"]["resource"]["sim_card_id"] == card
                for request in receiver.received
                if request.event["event_type"] == ENDED
            )
        )
        assert first.event["payload"]["previous"]["status"]["value"] == "enabled"
        assert first.event["payload"]["resource"]["status"]["value"] == "disabling"
        assert second.event["payload"]["resource"]["status"]["value"] == "disabled"
        for request in receiver.received:
            request.verify(shown["public_key"])
            assert abs(int(request.headers["telnyx-timestamp"]) - time.time()) < 30
            assert request.headers["content-type"] == "application/json"
            assert request.event["record_type"] == "event"
            assert request.event["event_type"].startswith("sandbox.")
            meta = json.loads(request.body)["meta"]
            assert meta == {"attempt": 1, "delivered_to": receiver.url}
        forged = Received(0, first.headers, first.body.replace(b"disabling", b"enabled!!"))
        with pytest.raises(InvalidSignature):
            forged.verify(shown["public_key"])
        late = {**first.headers, "telnyx-timestamp": "1"}
        with pytest.raises(InvalidSignature):
            Received(0, late, first.body).verify(shown["public_key"])

        delivery = _delivery(api, first.event["id"])
        assert delivery["webhook"] == first.event
        assert delivery["status"] == "delivered"
        (attempt,) = delivery["attempts"]
        assert (attempt["status"], attempt["errors"]) == ("delivered", [])
        assert attempt["http"]["request"]["url"] == receiver.url
        sent = dict(attempt["http"]["request"]["headers"])
        assert sent["telnyx-timestamp"] == first.headers["telnyx-timestamp"]
        assert attempt["http"]["response"]["status"] == 200
        assert attempt["http"]["response"]["body"] == "seen"
        assert api.get(f"{PATH}/{delivery['id']}")["data"] == delivery


def test_failures_are_repeated_with_growing_waits(api: Api) -> None:
    def fail_twice(_handler: BaseHTTPRequestHandler, request: Received) -> int:
        return 200 if request.attempt == 3 else 500

    with Receiver(fail_twice) as receiver:
        key = _send_to(api, receiver.url)["public_key"]
        card = _disabled(api)
        eventually(lambda: receiver.of(CHANGED, card))
        event = receiver.of(CHANGED, card)[0].event["id"]
        delivery = _delivery(api, event)
        tries = [request for request in receiver.received if request.event["id"] == event]
        assert [request.attempt for request in tries] == [1, 2, 3]
        for request in tries:
            request.verify(key)
        waits = [later.at - earlier.at for earlier, later in itertools.pairwise(tries)]
        assert waits[0] >= 5 / SPEED
        assert waits[1] >= 30 / SPEED > waits[0]
        assert delivery["status"] == "delivered"
        assert [attempt["status"] for attempt in delivery["attempts"]] == [
            "delivered",
            "failed",
            "failed",
        ]
        assert delivery["attempts"][1]["http"]["response"]["status"] == 500
        assert delivery["attempts"][1]["errors"] == [75499]
        starts = [attempt["started_at"] for attempt in delivery["attempts"]]
        assert starts == sorted(starts, reverse=True)
        assert delivery["started_at"] == starts[-1]
        assert delivery["finished_at"] == delivery["attempts"][0]["finished_at"]


def test_nobody_there(api: Api) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    _send_to(api, url)
    card = _disabled(api)
    found = eventually(
        lambda: api.all(PATH, **{"filter[webhook][contains]": card, "filter[status][eq]": "failed"})
    )
    assert len(found[0]["attempts"]) == 3
    assert all("response" not in attempt["http"] for attempt in found[0]["attempts"])
    both = {"filter[attempts][contains]": url, "filter[event_type]": f"{CHANGED},{ENDED}"}
    assert found[0]["id"] in {item["id"] for item in api.all(PATH, **both)}
    _send_to(api, "http://no-such-host.invalid/")
    assert api.card(_disabled(api))


def _hang(_handler: BaseHTTPRequestHandler, _request: Received) -> None:
    time.sleep(6)


def _dribble(handler: BaseHTTPRequestHandler, _request: Received) -> None:
    for _ in range(60):
        handler.wfile.write(b"H")
        handler.wfile.flush()
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("answer", [_hang, _dribble])
def test_a_receiver_that_does_not_answer_delays_nothing(api: Api, answer: Any) -> None:
    with Receiver(answer) as receiver:
        _send_to(api, receiver.url)
        card = _disabled(api)
        slowest = 0.0
        begin = time.monotonic()
        while time.monotonic() - begin < 1.5:
            before = time.monotonic()
            api.get(f"/sim_cards/{card}")
            slowest = max(slowest, time.monotonic() - before)
        assert slowest < 0.5
        assert api.card(card)["status"]["value"] == "disabled"
        delivery = eventually(lambda: api.all(PATH, **{"filter[webhook][contains]": card}), 25)[-1]
        assert delivery["status"] == "failed"
        for attempt in delivery["attempts"]:
            took = seconds_of(attempt["finished_at"]) - seconds_of(attempt["started_at"])
            assert 1.8 < took < 3


def test_without_an_address_nothing_is_sent(api: Api) -> None:
    with Receiver() as receiver:
        _send_to(api, receiver.url)
        _send_to(api, None)
        before = api.get(PATH)["meta"]["total_results"]
        card = _disabled(api)
        eventually(lambda: api.card(card)["status"]["value"] == "disabled")
        shown = api.sandbox.admin("GET", "webhook")
        assert (shown["url"], shown["waiting"], shown["under_way"]) == (None, 0, 0)
        assert receiver.received == []
        assert api.get(PATH)["meta"]["total_results"] == before


def test_what_fails_is_no_event(api: Api) -> None:
    with Receiver() as receiver:
        _send_to(api, receiver.url)
        card = api.get("/sim_cards", **{"filter[status]": "enabled"})["data"][-1]["id"]
        assert api.act(card, "enable").status_code == 422
        address = f"{api.sandbox.admin_url}/sim_cards/{card}"
        refused = api.session.post(address, json={"status": "disabled", "tags": [[1]]}, timeout=10)
        assert error(refused) == (422, "10026", "/tags/0")
        # Deeper than what can be stored.
        deep = json.loads("[" * 300 + "]" * 300)
        broken = api.session.post(address, json={"status": "disabled", "note": deep}, timeout=10)
        assert error(broken) == (500, "10007", "")
        other = _disabled(api)
        assert other != card
        eventually(lambda: len(receiver.of(CHANGED, other)) == 2)
        assert receiver.of(CHANGED, card) == []


def test_orders_and_thresholds(api: Api) -> None:
    with Receiver() as receiver:
        _send_to(api, receiver.url)
        api.sandbox.admin("POST", "balance", {"amount": "500"})
        address = api.get("/addresses")["data"][0]["id"]
        order = api("POST", "/sim_card_orders", json={"address_id": address, "quantity": 1})
        number = order.json()["data"]["id"]
        name = "sandbox.sim_card_order.status_changed"
        eventually(lambda: receiver.of(name, number), 30)
        card = api.some("enabled")["id"]
        body = {"sim_card_id": card, "threshold": {"amount": "1", "unit": "MB"}}
        made = api("POST", "/sim_card_data_usage_notifications", json=body).json()["data"]
        api.sandbox.admin("POST", "usage", {"sim_card_id": card, "mb": 2})
        name = "sandbox.sim_card_data_usage_notification.threshold_reached"
        (request,) = eventually(lambda: receiver.of(name, made["id"]))
        assert request.event["payload"]["resource"] == made
        assert request.event["payload"]["sim_card"]["id"] == card
        api.sandbox.admin("POST", "usage", {"sim_card_id": card, "mb": 2})
        time.sleep(0.3)
        assert len(receiver.of(name, made["id"])) == 1


def test_bad_addresses(api: Api) -> None:
    for url in ("ftp://a/", "http://", "http://u:p@host/", "http://a:99999/", "http://[x/", "x y"):
        answer = api.session.post(f"{api.sandbox.admin_url}/webhook", json={"url": url}, timeout=5)
        assert error(answer) == (422, "10003", "/url"), url
    with pytest.raises(RuntimeError):
        start_sandbox(sims=1, options=("--webhook-url", "ftp://a/"))


def test_filters_of_deliveries(api: Api) -> None:
    whole = api.all(PATH)
    assert len(whole) >= 40
    for status in ("delivered", "failed"):
        found = api.all(PATH, **{"filter[status][eq]": status})
        assert found == [item for item in whole if item["status"] == status]
    at = whole[10]["started_at"]
    for name, fits in (("gte", lambda time: time >= at), ("lte", lambda time: time <= at)):
        for field in ("started_at", "finished_at"):
            found = api.all(PATH, **{f"filter[{field}][{name}]": at})
            assert found == [item for item in whole if fits(item[field])]
    page = api.get(PATH, **{"page[size]": 3, "page[number]": 2})
    assert page["data"] == whole[3:6]
    wrong = api("GET", PATH, params={"filter[status][eq]": "lost"})
    assert error(wrong) == (422, "10032", "filter[status][eq]")
    assert error(api("GET", f"{PATH}/none")) == (404, "10005", "")


def test_many_events_at_once() -> None:
    """Neither threads nor memory without bounds, and quick answers all the while."""

    def slowly(_handler: BaseHTTPRequestHandler, _request: Received) -> int:
        time.sleep(0.02)
        return 200

    with (
        Receiver(slowly) as receiver,
        start_sandbox(sims=4000, speed=200, options=("--webhook-url", receiver.url)) as sandbox,
    ):
        api = Api(sandbox)
        sandbox.admin("POST", "balance", {"amount": "1000000"})
        for _ in range(6):
            answer = api("POST", "/actions/purchase/esims", json={"amount": 500}, check=False)
            assert answer.status_code == 202, answer.text
        shown = sandbox.admin("GET", "webhook")
        assert shown["waiting"] > 1_000
        slowest = 0.0
        for _ in range(50):
            before = time.monotonic()
            api.get("/sim_cards", **{"page[size]": 20})
            slowest = max(slowest, time.monotonic() - before)
            shown = sandbox.admin("GET", "webhook")
            assert shown["under_way"] <= 64
            assert shown["waiting"] <= 10_000
        assert slowest < 1
        assert 1 < receiver.most_at_once <= 8
        with open(f"/proc/{sandbox.process.pid}/status") as status:
            threads = next(line for line in status if line.startswith("Threads:"))
        assert int(threads.split()[1]) < 32
        begin = time.monotonic()
        assert sandbox.stop() == 0
        assert time.monotonic() - begin < 8


def test_keys_and_deliveries_outlive_the_process(tmp_path: Path) -> None:
    data = tmp_path / "fleet.db"
    with Receiver() as receiver:
        options = ("--webhook-url", receiver.url)
        with start_sandbox(sims=30, data=data, speed=SPEED, options=options) as sandbox:
            api = Api(sandbox)
            key = sandbox.admin("GET", "webhook")["public_key"]
            card = _disabled(api)
            eventually(lambda: len(receiver.of(CHANGED, card)) == 2)
            event = receiver.of(CHANGED, card)[1].event["id"]
            delivery = _delivery(api, event)
            sandbox.kill()
        with start_sandbox(data=data, speed=SPEED) as sandbox:
            api = Api(sandbox)
            shown = sandbox.admin("GET", "webhook")
            assert (shown["public_key"], shown["url"]) == (key, None)
            assert api.get(f"{PATH}/{delivery['id']}")["data"] == delivery
            for request in receiver.received:
                request.verify(shown["public_key"])
        with start_sandbox(sims=30) as sandbox:
            assert sandbox.admin("GET", "webhook")["public_key"] != key


def test_believable_past() -> None:
    with start_sandbox(sims=500) as sandbox:
        past = Api(sandbox).all(PATH)
    assert len(past) == 40
    assert {item["status"] for item in past} <= {"delivered", "failed"}
    assert sum(item["status"] == "delivered" for item in past) > 30
    finished = [item["started_at"] for item in past]
    assert finished == sorted(finished, reverse=True)
    for item in past:
        resource = item["webhook"]["payload"]["resource"]
        assert item["webhook"]["occurred_at"] == resource["updated_at"] <= item["started_at"]
        assert item["finished_at"] == item["attempts"][0]["finished_at"]
