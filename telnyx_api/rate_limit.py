"""How fast we ask: requests a second, for one process or for all processes of an account."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Protocol, cast

import redis
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from telnyx_api import errors, rate_limit_headers

log = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0
PAUSE_UNSTATED = 1.0
STATED_RATE_HOLDS = 60.0
STATED_RATE_REFRESH = 20.0
SHORTEST_WAIT = 0.005
# From so many requests a second on, a process takes turns for a hundredth of a second at once:
# asking Redis for each of them takes longer than a sixth of the request itself.
LEASED_FROM = 200
LEASE_SECONDS = 0.05
REDIS_TIMEOUT = 0.5
REDIS_REST = 5.0
WARN_EVERY = 60.0

LENGTHEN_PAUSE = """
if redis.call('pttl', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('set', KEYS[1], '1', 'px', ARGV[1])
end
"""


class RateLimiter(Protocol):
    """What a Client asks before each request, and tells after each answer."""

    def acquire(self, timeout: float | None) -> None:
        """Wait for a turn, at most ``timeout`` seconds; raises errors.RateLimitTimeout."""

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer's HTTP status and headers."""


class LocalRateLimiter:
    """At most ``per_second`` requests in any second, for the threads of one process.

    An answer with 429 pauses everyone until the time it states (1 s where it states none, 60 s at
    most), as does one that says that nothing remains. A lower rate that an answer states is kept
    for a minute after it was last stated.
    """

    def __init__(
        self,
        per_second: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.per_second = positive_rate(per_second)
        self._sleep = sleep
        self._turn = threading.Lock()
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._paused_until = 0.0
        self._stated: tuple[float, float] = (math.inf, 0.0)

    def acquire(self, timeout: float | None) -> None:
        """Wait for a turn, at most ``timeout`` seconds.

        Raises errors.RateLimitTimeout, at once where it is already clear that the time is too
        short. One thread at a time asks for the next turn; the others queue behind it asleep.
        """
        ends_at = math.inf if timeout is None else time.monotonic() + timeout
        if not self._turn.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
            raise _timeout(timeout, None)
        try:
            while (wait := self._seconds_until_turn()) > 0:
                if time.monotonic() + wait > ends_at:
                    raise _timeout(timeout, wait)
                self._sleep(wait)
        finally:
            self._turn.release()

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn pauses and rates from an answer."""
        self._paused_until = max(self._paused_until, time.monotonic() + _pause(status, headers))
        stated = rate_limit_headers.stated_rate(headers)
        if stated is not None:
            self._stated = (stated, time.monotonic() + STATED_RATE_HOLDS)

    def _seconds_until_turn(self) -> float:
        """Take a turn and return 0, or return the seconds after which to ask again."""
        now = time.monotonic()
        if self._paused_until > now:
            return self._paused_until - now
        rate, until = self._stated
        return _take(self._window, min(self.per_second, rate if until > now else math.inf), "local")


class SharedRateLimiter(LocalRateLimiter):
    """At most ``per_second`` requests in any second, for all processes with this Redis and key.

    Pauses and stated rates reach all of them. ``key`` names the account, and must not be its API
    key. Where Redis cannot be reached, each process limits itself, tries Redis again after 5 s, and
    says so in the log once a minute; a request never fails because of it. Windows are measured by
    the clocks of the machines, which should agree to a fraction of a second. From 200 a second on
    turns are taken several at a time, so that a second may hold a few more than it should.
    """

    def __init__(
        self,
        redis_url: str,
        key: str,
        per_second: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(per_second, sleep=sleep)
        pool = redis.ConnectionPool.from_url(
            redis_url.replace("redis+unix://", "unix://", 1),
            socket_timeout=REDIS_TIMEOUT,
            socket_connect_timeout=REDIS_TIMEOUT,
            retry=Retry(NoBackoff(), 1),
        )
        self._redis = redis.Redis(connection_pool=pool)
        storage = RedisStorage("redis://", connection_pool=pool, key_prefix="simfleet-rate")
        self._shared_window = MovingWindowRateLimiter(storage)
        self._lengthen_pause = self._redis.register_script(LENGTHEN_PAUSE)
        self._key = key
        self._pause_key = f"simfleet-rate:{key}:pause"
        self._rate_key = f"simfleet-rate:{key}:stated"
        self._told: tuple[float, float] = (math.inf, 0.0)
        self._without_redis_until = 0.0
        self._warn_from = 0.0
        self._leased = 0
        self._lease_size = 1
        self._lease_ends = 0.0

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn pauses and rates from an answer, for all processes."""
        super().observe(status, headers)
        pause = math.ceil(1000 * _pause(status, headers))
        stated = rate_limit_headers.stated_rate(headers)
        told, told_at = self._told
        now = time.monotonic()
        news = stated is not None and (stated != told or now - told_at > STATED_RATE_REFRESH)
        if self._without_redis_until > now or not (pause or news):
            return
        try:
            if pause:
                self._lengthen_pause(keys=[self._pause_key], args=[pause])
            if stated is not None and news:
                self._redis.set(self._rate_key, stated, ex=int(STATED_RATE_HOLDS))
                self._told = (stated, now)
        except (redis.RedisError, OSError) as error:
            self._do_without_redis(error)

    def _seconds_until_turn(self) -> float:
        now = time.monotonic()
        if self._without_redis_until > now:
            return super()._seconds_until_turn()
        if self._leased and now < self._lease_ends and now >= self._paused_until:
            self._leased -= 1
            return 0.0
        try:
            with self._redis.pipeline(transaction=False) as ask:
                ask.pttl(self._pause_key)
                ask.get(self._rate_key)
                paused, stated = cast("tuple[int, bytes | None]", tuple(ask.execute()))
            if paused > 0:
                return paused / 1000
            rate = min(self.per_second, float(stated) if stated else math.inf)
            turns = self._turns_to_lease(rate, now)
            self._leased, self._lease_ends = 0, now + LEASE_SECONDS
            if turns > 1 and self._shared_window.hit(_window_of(rate), self._key, cost=turns):
                self._leased = turns - 1
                return 0.0
            return _take(self._shared_window, rate, self._key)
        except (redis.RedisError, OSError, ValueError) as error:
            self._do_without_redis(error)
            return super()._seconds_until_turn()

    def _turns_to_lease(self, rate: float, now: float) -> int:
        """Twice as many as last time where all of them were used in time, else what was used.

        Turns that nobody uses are lost for all processes.
        """
        in_time = not self._leased and now < self._lease_ends
        wanted = 2 * self._lease_size if in_time else self._lease_size - self._leased
        most = int(rate // 100) if rate >= LEASED_FROM else 1
        self._lease_size = max(1, min(most, wanted))
        return self._lease_size

    def _do_without_redis(self, error: Exception) -> None:
        now = time.monotonic()
        self._without_redis_until = now + REDIS_REST
        if now >= self._warn_from:
            self._warn_from = now + WARN_EVERY
            log.warning(
                "the shared rate limit cannot reach Redis (%s); each process keeps to %g requests "
                "a second by itself meanwhile",
                type(error).__name__,
                self.per_second,
            )


def positive_rate(per_second: float) -> float:
    """The rate as given; raises errors.InvalidArgument unless it is a number above 0."""
    if not (math.isfinite(per_second) and per_second > 0):
        raise errors.InvalidArgument("per_second", per_second, "a number above 0")
    return per_second


def _take(window: MovingWindowRateLimiter, rate: float, key: str) -> float:
    item = _window_of(rate)
    if window.hit(item, key):
        return 0.0
    return max(SHORTEST_WAIT, window.get_window_stats(item, key).reset_time - time.time())


def _window_of(rate: float) -> RateLimitItem:
    """The shortest window of whole seconds with a whole number of requests: 2.5 is 5 in 2 s."""
    fraction = Fraction(rate).limit_denominator(60) or Fraction(1, 60)
    return RateLimitItemPerSecond(fraction.numerator, fraction.denominator)


def _pause(status: int, headers: Mapping[str, str]) -> float:
    asked = rate_limit_headers.seconds_to_wait(headers)
    if status == 429:
        return min(LONGEST_PAUSE, PAUSE_UNSTATED if asked is None else asked)
    if rate_limit_headers.nothing_remains(headers):
        return min(LONGEST_PAUSE, rate_limit_headers.seconds_to_reset(headers) or 0.0)
    return 0.0


def _timeout(timeout: float | None, wait: float | None) -> errors.RateLimitTimeout:
    said = "" if wait is None else f" (the next is in {wait:.1f} s)"
    return errors.RateLimitTimeout(
        f"The rate limit left no turn within {timeout or 0:g} s{said}; nothing was sent.",
        retryable=True,
        retry_after=wait,
    )
