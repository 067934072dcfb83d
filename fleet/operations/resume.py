"""Finds in the database what is due, and carries it on. The rows are the queue."""

from __future__ import annotations

import time

from django.conf import settings

from accounts.models import TelnyxAccount
from fleet.models import OperationState
from fleet.operations.claim import reap_lapsed_claims
from fleet.operations.submit import submit
from fleet.operations.track import track
from fleet.operations.verify import end_finished_operations, verify
from fleet.sync.advisory_locks import held_lock
from fleet.sync.connection import AccountUnusable, client_for
from fleet.sync.fleet_counts import refresh_fleet_counts
from telnyx_api import errors

# A submitter gives its worker back after so long; the next tick carries on.
TURN_SECONDS = 20.0


def accounts_with_work() -> list[int]:
    """Ids of the accounts with running operations whose API may be asked."""
    accounts = TelnyxAccount.objects.filter(operations__state=OperationState.RUNNING).distinct()
    return [account.pk for account in accounts if account.may_call]


def submit_due(account: TelnyxAccount) -> int:
    """Send what is queued, for at most TURN_SECONDS; the number of requests. One at a time."""
    sent = 0
    with held_lock("submit", account.pk) as held:
        if not held:
            return 0
        try:
            with client_for(account) as client:
                until = time.monotonic() + TURN_SECONDS
                while time.monotonic() < until:
                    now_sent = submit(account, client, settings.TELNYX_THREADS * 5)
                    sent += now_sent
                    if not now_sent:
                        break
        except (AccountUnusable, errors.TelnyxError):
            # The targets say what happened to each; the account says why it cannot go on.
            return sent
    return sent


def track_due(account: TelnyxAccount) -> None:
    """Follow, reconcile, verify and end what is under way. One at a time."""
    with held_lock("track", account.pk) as held:
        if not held:
            return
        reap_lapsed_claims(account)
        try:
            with client_for(account) as client:
                track(account, client)
                verify(account, client)
        except (AccountUnusable, errors.TelnyxError):
            # The API cannot be asked now; the account says why, the next tick tries again.
            pass
        if end_finished_operations(account):
            refresh_fleet_counts(account)
