"""What is done to single targets from more than one place. Conditional updates, whatever races."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from fleet.models import Operation, OperationTarget, TargetState
from fleet.models.operations import OPEN


def send_again(target: OperationTarget) -> bool:
    """Queue a target whose request was surely not applied; False where it has moved on."""
    return bool(
        OperationTarget.objects.filter(
            pk=target.pk, claimed_at=target.claimed_at, state=TargetState.UNKNOWN
        ).update(
            state=TargetState.QUEUED,
            reason="was not applied; is sent again",
            due_at=timezone.now(),
        )
    )


def finish(target_ids: int | Collection[int], state: TargetState, reason: str = "") -> int:
    """End targets; how many of them had not ended already."""
    ids = [target_ids] if isinstance(target_ids, int) else list(target_ids)
    if not ids:
        return 0
    return OperationTarget.objects.filter(pk__in=ids, state__in=OPEN).update(
        state=state, reason=reason, due_at=None, finished_at=timezone.now()
    )


def skip(target_ids: Collection[int], reason: str) -> int:
    """Send targets not at all; how many of them were still open."""
    return finish(target_ids, TargetState.SKIPPED, reason)


def look_later(target_ids: Collection[int], pause: timedelta) -> None:
    """Read these back again only after a pause."""
    OperationTarget.objects.filter(pk__in=list(target_ids), state__in=OPEN).update(
        due_at=timezone.now() + pause
    )


def touch(operation_ids: Iterable[int]) -> None:
    """Tell pages that targets of these operations changed, and how many are open now."""
    ids = set(operation_ids)
    if ids:
        still_open = (
            OperationTarget.objects.filter(operation=OuterRef("pk"), state__in=OPEN)
            .order_by()
            .values("operation")
            .annotate(count=Count("pk"))
            .values("count")
        )
        Operation.objects.filter(pk__in=ids).update(
            progressed_at=timezone.now(), open_count=Coalesce(Subquery(still_open), 0)
        )
