"""When each resource of an account is swept: more often where something moves, slower elsewhere."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Connection, TelnyxAccount
from fleet.models import (
    OperationTarget,
    Resource,
    SimCard,
    SyncRun,
    SyncSchedule,
    SyncState,
)
from fleet.models.operations import OPEN
from fleet.sync.advisory_locks import held_lock
from fleet.sync.budget import calls_this_hour, next_hour
from fleet.sync.engine import DATABASE_LOST, start_run, sweep
from fleet.sync.registry import SYNCS
from fleet.sync.runs import reap_dead_runs

logger = logging.getLogger(__name__)

# Times the account's own period. What people and networks change is read most often.
RATES = {
    Resource.SIM_CARDS: 1.0,
    Resource.GROUPS: 1.0,
    Resource.SIM_CARD_ACTIONS: 1.0,
    Resource.GROUP_ACTIONS: 1.0,
    Resource.DETAILS: 1.0,
    Resource.BULK_ACTIONS: 2.0,
    Resource.OTA_UPDATES: 2.0,
    Resource.GATEWAYS: 3.0,
    Resource.NOTIFICATIONS: 3.0,
    Resource.ORDERS: 6.0,
    Resource.BLOCKLISTS: 6.0,
    Resource.ADDRESSES: 12.0,
    Resource.BILLING_GROUPS: 12.0,
    Resource.VOICE_CONNECTIONS: 12.0,
    Resource.REGIONS: 288.0,
    Resource.BLOCKLIST_VALUES: 288.0,
}
# Where actions are in progress, and what they change.
MOVED_BY_ACTIONS = {Resource.SIM_CARDS, Resource.SIM_CARD_ACTIONS, Resource.GROUP_ACTIONS}
BUSY = 0.4
# Each run without news makes the next pause longer, up to so many times the period.
SLOWER = 1.5
SLOWEST = 4.0
# A sweep that takes long runs at most a third of the time.
REST = 2.0
# And takes at most this share of the hour's API calls, however many pages it has.
SHARE_OF_BUDGET = 0.5
# So many processes sweep for one account: a long list does not hold up the short ones.
SWEEPERS = 2
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
# The circuit breaker: so many failures in a row, of whatever resource, and nothing is swept for a
# while; then one sweep tries whether the API is back.
FAILURES_TO_OPEN = 3
LONGEST_OPEN = timedelta(minutes=15)


@dataclass(frozen=True)
class Pause:
    """How long a resource rests, and why, in words."""

    length: timedelta
    reason: str


def due_accounts() -> list[int]:
    """Ids of the accounts of which a resource is due.

    An account whose key is refused is left alone until the key is changed.
    """
    due = []
    for account in TelnyxAccount.objects.all():
        reap_dead_runs(account)
        if due_resources(account):
            due.append(account.pk)
    return due


def resources_of(account: TelnyxAccount) -> list[Resource]:
    """Everything that is swept, parents first."""
    details = [Resource.DETAILS] if account.details_per_hour else []
    return [*map(Resource, SYNCS), *details]


def may_sweep(account: TelnyxAccount, now: datetime) -> bool:
    """False while the key is refused, the circuit is open, or the hour's calls are used up."""
    if not account.may_call or (account.paused_until and account.paused_until > now):
        return False
    return calls_this_hour(account) < account.calls_per_hour


def due_resources(account: TelnyxAccount, now: datetime | None = None) -> list[Resource]:
    """What is to be swept now, parents first."""
    now = now or timezone.now()
    if not may_sweep(account, now):
        return []
    later = set(
        SyncSchedule.objects.filter(account=account, due_at__gt=now).values_list(
            "resource", flat=True
        )
    )
    if account.connection == Connection.UNCHECKED:
        # A new key or URL is tried at once.
        later = set()
    running = set(
        SyncRun.objects.filter(
            account=account, state=SyncState.RUNNING, group_remote_id=None
        ).values_list("resource", flat=True)
    )
    due = [name for name in resources_of(account) if name not in later | running]
    # While the circuit is half open, one sweep is enough to see whether the API is back.
    return due[:1] if account.failures_in_a_row >= FAILURES_TO_OPEN else due


def sweep_due(account: TelnyxAccount) -> list[SyncRun]:
    """Sweep what is due; stops where the account cannot be asked.

    Nothing where enough other processes do so.
    """
    for number in range(SWEEPERS):
        with held_lock("sweep_due", account.pk, number) as held:
            if held:
                return _sweep_due(account)
    return []


def _sweep_due(account: TelnyxAccount) -> list[SyncRun]:
    runs = []
    done: set[Resource] = set()
    # Looked up anew each time: another process may have swept what was due a moment ago.
    while due := [resource for resource in due_resources(account) if resource not in done]:
        done.add(due[0])
        if run := sweep_one(account, due[0]):
            runs.append(run)
    return runs


