"""What people do with a confirmed operation: approve, pause, cancel, retry, undo."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role
from accounts.web.access import AccountRequest, account_view
from fleet.models import OperationState, TargetState
from fleet.operations.plan import NothingSelected, kind_of
from fleet.operations.retry import plan_retry
from fleet.operations.start import MayNotApprove, approve
from fleet.operations.stop import cancel, discard, go_on, pause
from fleet.operations.undo import CannotUndo, plan_undo
from fleet.web.operations.figures import ENDED
from fleet.web.operations.one_operation import (
    answer,
    go_to,
    heading_of,
    operation_of,
    record,
    start_soon,
)
from fleet.web.operations.selection import counted
from fleet.web.partials import wants_partial
from fleet.web.shell import in_section

# Steps that are asked about once more, in a dialog.
ASKED = ("cancel", "refuse")
LONGEST_REASON = 200


@in_section("operations")
@require_GET
@account_view(Role.OPERATOR)
def ask_step(request: AccountRequest, pk: int, step: str) -> HttpResponse:
    """Say what a step means before it is taken. Changes nothing."""
    if step not in ASKED:
        raise Http404(f"There is no step “{step}”")
    found = operation_of(request, pk)
    template = f"operations/{step}_dialog.html"
    context = {
        "operation": found,
        "kind": kind_of(found),
        "title": heading_of(found),
        "unsent": found.targets.filter(state=TargetState.QUEUED).count(),
    }
    if wants_partial(request):
        return render(request, template, context)
    return render(request, "operations/dialog_page.html", {**context, "dialog": template})


@require_POST
@account_view(Role.OPERATOR)
def approve_operation(request: AccountRequest, pk: int) -> HttpResponse:
    """Let an operation begin that waits for a second person."""
    found = operation_of(request, pk)
    try:
        approved = approve(found, request.user)
    except MayNotApprove as refused:
        raise PermissionDenied(str(refused)) from None
    if not approved:
        return answer(request, found, "This operation does not wait for approval.", "warning")
    record(request, "approved", found)
    if found.state == OperationState.SCHEDULED:
        return answer(request, found, f"Operation #{found.pk} is approved; it starts by itself.")
    start_soon(found)
    return answer(request, found, f"Operation #{found.pk} is approved and running.")


@require_POST
@account_view(Role.OPERATOR)
def refuse_operation(request: AccountRequest, pk: int) -> HttpResponse:
    """Have nothing come of an operation that waits for approval."""
    found = operation_of(request, pk)
    if found.state != OperationState.AWAITING_APPROVAL:
        return answer(request, found, "This operation does not wait for approval.", "warning")
    own = request.POST.get("reason", "").replace("\0", "").strip()[:LONGEST_REASON]
    reason = f"not approved by {request.user}" + (f": {own}" if own else "")
    if not discard(found, reason):
        return answer(request, found, "This operation has begun already.", "warning")
    record(request, "refused", found, reason=own)
    return answer(request, found, f"Operation #{found.pk} was refused; nothing was sent.")


@require_POST
@account_view(Role.OPERATOR)
def pause_operation(request: AccountRequest, pk: int) -> HttpResponse:
    """Send no more until somebody goes on."""
    found = operation_of(request, pk)
    if not pause(found, f"{request.user} paused it."):
        return answer(request, found, "This operation is not running.", "warning")
    record(request, "paused", found)
    return answer(request, found, "Paused. What was sent already is followed to its end.")


@require_POST
@account_view(Role.OPERATOR)
def go_on_operation(request: AccountRequest, pk: int) -> HttpResponse:
    """Send on."""
    found = operation_of(request, pk)
    if not go_on(found):
        return answer(request, found, "This operation is not paused.", "warning")
    record(request, "resumed", found)
    start_soon(found)
    return answer(request, found, f"Operation #{found.pk} goes on.")


@require_POST
@account_view(Role.OPERATOR)
def cancel_operation(request: AccountRequest, pk: int) -> HttpResponse:
    """Send no more of it at all."""
    found = operation_of(request, pk)
    spared = cancel(found)
    if spared is None:
        return answer(request, found, "This operation is not running.", "warning")
    record(request, "cancelled", found, spared=spared)
    start_soon(found)
    what = counted(spared, kind_of(found).noun)
    return answer(request, found, f"Cancelled: {what} not sent. What was sent is followed.")


@require_POST
@account_view(Role.OPERATOR)
def retry_operation(request: AccountRequest, pk: int) -> HttpResponse:
    """Plan the failures again; with `reason`, those of that cause only."""
    found = operation_of(request, pk)
    if found.state not in ENDED:
        return answer(request, found, "This operation has not ended yet.", "warning")
    reasons = request.POST.getlist("reason") or None
    try:
        again = plan_retry(found, request.user, reasons)
    except NothingSelected:
        return answer(request, found, "Nothing of this operation failed so.", "warning")
    record(request, "retried", found, by=again.pk, targets=again.target_count, reasons=reasons)
    return go_to(request, again)


@require_POST
@account_view(Role.OPERATOR)
def undo_operation(request: AccountRequest, pk: int) -> HttpResponse:
    """Plan to take it back."""
    found = operation_of(request, pk)
    try:
        undo = plan_undo(found, request.user)
    except CannotUndo as why:
        return answer(request, found, str(why), "warning")
    except NothingSelected:
        return answer(request, found, "Nothing of this operation can be taken back.", "warning")
    record(request, "undone", found, by=undo.pk, targets=undo.target_count)
    return go_to(request, undo)
