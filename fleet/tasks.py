"""Every Celery task: each loads its row, calls one function, returns."""

from __future__ import annotations

from celery import shared_task

from accounts.models import TelnyxAccount
from fleet.operations.resume import accounts_with_work, submit_due, track_due
from fleet.sync.schedule import due_accounts, sweep_all


@shared_task(name="fleet.resume_operations")
def resume_operations() -> None:
    """Enqueue what the database says is due."""
    for account_id in accounts_with_work():
        submit_operations.apply_async([account_id], expires=10)
        track_operations.apply_async([account_id], expires=10)


@shared_task(name="fleet.submit_operations")
def submit_operations(account_id: int) -> None:
    """Send an account's queued targets."""
    if account := TelnyxAccount.objects.filter(pk=account_id).first():
        submit_due(account)


@shared_task(name="fleet.track_operations")
def track_operations(account_id: int) -> None:
    """Follow an account's actions in progress."""
    if account := TelnyxAccount.objects.filter(pk=account_id).first():
        track_due(account)


@shared_task(name="fleet.start_due_syncs")
def start_due_syncs() -> None:
    """Enqueue the sweeps that are due."""
    for account_id in due_accounts():
        sync_account.apply_async([account_id], expires=60)


@shared_task(name="fleet.sync_account")
def sync_account(account_id: int, person_id: int | None = None) -> None:
    """Sweep all resources of an account."""
    if account := TelnyxAccount.objects.filter(pk=account_id).first():
        sweep_all(account, person_id)
