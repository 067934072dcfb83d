"""The limiter that all processes of an account share, with a real Redis."""

import json
import logging
import subprocess
import sys
import time
from pathlib import Path

import pytest

from telnyx_api import SharedRateLimiter, errors
from telnyx_api.rate_limit import LEASE_SECONDS
from tests.telnyx_api.conftest import MakeClient, RedisServer
from tests.telnyx_api.scripted_server import Reply, ScriptedServer, free_port
from tests.telnyx_api.test_rate_limit import assert_rate_kept, nap, next_turn, taken

PROCESS = """
import json, sys, time
from telnyx_api import SharedRateLimiter
url, count = sys.argv[1], int(sys.argv[2])
limiter = SharedRateLimiter(url, "account", 40)
limiter.acquire(None)
times = []
for _ in range(count):
    limiter.acquire(None)
    times.append(time.monotonic())
print(json.dumps(times))
"""


def limiter(url: str, key: str = "account", per_second: float = 100) -> SharedRateLimiter:
    return SharedRateLimiter(url, key, per_second, sleep=nap)


def test_two_processes_together_keep_the_rate(redis_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, redis_url, "30"], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    both = [json.loads(process.communicate(timeout=20)[0]) for process in processes]
    assert_rate_kept(sorted(both[0] + both[1]), 40)


def test_threads_share_it_too(redis_url: str) -> None:
    times = taken(SharedRateLimiter(redis_url, "account", 20), 30)
    assert_rate_kept(times, 20)
    assert times[-1] - times[0] < 1.5


def test_a_pause_seen_by_one_stops_all(redis_url: str) -> None:
    one, other, stranger = limiter(redis_url), limiter(redis_url), limiter(redis_url, "else")
    one.observe(429, {"Retry-After": "7"})
    assert 6.8 < next_turn(other) <= 7
    assert next_turn(stranger) == 0
    one.observe(429, {"Retry-After": "1"})
    assert 6.8 < next_turn(other) <= 7


def test_a_pause_ends(redis_url: str) -> None:
    one, other = limiter(redis_url), SharedRateLimiter(redis_url, "account", 100)
    one.observe(429, {"Retry-After": "0.2"})
    started = time.monotonic()
    other.acquire(5)
    assert 0.15 < time.monotonic() - started < 1


def test_a_rate_stated_to_one_holds_for_all(redis_url: str) -> None:
    one, other = limiter(redis_url), limiter(redis_url)
    one.observe(200, {"x-ratelimit-limit": "2", "x-ratelimit-reset": "1"})
    assert [next_turn(other) > 0 for _ in range(3)] == [False, False, True]
    one.observe(200, {"x-ratelimit-limit": "50", "x-ratelimit-reset": "1"})
    assert next_turn(other) == 0


def test_a_turn_that_comes_too_late_is_refused_at_once(redis_url: str) -> None:
    one = SharedRateLimiter(redis_url, "account", 100)
    one.observe(429, {"Retry-After": "30"})
    with pytest.raises(errors.RateLimitTimeout):
        one.acquire(1)


@pytest.fixture
def no_redis() -> str:
    return f"redis://127.0.0.1:{free_port()}/0"


def test_without_redis_a_process_limits_itself_and_says_so_once(
    no_redis: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = limiter(no_redis, per_second=2)
    assert [next_turn(alone) > 0 for _ in range(3)] == [False, False, True]
    alone.observe(429, {"Retry-After": "7"})
    assert next_turn(alone) > 6
    monkeypatch.setattr(alone, "_without_redis_until", 0.0)
    next_turn(alone)
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "Redis" in record.getMessage()
    monkeypatch.setattr(alone, "_without_redis_until", 0.0)
    monkeypatch.setattr(alone, "_warn_from", 0.0)
    next_turn(alone)
    assert len(caplog.records) == 2


def test_no_request_fails_because_redis_is_away(
    server: ScriptedServer, make_client: MakeClient, no_redis: str
) -> None:
    server.script(Reply(body={"data": {"id": "1"}}))
    client = make_client(limiter=SharedRateLimiter(no_redis, "account", 100))
    assert client.sim_cards.retrieve("1") == {"id": "1"}


def test_redis_may_go_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = tmp_path / "r.sock"
    with RedisServer(socket):
        one, other = limiter(f"unix://{socket}"), limiter(f"redis+unix://{socket}")
        assert next_turn(one) == 0
    assert next_turn(one) == 0
    with RedisServer(socket):
        assert next_turn(one) == 0
        monkeypatch.setattr(one, "_without_redis_until", 0.0)
        one.observe(429, {"Retry-After": "7"})
        assert next_turn(other) > 6


def test_a_key_that_holds_nonsense_is_no_reason_to_fail(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    one = limiter(redis_url)
    one._redis.set(one._rate_key, "fast")
    assert next_turn(one) == 0
    assert "Redis" in caplog.text


def test_turns_that_are_taken_ahead_are_not_lost_by_the_hundred(redis_url: str) -> None:
    """A process that asks rarely takes few turns at once, one that asks often takes many."""
    shared = SharedRateLimiter(redis_url, "leases", 5_000)
    sizes = []
    for _ in range(200):
        shared.acquire(1)
        sizes.append(shared._lease_size)
    assert max(sizes) > 8
    for _ in range(4):
        time.sleep(1.5 * LEASE_SECONDS)
        shared.acquire(1)
    assert shared._lease_size == 1