def sweep_all(account: TelnyxAccount, person_id: int | None = None) -> list[SyncRun]:
    """Sweep every list, parents first; stops where the account cannot be asked."""
    runs = []
    for resource in map(Resource, SYNCS):
        if run := sweep_one(account, resource, person_id):
            runs.append(run)
        if not account.may_call:
            break
    return runs


def sweep_one(
    account: TelnyxAccount, resource: Resource, person_id: int | None = None
) -> SyncRun | None:
    """Sweep one resource and set when it is due again; None where it is being swept."""
    run = start_run(account, resource, person_id)
    if run is None:
        return None
    begun = timezone.now()
    try:
        sweep(run)
    except DATABASE_LOST:
        raise
    except Exception:
        # The run says so, too. What is due besides is read all the same.
        logger.exception("sync %s of account %s ended in an error", resource, account.pk)
    account.refresh_from_db()
    note_outcome(account, run, begun)
    return run


def note_outcome(
    account: TelnyxAccount, run: SyncRun, begun: datetime | None = None
) -> SyncSchedule:
    """Set when the resource is due again, and open or close the circuit.

    `begun`: when this process began; a resumed run was started earlier.
    """
    schedule, _ = SyncSchedule.objects.get_or_create(account=account, resource=run.resource)
    now = timezone.now()
    if run.state == SyncState.COMPLETE:
        schedule.failures = 0
        took = (run.finished_at or now) - (begun or run.started_at)
        pause = _pause_after_success(account, run, took, schedule.pause_seconds)
    else:
        schedule.failures += 1
        pause = _pause_after_failure(account, run, schedule.failures, now)
    _move_circuit(account, run, now)
    schedule.pause_seconds, schedule.reason = pause.length.total_seconds(), pause.reason
    schedule.due_at = now + pause.length
    schedule.save()
    return schedule


def period_of(account: TelnyxAccount, resource: str) -> timedelta:
    """How often a resource is swept where nothing says otherwise; once a day at least."""
    minutes = account.sync_every_minutes * RATES[Resource(resource)]
    return min(timedelta(minutes=minutes), timedelta(days=1))


def _pause_after_success(
    account: TelnyxAccount, run: SyncRun, took: timedelta, last_seconds: float
) -> Pause:
    period = period_of(account, run.resource)
    if run.resource in MOVED_BY_ACTIONS and _actions_in_progress(account):
        pause = Pause(period * BUSY, "actions are in progress")
    elif run.new or run.changed or run.removed:
        pause = Pause(period, "something changed")
    else:
        slower = timedelta(seconds=last_seconds) * SLOWER
        pause = Pause(min(max(period, slower), period * SLOWEST), "nothing changed")
    if took * REST > pause.length:
        pause = Pause(took * REST, "a sweep takes long")
    within_share = timedelta(hours=run.api_calls / (account.calls_per_hour * SHARE_OF_BUDGET))
    if within_share > pause.length:
        pause = Pause(within_share, "a sweep takes many of the hour's API calls")
    return pause


def _pause_after_failure(
    account: TelnyxAccount, run: SyncRun, failures: int, now: datetime
) -> Pause:
    if calls_this_hour(account) >= account.calls_per_hour:
        return Pause(next_hour(now) - now, "the hour's API calls are used up")
    retry = min(FIRST_RETRY * 2 ** min(failures - 1, 20), LONGEST_RETRY)
    return Pause(retry, f"{failures} failure{'s' if failures > 1 else ''} in a row")


def _move_circuit(account: TelnyxAccount, run: SyncRun, now: datetime) -> None:
    if account.connection == Connection.UNREACHABLE and run.state != SyncState.COMPLETE:
        account.failures_in_a_row += 1
        beyond = account.failures_in_a_row - FAILURES_TO_OPEN
        if beyond >= 0:
            account.paused_until = now + min(FIRST_RETRY * 2 ** min(beyond, 20), LONGEST_OPEN)
    elif run.state == SyncState.COMPLETE:
        account.failures_in_a_row, account.paused_until = 0, None
    TelnyxAccount.objects.filter(pk=account.pk).update(
        failures_in_a_row=account.failures_in_a_row, paused_until=account.paused_until
    )


def _actions_in_progress(account: TelnyxAccount) -> bool:
    targets = OperationTarget.objects.filter(operation__account=account, state__in=OPEN)
    if targets.exclude(operation__state="planned").exists():
        return True
    moving = SimCard.objects.filter(account=account, removed_at=None, actions_in_progress=True)
    return moving.exists()
