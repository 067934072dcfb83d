"""What is done to single targets from more than one place. Conditional updates, whatever races."""

from __future__ import annotations

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


def finish(target_id: int, state: TargetState, reason: str = "") -> bool:
    """End a target; False where it had ended already."""
    return bool(
        OperationTarget.objects.filter(pk=target_id, state__in=OPEN).update(
            state=state, reason=reason, due_at=None, finished_at=timezone.now()
        )
    )


def touch(operation_ids: set[int]) -> None:
    """Tell pages that targets of these operations changed."""
    if operation_ids:
        Operation.objects.filter(pk__in=operation_ids).update(progressed_at=timezone.now())
