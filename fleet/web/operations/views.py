"""Planning, starting and watching operations."""

from __future__ import annotations

import logging
from typing import Any

from django.db.models import Count
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event
from kombu.exceptions import OperationalError

from accounts.models import AuditEntry, Role
from accounts.web.access import AccountRequest, account_view, client_address
from fleet.models import Operation, OperationState, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.plan import NothingSelected, confirm, discard, kind_of, plan, skipped
from fleet.tasks import resume_operations
from fleet.web.keyset import page_of
from fleet.web.partials import look_again, render_page, toast, wants_partial
from fleet.web.shell import add_progress, in_section
from fleet.web.sim_cards.views import selected_rows

logger = logging.getLogger(__name__)
PAGE_SIZE = 50


@in_section("operations")
@require_GET
@account_view(Role.MANAGER)
def operations(request: AccountRequest) -> HttpResponse:
    """The list, newest first."""
    rows = Operation.objects.filter(account=request.account).select_related("requested_by")
    state = request.GET.get("state", "")
    if state in OperationState.values:
        rows = rows.filter(state=state)
    page = page_of(request, rows, "created_at", descending=True, size=PAGE_SIZE)
    for operation in page.rows:
        operation.account = request.account
        operation.entry = KINDS[operation.kind]  # type: ignore[attr-defined]
    add_progress(page.rows)
    context = {"page": page, "state": state, "states": OperationState.choices}
    return render_page(request, "operations/list.html", context, "list")


@in_section("sim_cards")
@require_POST
@account_view(Role.OPERATOR)
def plan_operation(request: AccountRequest) -> HttpResponse:
    """Freeze the selection and show what would happen."""
    kind = KINDS.get(request.POST.get("kind", ""))
    if kind is None:
        known = ", ".join(KINDS)
        return HttpResponseBadRequest(
            f"kind is “{request.POST.get('kind', '')}”: give one of {known}."
        )
    rows, selection = selected_rows(request)
    try:
        operation = plan(request.account, kind, rows, request.user, selection)
    except NothingSelected:
        if not wants_partial(request):
            return redirect("sim_cards", request.account.slug)
        return toast(HttpResponse(status=204), "No SIM card is selected.", "warning")
    AuditEntry.objects.record(
        "operation.planned",
        person=request.user,
        account=request.account,
        subject=str(operation),
        detail={"targets": operation.target_count, "selection": selection},
        address=client_address(request),
    )
    if not wants_partial(request):
        return redirect(operation)
    return render(request, "operations/plan_dialog.html", _plan_context(operation))


def _plan_context(operation: Operation) -> dict[str, Any]:
    return {"operation": operation, "kind": kind_of(operation), "skips": skipped(operation)}


@in_section("operations")
@require_GET
@account_view(Role.MANAGER)
def operation(request: AccountRequest, pk: int) -> HttpResponse:
    """The plan before it starts, the run after."""
    found = _operation(request, pk)
    return render_page(request, "operations/detail.html", _run_context(request, found), "live")


def _operation(request: AccountRequest, pk: int) -> Operation:
    found = get_object_or_404(
        Operation.objects.select_related("requested_by"), account=request.account, pk=pk
    )
    found.account = request.account
    return found


def _run_context(request: AccountRequest, found: Operation) -> dict[str, Any]:
    add_progress([found])
    states = dict(found.targets.values_list("state").annotate(Count("pk")).order_by())
    causes = (
        found.targets.filter(
            state__in=[TargetState.FAILED, TargetState.INTERRUPTED, TargetState.UNKNOWN]
        )
        .values("state", "reason")
        .annotate(count=Count("pk"))
        .order_by("-count", "reason")[:20]
    )
    targets = found.targets.select_related("sim_card")
    shown = request.GET.get("state", "")
    if shown in TargetState.values:
        targets = targets.filter(state=shown)
    page = page_of(request, targets, "id", descending=False, size=PAGE_SIZE)
    for target in page.rows:
        target.sim_card.account = request.account
    return {
        **_plan_context(found),
        "counts": [
            {"state": state, "label": label, "count": states[state]}
            for state, label in TargetState.choices
            if states.get(state)
        ],
        "causes": [{**cause, "label": TargetState(cause["state"]).label} for cause in causes],
        "page": page,
        "shown": shown,
    }


@require_POST
@account_view(Role.OPERATOR)
def confirm_operation(request: AccountRequest, pk: int) -> HttpResponse:
    """Start a plan."""
    found = _operation(request, pk)
    if found.state == OperationState.PLANNED and not found.eligible_count:
        return _after(request, found, "No SIM card of this plan is eligible.", "warning")
    if not confirm(found):
        return _after(
            request, found, f"This operation is {found.get_state_display().lower()} already.",
            "warning",
        )  # fmt: skip
    AuditEntry.objects.record(
        "operation.started",
        person=request.user,
        account=request.account,
        subject=str(found),
        detail={"targets": found.eligible_count},
        address=client_address(request),
    )
    try:
        resume_operations.apply_async(expires=10)
    except OperationalError:
        # Only a hint: beat finds the running operation in the database.
        logger.warning("The broker is away; operation %s starts with the next tick.", found.pk)
    return _after(request, found, f"{kind_of(found).label}: operation #{found.pk} is running.")


@require_POST
@account_view(Role.OPERATOR)
def discard_operation(request: AccountRequest, pk: int) -> HttpResponse:
    """Give up a plan."""
    found = _operation(request, pk)
    if not discard(found):
        return _after(request, found, "This operation has started already.", "warning")
    return _after(request, found, "The plan was discarded; nothing was sent.")


def _after(
    request: AccountRequest, found: Operation, text: str, level: str = "success"
) -> HttpResponse:
    if not wants_partial(request):
        return redirect(found)
    if request.POST.get("from") == "page":
        return HttpResponseClientRedirect(found.get_absolute_url())
    response = toast(HttpResponse(status=204), text, level)
    trigger_client_event(response, "closeDialog", {})
    return look_again(response)
