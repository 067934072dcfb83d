"""The limiter of one process."""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from telnyx_api import LocalRateLimiter, errors
from tests.telnyx_api.conftest import MakeClient
from tests.telnyx_api.scripted_server import Reply, ScriptedServer


def taken(limiter: LocalRateLimiter, count: int) -> list[float]:
    """When each of so many turns was granted, to eight threads."""
    with ThreadPoolExecutor(8) as pool:

        def take(_: int) -> float:
            limiter.acquire(None)
            return time.monotonic()

        return sorted(pool.map(take, range(count)))


def assert_rate_kept(times: list[float], per_second: int) -> None:
    """No window of a second holds more turns; a hair is left for the clock's own pace."""
    for first, beyond in zip(times, times[per_second:], strict=False):
        assert beyond - first > 0.97


def test_no_second_holds_more_than_the_rate() -> None:
    times = taken(LocalRateLimiter(20), 30)
    assert_rate_kept(times, 20)
    assert times[-1] - times[0] < 1.5


@pytest.mark.parametrize("per_second", [0, -1, float("nan"), float("inf")])
def test_a_rate_must_be_a_number_above_zero(per_second: float) -> None:
    with pytest.raises(errors.InvalidArgument, match="per_second"):
        LocalRateLimiter(per_second)


class Nap(Exception):
    """Stops the test where the limiter would sleep, with the seconds."""


def nap(seconds: float) -> None:
    raise Nap(seconds)


def next_turn(limiter: LocalRateLimiter) -> float:
    """Seconds until the next turn, 0 where it is granted."""
    try:
        limiter.acquire(None)
    except Nap as napped:
        return float(napped.args[0])
    return 0.0


def test_a_rate_below_one_a_second() -> None:
    limiter = LocalRateLimiter(0.5, sleep=nap)
    assert next_turn(limiter) == 0
    assert 1.9 < next_turn(limiter) <= 2


@pytest.mark.parametrize(
    ("status", "headers", "least", "most"),
    [
        (429, {"Retry-After": "7"}, 6.9, 7),
        (429, {"x-ratelimit-reset": "4"}, 3.9, 4),
        (429, {}, 0.9, 1),
        (429, {"Retry-After": "9999"}, 59, 60),
        (429, {"Retry-After": "0"}, 0, 0),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4"}, 3.9, 4),
        (200, {"x-ratelimit-remaining": "0"}, 0, 0),
        (200, {"x-ratelimit-remaining": "1", "x-ratelimit-reset": "4"}, 0, 0),
        (503, {"Retry-After": "7"}, 0, 0),
    ],
)
def test_pauses(status: int, headers: Mapping[str, str], least: float, most: float) -> None:
    limiter = LocalRateLimiter(100, sleep=nap)
    limiter.observe(status, headers)
    assert least <= next_turn(limiter) <= most


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    limiter = LocalRateLimiter(100, sleep=nap)
    limiter.observe(429, {"Retry-After": "9"})
    limiter.observe(429, {"Retry-After": "1"})
    assert next_turn(limiter) > 8


def test_a_lower_rate_that_the_api_states_is_kept() -> None:
    limiter = LocalRateLimiter(100, sleep=nap)
    limiter.observe(200, {"x-ratelimit-limit": "2", "x-ratelimit-reset": "1"})
    assert [next_turn(limiter) > 0 for _ in range(3)] == [False, False, True]
    limiter.observe(200, {"x-ratelimit-limit": "500", "x-ratelimit-reset": "1"})
    assert next_turn(limiter) == 0


def test_a_turn_that_comes_too_late_is_refused_at_once() -> None:
    limiter = LocalRateLimiter(100)
    limiter.observe(429, {"Retry-After": "30"})
    started = time.monotonic()
    with pytest.raises(errors.RateLimitTimeout) as caught:
        limiter.acquire(5)
    assert time.monotonic() - started < 0.5
    assert caught.value.retryable
    assert not caught.value.maybe_applied
    assert 29 < (caught.value.retry_after or 0) <= 30


def test_a_thread_behind_another_one_waits_no_longer_than_its_time() -> None:
    waking = threading.Event()
    limiter = LocalRateLimiter(100, sleep=lambda _: waking.wait(5) and None)
    limiter.observe(429, {"Retry-After": "0.3"})
    ahead = threading.Thread(target=limiter.acquire, args=(None,))
    ahead.start()
    started = time.monotonic()
    with pytest.raises(errors.RateLimitTimeout):
        limiter.acquire(0.1)
    assert time.monotonic() - started < 0.3
    time.sleep(0.25)
    waking.set()
    ahead.join()


class Witness:
    def __init__(self) -> None:
        self.asked: list[float | None] = []
        self.told: list[tuple[int, str | None]] = []

    def acquire(self, timeout: float | None) -> None:
        self.asked.append(timeout)

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        self.told.append((status, headers.get("x-ratelimit-remaining")))


def test_a_client_asks_before_each_attempt_and_tells_after_each_answer(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    witness = Witness()
    server.script(Reply(429), Reply(body={"data": {}}, headers={"x-ratelimit-remaining": "3"}))
    make_client(limiter=witness).sim_cards.retrieve("1")
    assert witness.asked == [None, None]
    assert witness.told == [(429, None), (200, "3")]


def test_a_client_gives_the_limiter_no_more_time_than_it_has(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    witness = Witness()
    server.script(Reply(body={"data": {}}))
    make_client(limiter=witness, deadline=5).sim_cards.retrieve("1")
    [asked] = witness.asked
    assert asked is not None
    assert 4.5 < asked <= 5
