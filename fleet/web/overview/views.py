"""The first page: how the fleet is, and what needs a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, F, FloatField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Role
from accounts.web.access import AccountRequest, account_view
from fleet.models import (
    Event,
    Group,
    Operation,
    OperationState,
    OperationTarget,
    TargetState,
)
from fleet.models.operations import ACTIVE
from fleet.models.sim_cards import status_label
from fleet.web.operations.views import add_to_list
from fleet.web.partials import render_page
from fleet.web.shell import in_section
from fleet.web.sim_cards.facets import counts_of

NEAR_LIMIT = 0.8
MOST_WAITING = 8
# Older failures are history.
FAILURES_OF = timedelta(days=7)


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
    waiting = _waiting(request)
    for operation in [*operations, *waiting]:
        operation.account = account
    add_to_list(request, operations)
    add_to_list(request, waiting)
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
        "waiting": waiting,
        "events": Event.objects.filter(account=account)
        .select_related("sim_card", "operation", "person")
        .order_by("-at", "-pk")[:10],
    }
    for event in context["events"]:
        if event.sim_card:
            event.sim_card.account = account
    return render_page(request, "overview/page.html", context, "overview")


def _waiting(request: AccountRequest) -> list[Operation]:
    """What a person has to look at: approvals, pauses, unknown outcomes, failures of late.

    A failure that somebody retried or undid has been looked at.
    """
    answered = Operation.objects.exclude(state=OperationState.CANCELLED)
    unknown = OperationTarget.objects.filter(operation=OuterRef("pk"), state=TargetState.UNKNOWN)
    failed = OperationTarget.objects.filter(
        operation=OuterRef("pk"), state__in=[TargetState.FAILED, TargetState.INTERRUPTED]
    )
    ended_badly = Q(
        state__in=[OperationState.FAILED, OperationState.PARTLY_FAILED],
        finished_at__gte=timezone.now() - FAILURES_OF,
    )
    found = (
        Operation.objects.filter(account=request.account)
        .filter(Q(state__in=[OperationState.AWAITING_APPROVAL, *ACTIVE]) | ended_badly)
        .annotate(unknown_count=_number_of(unknown), failed_count=_number_of(failed))
        .filter(
            Q(state__in=[OperationState.AWAITING_APPROVAL, OperationState.PAUSED])
            | Q(unknown_count__gt=0)
            | ended_badly
        )
        .exclude(ended_badly & Exists(answered.filter(retries=OuterRef("pk"))))
        .exclude(ended_badly & Exists(answered.filter(undoes=OuterRef("pk"))))
        .select_related("requested_by")
        .order_by("-created_at")
    )
    return list(found[:MOST_WAITING])


def _number_of(targets: QuerySet[OperationTarget]) -> Coalesce:
    counted = targets.order_by().values("operation").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


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
