"""Sends what is queued: claim, commit, POST once, record the answer."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

from django.conf import settings

from accounts.models import TelnyxAccount
from fleet.operations import answers
from fleet.operations.answers import HOPELESS
from fleet.operations.catalog import KINDS
from fleet.operations.claim import Claim, claim
from fleet.operations.claim_groups import claim_group
from fleet.operations.kinds.voice import GroupVoice
from fleet.operations.targets import touch
from fleet.sync.connection import noting_connection
from telnyx_api import Client, errors

logger = logging.getLogger(__name__)

# Answers are recorded together when so many have come, or so many seconds after the first.
RECORDED_TOGETHER = 100
RECORDED_WITHIN = 0.1
# Waking up for each answer would take the interpreter from the threads that send.
LOOKED_EVERY = 0.01
# Pages learn of progress so often; counting what is open takes longer than recording an answer.
TOLD_EVERY = 0.5
# So many are claimed ahead at most: little enough for a small operation that comes in between,
# and for what a killed process leaves to be reconciled.
CLAIMED_AHEAD = 160
AHEAD_SECONDS = 0.4
# A claim costs the same for few as for many: few at a time would make a slow turn slower still.
AHEAD_AT_LEAST = 48
FIRST = 32
# Where no group waited to be sent as a whole, that is asked again after so long.
GROUPS_EVERY = 0.5

# Refused for who asks, or how often, whatever is asked.
OF_THE_CALLER = (errors.AuthenticationRefused, errors.PermissionRefused, errors.RateLimited)


class NotSent(Exception):
    """The turn came too late, or the API key was refused meanwhile; nothing was sent."""


@dataclass(frozen=True)
class Request:
    """One request to the API, with the targets that it is about."""

    kind: str
    items: Sequence[Claim]

    @property
    def is_bulk(self) -> bool:
        """Whether the API answers with a bulk action."""
        return len(self.items) > 1 or isinstance(KINDS[self.kind], GroupVoice)


@dataclass
class _Turn:
    """What a submitter has under way."""

    account: TelnyxAccount
    client: Client
    pool: ThreadPoolExecutor
    over: Callable[[], bool] | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    sent: dict[Future[Any], Request] = field(default_factory=dict)
    answered: SimpleQueue[Future[Any]] = field(default_factory=SimpleQueue)
    hopeless: errors.TelnyxError | None = None
    targets: int = 0
    changed: set[int] = field(default_factory=set)
    told_at: float = 0.0
    groups_after: float = 0.0
    begun_at: float = field(default_factory=time.monotonic)

    def claim(self, limit: int) -> list[Request]:
        """What to send next: up to `limit` targets, and one group."""
        requests = []
        for items in _alike(claim(self.account, limit, self.over)):
            requests += _requests(items)
        if time.monotonic() >= self.groups_after:
            if group := claim_group(self.account, self.over):
                requests.append(Request(group[0].kind, group))
            else:
                self.groups_after = time.monotonic() + GROUPS_EVERY
        return requests

    def begin(self, requests: Sequence[Request]) -> None:
        """Send, in the pool's threads."""
        for request in requests:
            self.targets += len(request.items)
            future = self.pool.submit(_send, self.client, request, self.stop)
            self.sent[future] = request
            future.add_done_callback(self.answered.put)

    def ahead(self, limit: int) -> int:
        """How many to have claimed: what it sends in AHEAD_SECONDS at the rate of this turn.

        Not more, so that the last ones are shared by all submitters.
        """
        rate = (self.targets - self.under_way) / max(0.1, time.monotonic() - self.begun_at)
        return min(limit, max(AHEAD_AT_LEAST, int(rate * AHEAD_SECONDS)))

    def tell(self) -> None:
        """Tell pages which operations got further."""
        touch(self.changed)
        self.changed, self.told_at = set(), time.monotonic()

    @property
    def under_way(self) -> int:
        """Requests that have not been answered."""
        return len(self.sent)


