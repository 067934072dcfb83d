"""A request and what surrounds it: rate limit, another attempt where that is safe, deadline.

What may be sent again (our choice, because the API documents no idempotency key):

* a read: after a failed connection, a lost or unreadable answer, 429, and 500, 502, 503, 504;
* a write: only when nothing was sent, or on 429. A kept-alive connection that the server closed
  just then counts as a lost answer;
* what spends money or takes things into possession (``once``): never.
"""

import logging
import time
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    stop_never,
    wait_random_exponential,
)

from telnyx_api import errors
from telnyx_api.rate_limit import LONGEST_PAUSE, RateLimiter
from telnyx_api.session import JSON, Answer, TelnyxSession
from telnyx_api.unset import UNSET, Unset

log = logging.getLogger(__name__)

BACKOFF = wait_random_exponential(multiplier=0.5, max=8)
SPREAD = wait_random_exponential(multiplier=0.1, max=0.5)
SENT_AGAIN = (
    errors.ConnectionNotMade,
    errors.AnswerLost,
    errors.AnswerUnreadable,
    errors.RateLimited,
    errors.ServerFailure,
)
SHORTEST_TRY = 0.01

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """What is sent. It has no repr of its fields, because some are secret."""

    method: str
    path: str
    params: Sequence[tuple[str, str]]
    body: Any | Unset
    accept: str
    undecoded: bool
    hidden: Sequence[str]


class Sender:
    """Sends the requests of one account. Threads may share it.

    ``attempts`` counts the first one. ``deadline`` is in seconds for a request in all, waiting for
    the rate limit and between attempts included; None for no end. ``undecoded``: records of lists
    are left as bytes.
    """

    def __init__(
        self,
        session: TelnyxSession,
        base_url: str,
        *,
        limiter: RateLimiter | None,
        attempts: int,
        deadline: float | None,
        sleep: Callable[[float], None] = time.sleep,
        undecoded: bool = False,
    ) -> None:
        self.session = session
        self.base_url = base_url
        self.limiter = limiter
        self.attempts = attempts
        self.deadline = deadline
        self.sleep = sleep
        self.undecoded = undecoded

    def within(self, seconds: float | None) -> "Sender":
        """The same connections and limits with another deadline."""
        sender = copy(self)
        sender.deadline = seconds
        return sender

    def leaving_records(self) -> "Sender":
        """The same for lists whose records are left undecoded."""
        sender = copy(self)
        sender.undecoded = True
        return sender

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: Any | Unset = UNSET,
        accept: str = JSON,
        undecoded: bool = False,
        once: bool = False,
        hidden: Sequence[str] = (),
    ) -> Answer:
        """Send, and send again where that is safe; raises what the last attempt met with.

        ``once``: whatever happens, one attempt. ``undecoded``: the records of a list are left as
        bytes. ``hidden``: values that no error may show.
        """
        request = Request(method, path, params, body, accept, undecoded, hidden)
        return self.repeat(lambda ends_at: self._attempt(request, ends_at), once=once)

    def repeat(self, attempt: Callable[[float | None], Result], *, once: bool = False) -> Result:
        """What ``attempt`` returns, tried again where that is safe.

        It is given the end of the time allowed, on the monotonic clock, and raises
        errors.TelnyxError.
        """
        ends_at = None if self.deadline is None else time.monotonic() + self.deadline
        enough = stop_never if self.deadline is None else stop_before_delay(self.deadline)
        retrying = Retrying(
            retry=retry_if_exception(_is_safe_to_repeat),
            stop=stop_after_attempt(1 if once else self.attempts) | enough,
            wait=_wait,
            sleep=self.sleep,
            before_sleep=_log_repeat,
            reraise=True,
        )
        try:
            return retrying(attempt, ends_at)
        except errors.TelnyxError as error:
            if once:
                # Whoever calls must not repeat it on the word of the error either.
                error.retryable = False
            raise

    def _attempt(self, request: Request, ends_at: float | None) -> Answer:
        left = self.take_turn(request.method, request.path, ends_at)
        outcome = self.session.exchange(
            request.method,
            self.base_url,
            request.path,
            params=request.params,
            body=request.body,
            seconds=left,
            observe=None if self.limiter is None else self.limiter.observe,
            accept=request.accept,
            undecoded=request.undecoded,
            hidden=request.hidden,
        )
        if isinstance(outcome, errors.TelnyxError):
            raise outcome
        return outcome

    def take_turn(self, method: str, path: str, ends_at: float | None) -> float | None:
        """Wait for the rate limit; the seconds left, or errors.DeadlinePassed."""
        if self.limiter is not None:
            self.limiter.acquire(None if ends_at is None else max(0.0, ends_at - time.monotonic()))
        left = None if ends_at is None else ends_at - time.monotonic()
        if left is not None and left < SHORTEST_TRY:
            raise errors.DeadlinePassed(
                f"{method} {path}: the {self.deadline:g} s allowed were over; nothing was sent.",
                retryable=True,
                method=method,
                path=path,
            )
        return left


def _is_safe_to_repeat(error: BaseException) -> bool:
    return isinstance(error, SENT_AGAIN) and error.retryable


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "retry_after", None)
    if asked is None:
        return float(BACKOFF(state))
    return float(min(LONGEST_PAUSE, asked + SPREAD(state)))


def _log_repeat(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("attempt %d failed, next in %.1f s: %s", state.attempt_number, _rest(state), error)


def _rest(state: RetryCallState) -> float:
    return state.next_action.sleep if state.next_action else 0.0
