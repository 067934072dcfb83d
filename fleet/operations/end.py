"""Ends operations whose targets have all ended."""

from __future__ import annotations

import logging

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, TargetState
from fleet.models.operations import ACTIVE, OPEN
from fleet.operations.plan import kind_of, subject_column

logger = logging.getLogger(__name__)


def end_finished_operations(account: TelnyxAccount) -> int:
    """End the active operations that have no open target left; the number of them."""
    still_open = OperationTarget.objects.filter(operation=OuterRef("pk"), state__in=OPEN)
    finished = (
        Operation.objects.filter(account=account, state__in=ACTIVE)
        .filter(~Exists(still_open))
        .select_related("undoes")
        .annotate(
            completed=Count("targets", Q(targets__state=TargetState.COMPLETED)),
            failed=Count(
                "targets",
                Q(targets__state__in=[TargetState.FAILED, TargetState.INTERRUPTED]),
            ),
            skipped=Count("targets", Q(targets__state=TargetState.SKIPPED)),
        )
    )
    ended = 0
    for operation in finished:
        state = end_state(
            operation.completed,
            operation.failed,
            operation.skipped,
            cancelled=operation.cancelled_at is not None,
        )
        now = timezone.now()
        said = operation.stopped_reason
        if state == OperationState.CANCELLED and not said:
            said = "Nothing was sent: every target was skipped."
        ended += Operation.objects.filter(pk=operation.pk, state__in=ACTIVE).update(
            state=state,
            finished_at=now,
            progressed_at=now,
            open_count=0,
            skipped_count=operation.skipped,
            stopped_reason=said,
        )
        if operation.undoes is not None and _is_taken_back(operation.undoes):
            Operation.objects.filter(pk=operation.undoes.pk).update(
                state=OperationState.UNDONE, progressed_at=now
            )
        logger.info("operation %s of account %s: %s", operation.pk, account.pk, state)
    return ended


def _is_taken_back(operation: Operation) -> bool:
    """Whether all that it had done was undone, by one operation or, with retries, by several."""
    column = subject_column(kind_of(operation))
    undone = OperationTarget.objects.filter(
        operation__undoes=operation, state=TargetState.COMPLETED, **{column: OuterRef(column)}
    )
    return not operation.targets.filter(~Exists(undone), state=TargetState.COMPLETED).exists()


def end_state(completed: int, failed: int, skipped: int, *, cancelled: bool) -> OperationState:
    """What an operation has come to, by the number of its targets that came to each end.

    Where every target was skipped nothing got there, and nothing failed either: it counts as
    cancelled, which nobody takes for done.
    """
    if failed:
        return OperationState.PARTLY_FAILED if completed else OperationState.FAILED
    if cancelled or (skipped and not completed):
        return OperationState.CANCELLED
    return OperationState.SUCCEEDED
