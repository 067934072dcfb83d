"""Every Celery task: each loads its row, calls one function, returns."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from accounts.models import TelnyxAccount
from fleet.history.partitions import drop_old_months, make_months
from fleet.models import Resource
from fleet.operations.resume import accounts_with_work, submit_due, submitters, track_due
from fleet.sync.budget import forget_old_counts
from fleet.sync.refresh import refresh_group
from fleet.sync.runs import drop_kept_ids, forget_old_errors
from fleet.sync.schedule import due_accounts, sweep_all, sweep_due, sweep_one


@shared_task(name="fleet.resume_operations")
def resume_operations() -> None:
    """Enqueue what the database says is due."""
    for account in accounts_with_work():
        # Where the key is refused nothing is sent, but what was cancelled still ends.
        for number in range(submitters(account) if account.may_call else 0):
            submit_operations.apply_async([account.pk, number], expires=10)
        track_operations.apply_async([account.pk], expires=10)


@shared_task(name="fleet.submit_operations")
def submit_operations(account_id: int, number: int = 0) -> None:
    """Send an account's queued targets; several processes may, each with a number."""
    if account := TelnyxAccount.objects.filter(pk=account_id).first():
        submit_due(account, number)


@shared_task(name="fleet.track_operations")
def track_operations(account_id: int) -> None:
    """Follow an account's actions in progress."""
    if account := TelnyxAccount.objects.filter(pk=account_id).first():
        track_due(account)


@shared_task(name="fleet.start_due_syncs")
def start_due_syncs() -> None:
    """Enqueue the sweeps that are due."""
    for account_id in due_accounts():
        sync_due.apply_async([account_id], expires=60)


@shared_task(name="fleet.sync_due")
def sync_due(account_id: int) -> None:
    """Sweep what is due of an account."""
    if account := TelnyxAccount.objects.filter(pk=account_id).first():
        sweep_due(account)


@shared_task(name="fleet.sync_account")
def sync_account(account_id: int, person_id: int | None = None) -> None:
    """Sweep all resources of an account."""
    if account := TelnyxAccount.objects.filter(pk=account_id).first():
        sweep_all(account, person_id)


@shared_task(name="fleet.sync_resource")
def sync_resource(account_id: int, resource: str, person_id: int | None = None) -> None:
    """Sweep one resource of an account."""
    if account := TelnyxAccount.objects.filter(pk=account_id).first():
        sweep_one(account, Resource(resource), person_id)


@shared_task(name="fleet.sync_group")
def sync_group(account_id: int, group_remote_id: str, person_id: int | None = None) -> None:
    """Read a group and its SIM cards."""
    if account := TelnyxAccount.objects.filter(pk=account_id).first():
        refresh_group(account, UUID(group_remote_id), person_id)


@shared_task(name="fleet.keep_history")
def keep_history() -> None:
    """Make the months to come; drop what is older than is to be kept."""
    make_months()
    drop_old_months()
    drop_kept_ids()
    forget_old_errors()
    forget_old_counts()
