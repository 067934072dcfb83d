"""What every page and step of one operation needs: finding it, recording, answering."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event
from kombu.exceptions import OperationalError

from accounts.models import AuditEntry
from accounts.web.access import AccountRequest, client_address
from fleet.models import Operation
from fleet.operations.plan import kind_of
from fleet.tasks import resume_operations
from fleet.web.partials import look_again, toast, wants_partial

logger = logging.getLogger(__name__)
_LEVELS = {"success": messages.SUCCESS, "info": messages.INFO, "warning": messages.WARNING}


def operation_of(request: AccountRequest, pk: int) -> Operation:
    """The account's operation with this number. Raises Http404."""
    rows = Operation.objects.select_related("requested_by", "approved_by")
    found = get_object_or_404(rows, account=request.account, pk=pk)
    found.account = request.account
    return found


def heading_of(operation: Operation) -> str:
    """What it does, with its inputs, such as "Add tags: depot, north"."""
    said = kind_of(operation).summary(operation.inputs)
    label = label_of(operation)
    return f"{label}: {said}" if said else label


def label_of(operation: Operation) -> str:
    """The same without the inputs."""
    label = kind_of(operation).label
    return f"{label} of #{operation.undoes_id}" if operation.undoes_id else label


def record(request: AccountRequest, action: str, operation: Operation, **detail: Any) -> None:
    """Add an entry to the audit trail."""
    AuditEntry.objects.record(
        f"operation.{action}",
        person=request.user,
        account=request.account,
        subject=str(operation),
        detail=detail,
        address=client_address(request),
    )


def start_soon(operation: Operation) -> None:
    """Have a worker look for what is due. Only a hint: beat finds it in the database, too."""
    try:
        resume_operations.apply_async(expires=10)
    except OperationalError:
        logger.warning("The broker is away; operation %s starts with the next tick.", operation.pk)


def answer(
    request: AccountRequest, operation: Operation, text: str, level: str = "success"
) -> HttpResponse:
    """Say what became of a step. The poller has the page show it; a plan's page comes anew."""
    if not wants_partial(request) or request.POST.get("from") == "page":
        messages.add_message(request, _LEVELS[level], text)
        return go_to(request, operation)
    response = toast(HttpResponse(status=204), text, level)
    trigger_client_event(response, "closeDialog", {})
    return look_again(response)


def go_to(request: AccountRequest, operation: Operation) -> HttpResponse:
    """To the page of an operation."""
    if wants_partial(request):
        return HttpResponseClientRedirect(operation.get_absolute_url())
    return redirect(operation)
