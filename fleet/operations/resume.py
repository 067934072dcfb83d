"""Finds in the database what is due, and carries it on. The rows are the queue."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import OperationTarget, TargetState
from fleet.models.operations import ACTIVE
from fleet.operations.answers import reap_lapsed_claims
from fleet.operations.end import end_finished_operations
from fleet.operations.start import start_due
from fleet.operations.stop import (
    judge_canaries,
    pause_after_window,
    spare_what_is_cancelled,
)
from fleet.operations.submit import claimed_at_once, submit
from fleet.operations.track import OF_ALL, Tracked, track
from fleet.operations.verify import verify
from fleet.sync.advisory_locks import held_lock
from fleet.sync.connection import AccountUnusable, client_for, noting_connection
from fleet.sync.fleet_counts import refresh_fleet_counts
from telnyx_api import Client, errors

# A submitter gives its worker back after so long; the next tick carries on.
TURN_SECONDS = 10.0
# One process sends several hundred requests a second; an account that allows more gets more.
SENT_BY_ONE = 300
# Following actions takes at most this share of an account's requests, and is never put off longer.
TRACKING_SHARE = 0.2
LONGEST_PAUSE = 10.0
SOON = timedelta(seconds=1)
MOST_SUBMITTERS = 4


def accounts_with_work() -> list[TelnyxAccount]:
    """The accounts with active operations. Starts what is due."""
    start_due()
    pause_after_window()
    return list(TelnyxAccount.objects.filter(operations__state__in=ACTIVE).distinct())


def submitters(account: TelnyxAccount) -> int:
    """How many processes may send for an account at once."""
    return min(MOST_SUBMITTERS, 1 + account.requests_per_second // SENT_BY_ONE)


def submit_due(account: TelnyxAccount, number: int = 0) -> int:
    """Send what is queued, for at most TURN_SECONDS; the number of targets.

    One process at a time for each number.
    """
    sent = 0
    with held_lock("submit", account.pk, number) as held:
        if not held:
            return 0
        try:
            with client_for(account) as client:
                until = time.monotonic() + TURN_SECONDS

                def over() -> bool:
                    return time.monotonic() > until

                while not over():
                    now_sent = submit(account, client, claimed_at_once(account), over)
                    sent += now_sent
                    if not now_sent:
                        break
        except (AccountUnusable, errors.TelnyxError):
            # The targets say what happened to each; the account says why it cannot go on.
            pass
    if sent:
        _look_soon(account)
    return sent


def _look_soon(account: TelnyxAccount) -> None:
    """What was sent just now is not followed as rarely as what was sent long ago."""
    soon = timezone.now() + SOON
    TelnyxAccount.objects.filter(pk=account.pk, track_after__gt=soon).update(track_after=soon)


def _ask(account: TelnyxAccount) -> None:
    """One pass, and when the next one is due."""
    tracked = Tracked()
    try:
        with client_for(account) as client:
            _track_and_verify(account, client, tracked)
    except (AccountUnusable, errors.TelnyxError):
        # The API cannot be asked now; the account says why, the next tick tries again.
        pass
    pause = _pause(account, tracked.api_calls)
    TelnyxAccount.objects.filter(pk=account.pk).update(track_after=timezone.now() + pause)


def _track_and_verify(account: TelnyxAccount, client: Client, tracked: Tracked) -> None:
    """A list of actions that cannot be read does not keep what completed from being verified."""
    try:
        track(account, client, tracked)
    except OF_ALL:
        raise
    except errors.TelnyxError as error:
        verify(account, client)
        # It is what the account should say, also where verifying went well.
        with noting_connection(account):
            raise error
    else:
        verify(account, client)


def _pause(account: TelnyxAccount, api_calls: int) -> timedelta:
    """How long the next pass can wait.

    Passes take no more than a share of the rate limit, and what was sent a while ago, and is still
    in progress, need not be looked at as often as what was sent just now.
    """
    cost = api_calls / (account.requests_per_second * TRACKING_SHARE) if api_calls > 1 else 0.0
    youngest = OperationTarget.objects.filter(
        operation__account=account, state=TargetState.IN_PROGRESS, acted_at=None
    ).aggregate(at=Max("submitted_at"))["at"]
    age = (timezone.now() - youngest).total_seconds() if youngest else 0.0
    return timedelta(seconds=min(LONGEST_PAUSE, max(cost, age / 10)))


def track_due(account: TelnyxAccount) -> None:
    """Follow, reconcile, verify and end what is under way. One at a time."""
    with held_lock("track", account.pk) as held:
        if not held:
            return
        reap_lapsed_claims(account)
        if account.track_after is None or account.track_after <= timezone.now():
            _ask(account)
        spare_what_is_cancelled(account)
        judge_canaries(account)
        if end_finished_operations(account):
            refresh_fleet_counts(account)
