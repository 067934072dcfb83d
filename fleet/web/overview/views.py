"""The first page: how the fleet is, and what needs a person."""

from __future__ import annotations

from typing import Any

from django.db.models import F, FloatField, QuerySet
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts.models import Role
from accounts.web.access import AccountRequest, account_view
from fleet.models import Event, Group, Operation, OperationState
from fleet.models.sim_cards import status_label
from fleet.operations.catalog import KINDS
from fleet.web.partials import render_page
from fleet.web.shell import add_progress, in_section
from fleet.web.sim_cards.facets import counts_of

NEAR_LIMIT = 0.8


@in_section("overview")
@require_GET
@account_view(Role.MANAGER)
def overview(request: AccountRequest) -> HttpResponse:
    """The fleet by status, groups near their limit, operations, recent events."""
    account = request.account
    counts = counts_of(account)
    total = counts.total
    operations = list(
        Operation.objects.filter(account=account)
        .exclude(state__in=[OperationState.CANCELLED, OperationState.PLANNED])
        .select_related("requested_by")
        .order_by("-created_at")[:6]
    )
    for operation in operations:
        operation.account = account
        operation.entry = KINDS[operation.kind]  # type: ignore[attr-defined]
    add_progress(operations)
    context: dict[str, Any] = {
        "total": total,
        "counted_at": counts.counted_at,
        "statuses": [
            {
                "status": status,
                "label": status_label(status),
                "count": count,
                "percent": 100 * count / total if total else 0,
            }
            for status, count in counts.by_status.items()
        ],
        "near_limit": _near_limit(request),
        "operations": operations,
        "events": Event.objects.filter(account=account)
        .select_related("sim_card", "operation")
        .order_by("-at", "-pk")[:10],
    }
    for event in context["events"]:
        if event.sim_card:
            event.sim_card.account = account
    return render_page(request, "overview/page.html", context, "overview")


def _near_limit(request: AccountRequest) -> QuerySet[Group]:
    groups = (
        Group.objects.filter(account=request.account, removed_at=None, data_limit_mb__gt=0)
        .annotate(share=Cast(F("consumed_mb") / F("data_limit_mb"), FloatField()))
        .filter(share__gte=NEAR_LIMIT)
        .order_by("-share")[:8]
    )
    for group in groups:
        group.account = request.account
    return groups
