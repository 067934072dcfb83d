"""Which sweeps are due."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.models import Connection, TelnyxAccount
from fleet.models import Resource, SyncRun, SyncState
from fleet.sync.engine import reap_dead_runs, start_run, sweep
from fleet.sync.registry import SYNCS


def due_accounts() -> list[int]:
    """Ids of the accounts whose last sweep began longer ago than their schedule says.

    An account whose key is refused is left alone until the key is changed.
    """
    due = []
    for account in TelnyxAccount.objects.all():
        reap_dead_runs(account)
        if not account.may_call:
            continue
        last = (
            SyncRun.objects.filter(account=account, resource=Resource.SIM_CARDS)
            .order_by("-started_at")
            .first()
        )
        period = timedelta(minutes=account.sync_every_minutes)
        if last is None or account.connection == Connection.UNCHECKED:
            # A new key or URL is tried at once.
            due.append(account.pk)
        elif last.state != SyncState.RUNNING and last.started_at < timezone.now() - period:
            due.append(account.pk)
    return due


def sweep_all(account: TelnyxAccount, person_id: int | None = None) -> list[SyncRun]:
    """Sweep every resource, parents first; stops where the account cannot be asked."""
    runs = []
    for resource in map(Resource, SYNCS):
        run = start_run(account, resource, person_id)
        if run is None:
            continue
        runs.append(sweep(run))
        account.refresh_from_db()
        if not account.may_call:
            break
    return runs
