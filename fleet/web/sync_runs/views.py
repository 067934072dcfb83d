"""What the sync did and does next, what it may ask of the API, and the buttons that start it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from kombu.exceptions import OperationalError

from accounts.models import AuditEntry, Role, TelnyxAccount
from accounts.web.access import AccountRequest, account_view, client_address
from fleet.models import Group, Resource, SyncRun, SyncSchedule, SyncState
from fleet.sync.budget import calls_this_hour, next_hour
from fleet.sync.connection import REFUSED
from fleet.sync.registry import SYNCS
from fleet.sync.schedule import period_of, resources_of
from fleet.tasks import sync_account, sync_group, sync_resource
from fleet.web.partials import look_again, render_page, toast, wants_partial
from fleet.web.shell import in_section

SHOWN = 50
# Behind by more than so many periods, a resource is shown as late.
LATE = 6


# One look into the index for each resource, however many runs there were.
_LAST = """
SELECT run.* FROM unnest(%s::text[]) resource (name) CROSS JOIN LATERAL (
    SELECT * FROM fleet_syncrun r
    WHERE r.account_id = %s AND r.resource = resource.name AND r.state = 'complete'
      AND r.group_remote_id IS NULL
    ORDER BY r.started_at DESC LIMIT 1
) run
"""


@dataclass
class ResourceRow:
    """A resource with its last complete run, the one that runs now, and when it is due."""

    resource: Resource
    last: SyncRun | None
    running: SyncRun | None
    schedule: SyncSchedule | None
    period: timedelta

    @property
    def there(self) -> int | None:
        """How many the API has; None where that was not counted."""
        if self.last is None or self.resource == Resource.DETAILS:
            return None
        # Of a journal mostly the newest pages are read.
        return self.last.expected if SYNCS[self.resource].is_journal else self.last.seen

    @property
    def is_late(self) -> bool:
        """Whether what is stored is much older than it should be."""
        if self.last is None:
            return False
        return timezone.now() - self.last.started_at > self.period * LATE


@in_section("sync_runs")
@require_GET
@account_view(Role.MANAGER)
def sync_runs(request: AccountRequest) -> HttpResponse:
    """Every resource with its freshness and next turn, the hour's calls, the last sweeps."""
    account = request.account
    runs = list(
        SyncRun.objects.filter(account=account)
        .select_related("requested_by")
        .order_by("-started_at")[:SHOWN]
    )
    _name_groups(account, runs)
    context = {
        "runs": runs,
        "shown": SHOWN,
        "resources": resource_rows(account),
        "budget": _budget(account),
        "paused_until": account.paused_until if _is_paused(account) else None,
    }
    return render_page(request, "sync_runs/list.html", context, "list")


def resource_rows(account: TelnyxAccount) -> list[ResourceRow]:
    """Every resource that is synced, in three queries."""
    of_account = SyncRun.objects.filter(account=account, group_remote_id=None)
    last = {run.resource: run for run in SyncRun.objects.raw(_LAST, [list(Resource), account.pk])}
    running = {run.resource: run for run in of_account.filter(state=SyncState.RUNNING)}
    schedules = {s.resource: s for s in SyncSchedule.objects.filter(account=account)}
    return [
        ResourceRow(
            name, last.get(name), running.get(name), schedules.get(name), period_of(account, name)
        )
        for name in resources_of(account)
    ]


def _is_paused(account: TelnyxAccount) -> bool:
    return account.paused_until is not None and account.paused_until > timezone.now()


def _budget(account: TelnyxAccount) -> dict[str, Any]:
    used = calls_this_hour(account)
    allowed = account.calls_per_hour
    anew: datetime = next_hour()
    return {
        "used": used,
        "allowed": allowed,
        "percent": min(100, round(100 * used / allowed)),
        "is_used_up": used >= allowed,
        "anew": anew,
    }


def _name_groups(account: TelnyxAccount, runs: list[SyncRun]) -> None:
    """Give runs of one group its name; one query, and none where there are no such runs."""
    ids = {run.group_remote_id for run in runs if run.group_remote_id}
    groups = Group.objects.filter(account=account, remote_id__in=ids) if ids else ()
    names = {group.remote_id: group.name for group in groups}
    for run in runs:
        run.group_name = names.get(run.group_remote_id, "")  # type: ignore[attr-defined]


@require_POST
@account_view(Role.OPERATOR)
def start_sync(request: AccountRequest) -> HttpResponse:
    """Enqueue a sync of the account now, or of the one `resource` that is given."""
    account, resource = request.account, request.POST.get("resource", "")
    if resource and resource not in resources_of(account):
        return _answer(request, f"There is nothing called “{resource}” to sync.", "danger")
    running = SyncRun.objects.filter(account=account, state=SyncState.RUNNING, group_remote_id=None)
    if resource:
        running = running.filter(resource=resource)
    if account.may_call and running.exists():
        return _answer(request, "A sync is running already.", "info")
    what = Resource(resource).label if resource else ""
    if resource:
        return _start(request, sync_resource, [account.pk, resource, request.user.pk], what)
    return _start(request, sync_account, [account.pk, request.user.pk], what)


@require_POST
@account_view(Role.OPERATOR)
def start_group_sync(request: AccountRequest, remote_id: UUID) -> HttpResponse:
    """Enqueue the reading of one group and its SIM cards."""
    group = get_object_or_404(Group, account=request.account, remote_id=remote_id)
    arguments = [request.account.pk, str(remote_id), request.user.pk]
    return _start(request, sync_group, arguments, f"group {group.name}")


def _start(request: AccountRequest, task: Any, arguments: list[Any], what: str) -> HttpResponse:
    account = request.account
    if not account.may_call:
        return _answer(request, account.connection_detail or REFUSED, "danger")
    try:
        task.apply_async(arguments, expires=300)
    except OperationalError:
        text = "The task queue cannot be reached; the sync starts by schedule once it can."
        return _answer(request, text, "danger")
    AuditEntry.objects.record(
        "sync.started",
        person=request.user,
        account=account,
        address=client_address(request),
        subject=what,
    )
    return _answer(request, f"Syncing started: {what}." if what else "Syncing started.", "success")


def _answer(request: AccountRequest, text: str, level: str) -> HttpResponse:
    if not wants_partial(request):
        return redirect("sync_runs", request.account.slug)
    return look_again(toast(HttpResponse(status=204), text, level))
