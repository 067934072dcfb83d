"""Sends what is queued: claim, commit, POST once, record the answer."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from django.conf import settings

from accounts.models import TelnyxAccount
from fleet.operations.answers import HOPELESS, accept, decide, put_back, unknown
from fleet.operations.catalog import KINDS
from fleet.operations.claim import Claim, claim
from fleet.operations.targets import touch
from fleet.sync.connection import noting_connection
from telnyx_api import Client, errors

logger = logging.getLogger(__name__)


class NotSent(Exception):
    """The turn came too late, or the API key was refused meanwhile; nothing was sent."""


def submit(account: TelnyxAccount, client: Client, limit: int) -> int:
    """Claim and send up to `limit` targets; the number of those.

    Every answer is recorded. Then raises where it says that going on is of no use now: the key
    was refused, or no connection was made.
    """
    claims = claim(account, limit)
    if not claims:
        return 0
    with noting_connection(account):
        hopeless = _send_all(claims, client.within(settings.REQUEST_SECONDS))
        if hopeless:
            raise hopeless
    return len(claims)


def _send_all(claims: list[Claim], client: Client) -> errors.TelnyxError | None:
    """Send in a few threads and record each answer; what makes going on useless, or None."""
    hopeless: errors.TelnyxError | None = None
    stop = threading.Event()
    with ThreadPoolExecutor(settings.TELNYX_THREADS, thread_name_prefix="submit") as pool:
        sent = {pool.submit(_send, client, item, stop): item for item in claims}
        for future in as_completed(sent):
            item = sent[future]
            error = future.exception()
            if error is None:
                accept(item, future.result())
            elif isinstance(error, NotSent):
                put_back(item, "waits for its turn", seconds=0)
            elif isinstance(error, errors.TelnyxError):
                decide(item, error)
                if isinstance(error, HOPELESS):
                    hopeless = error
                    stop.set()
            else:
                # A fault of ours after the claim: whether anything was sent is not known.
                unknown(item, f"An error of Simfleet's own: {type(error).__name__}.")
                logger.error("submit of target %s failed", item.target_id, exc_info=error)
    touch({item.operation_id for item in claims})
    return hopeless


def _send(client: Client, item: Claim, stop: threading.Event) -> Any:
    if stop.is_set() or time.monotonic() > item.send_before:
        raise NotSent
    try:
        return KINDS[item.kind].send(client, item.sim_card_id)
    except HOPELESS:
        stop.set()
        raise