def _alike(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Claims of the same kind with the same inputs, together."""
    found: dict[tuple[str, str], list[Claim]] = {}
    for item in claims:
        key = item.kind, json.dumps(item.inputs, sort_keys=True)
        found.setdefault(key, []).append(item)
    return list(found.values())


def _requests(items: Sequence[Claim]) -> list[Request]:
    """For as many targets each as the API takes in one request.

    What seems to be moving goes alone: it is told to wait then. A request for many is accepted,
    and the action of that one fails.
    """
    kind = items[0].kind
    size = KINDS[kind].batch(items[0].inputs)
    together = [item for item in items if size == 1 or not item.moves]
    alone = [item for item in items if size > 1 and item.moves]
    return [
        *(Request(kind, together[i : i + size]) for i in range(0, len(together), size)),
        *(Request(kind, [item]) for item in alone),
    ]


def submit(
    account: TelnyxAccount, client: Client, limit: int, until: Callable[[], bool] | None = None
) -> int:
    """Claim and send queued targets; the number of those.

    `limit` is how many may be claimed at once. While `until` is false it goes on; without it, it
    claims once. Every answer is recorded. Then raises where it says that going on is of no use
    now: the key was refused, or no connection was made.
    """
    with ThreadPoolExecutor(settings.TELNYX_THREADS, thread_name_prefix="submit") as pool:
        turn = _Turn(account, client.within(settings.REQUEST_SECONDS), pool, until)
        first = turn.claim(min(limit, FIRST) if until else limit)
        if not first:
            return 0
        with noting_connection(account):
            turn.begin(first)
            try:
                while turn.sent:
                    _record_some(turn)
                    if until is None or turn.stop.is_set() or until():
                        continue
                    ahead = turn.ahead(limit)
                    if turn.under_way <= ahead // 2:
                        turn.begin(turn.claim(ahead))
            finally:
                turn.tell()
            if turn.hopeless:
                raise turn.hopeless
    return turn.targets


def claimed_at_once(account: TelnyxAccount) -> int:
    """How many targets a submitter claims at once: what it can send in a sixth of a second."""
    in_a_moment = account.requests_per_second // 6
    return max(2 * settings.TELNYX_THREADS, min(CLAIMED_AHEAD, in_a_moment))


def _record_some(turn: _Turn) -> None:
    """Wait for answers and record those that come close together."""
    answered = [turn.answered.get()]
    deadline = time.monotonic() + RECORDED_WITHIN
    enough = min(RECORDED_TOGETHER, len(turn.sent) // 2)
    while turn.answered.qsize() + 1 < enough and time.monotonic() < deadline:
        time.sleep(LOOKED_EVERY)
    while not turn.answered.empty():
        answered.append(turn.answered.get())
    _record(turn, {future: turn.sent.pop(future) for future in answered})


def _record(turn: _Turn, ended: dict[Future[Any], Request]) -> None:
    accepted: list[tuple[Claim, Any]] = []
    for future, request in ended.items():
        error = future.exception()
        if error is None:
            if request.is_bulk:
                answers.accept_bulk(request.items, future.result())
            else:
                accepted.append((request.items[0], future.result()))
        elif _one_may_have_spoiled(request, error):
            turn.targets -= len(request.items)
            turn.begin([Request(request.kind, [item]) for item in request.items])
        else:
            for item in request.items:
                _decide(item, error)
        if isinstance(error, HOPELESS):
            turn.hopeless = error
            turn.stop.set()
    answers.accept(accepted)
    turn.changed |= {item.operation_id for request in ended.values() for item in request.items}
    if time.monotonic() - turn.told_at > TOLD_EVERY:
        turn.tell()


def _one_may_have_spoiled(request: Request, error: BaseException) -> bool:
    """Whether a request for many was refused, perhaps for one of them; the answer names none."""
    if len(request.items) == 1 or isinstance(KINDS[request.kind], GroupVoice):
        return False
    if not isinstance(error, errors.TelnyxError) or isinstance(error, OF_THE_CALLER):
        return False
    return error.status in range(400, 500) and not error.maybe_applied


def _decide(item: Claim, error: BaseException) -> None:
    if isinstance(error, NotSent):
        answers.put_back(item, "waits for its turn", seconds=0)
    elif isinstance(error, errors.TelnyxError):
        answers.decide(item, error)
    else:
        # A fault of ours after the claim: whether anything was sent is not known.
        answers.unknown(item, f"An error of Simfleet's own: {type(error).__name__}.")
        logger.error("submit of target %s failed", item.target_id, exc_info=error)


def _send(client: Client, request: Request, stop: threading.Event) -> Any:
    first = request.items[0]
    if stop.is_set() or time.monotonic() > first.send_before:
        raise NotSent
    kind = KINDS[request.kind]
    try:
        if isinstance(kind, GroupVoice):
            assert first.group_remote_id is not None
            return kind.send_group(client, first.group_remote_id)
        if len(request.items) > 1:
            ids = [item.remote_id for item in request.items]
            return kind.send_batch(client, ids, first.inputs)
        return kind.send(client, first.remote_id, first.inputs)
    except HOPELESS:
        stop.set()
        raise
