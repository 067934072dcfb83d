"""What the sync did, and the button that starts it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST
from kombu.exceptions import OperationalError

from accounts.models import AuditEntry, Role
from accounts.web.access import AccountRequest, account_view, client_address
from fleet.models import SyncRun, SyncState
from fleet.sync.connection import REFUSED
from fleet.tasks import sync_account
from fleet.web.partials import look_again, render_page, toast, wants_partial
from fleet.web.shell import in_section

SHOWN = 50


@in_section("sync_runs")
@require_GET
@account_view(Role.MANAGER)
def sync_runs(request: AccountRequest) -> HttpResponse:
    """The last sweeps, with live progress."""
    runs = (
        SyncRun.objects.filter(account=request.account)
        .select_related("requested_by")
        .order_by("-started_at")[:SHOWN]
    )
    return render_page(request, "sync_runs/list.html", {"runs": runs, "shown": SHOWN}, "list")


@require_POST
@account_view(Role.OPERATOR)
def start_sync(request: AccountRequest) -> HttpResponse:
    """Enqueue a sync of the account now."""
    account = request.account
    running = SyncRun.objects.filter(account=account, state=SyncState.RUNNING).exists()
    text, level = "Syncing started.", "success"
    if not account.may_call:
        text, level = account.connection_detail or REFUSED, "danger"
    elif running:
        text, level = "A sync is running already.", "info"
    else:
        try:
            sync_account.apply_async([account.pk, request.user.pk], expires=300)
            AuditEntry.objects.record(
                "sync.started",
                person=request.user,
                account=account,
                address=client_address(request),
            )
        except OperationalError:
            text = "The task queue cannot be reached; the sync starts by schedule once it can."
            level = "danger"
    if not wants_partial(request):
        return redirect("sync_runs", account.slug)
    return look_again(toast(HttpResponse(status=204), text, level))
