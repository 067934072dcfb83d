"""The list of operations, and the page of each."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts.models import Person, Role
from accounts.web.access import AccountRequest, account_view
from fleet.models import Operation, OperationState
from fleet.operations.catalog import KINDS
from fleet.operations.start import is_own
from fleet.web.keyset import page_of
from fleet.web.operations.figures import PAGE_SIZE, page_context
from fleet.web.operations.one_operation import heading_of, operation_of
from fleet.web.partials import render_page
from fleet.web.shell import add_progress, in_section


@in_section("operations")
@require_GET
@account_view(Role.MANAGER)
def operations(request: AccountRequest) -> HttpResponse:
    """The list, newest first; by state, kind and person."""
    rows = Operation.objects.filter(account=request.account).select_related("requested_by")
    state, kind, by = (request.GET.get(name, "") for name in ("state", "kind", "by"))
    if state in OperationState.values:
        rows = rows.filter(state=state)
    if kind in KINDS:
        rows = rows.filter(kind=kind)
    if by.isdecimal() and len(by) < 19:
        rows = rows.filter(requested_by=int(by))
    page = page_of(request, rows, "created_at", descending=True, size=PAGE_SIZE)
    for operation in page.rows:
        operation.account = request.account
    add_to_list(request, page.rows)
    of_account = Operation.objects.filter(account=request.account)
    context: dict[str, Any] = {
        "page": page,
        "state": state,
        "states": OperationState.choices,
        "kind": kind,
        "kinds": KINDS.values(),
        "by": by,
        "people": Person.objects.filter(pk__in=of_account.values("requested_by")).order_by("email"),
        "is_filtered": bool(state or kind or by),
    }
    return render_page(request, "operations/list.html", context, "list")


def add_to_list(request: AccountRequest, found: list[Operation]) -> None:
    """Give operations what a list shows of them: entry, title, progress, whether they wait."""
    add_progress(found)
    for operation in found:
        operation.entry = KINDS[operation.kind]  # type: ignore[attr-defined]
        operation.title = heading_of(operation)  # type: ignore[attr-defined]
        operation.waits_for_you = (  # type: ignore[attr-defined]
            operation.state == OperationState.AWAITING_APPROVAL
            and not is_own(operation, request.user)
            and request.role >= operation.entry.role  # type: ignore[attr-defined]
        )


@in_section("operations")
@require_GET
@account_view(Role.MANAGER)
def operation(request: AccountRequest, pk: int) -> HttpResponse:
    """The plan before it starts, the run after."""
    context = page_context(request, operation_of(request, pk))
    return render_page(request, "operations/detail.html", context, "live")
