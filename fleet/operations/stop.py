"""Discarding, cancelling, pausing and going on; pausing by itself after bad canaries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, TargetState
from fleet.models.operations import ACTIVE, NOT_STARTED, UNDER_WAY
from fleet.operations.targets import touch

FAILED = (TargetState.FAILED, TargetState.INTERRUPTED)
WINDOW_ENDED = "Its window has ended."


def discard(operation: Operation, reason: str = "the plan was discarded") -> bool:
    """Give up an operation of which nothing was sent; False where it has started or ended."""
    now = timezone.now()
    with transaction.atomic():
        discarded = Operation.objects.filter(pk=operation.pk, state__in=NOT_STARTED).update(
            state=OperationState.CANCELLED,
            finished_at=now,
            progressed_at=now,
            cancelled_at=now,
            stopped_reason=reason,
        )
        if discarded:
            OperationTarget.objects.filter(operation=operation, state=TargetState.QUEUED).update(
                state=TargetState.SKIPPED, reason=reason, finished_at=now
            )
            touch([operation.pk])
    operation.refresh_from_db()
    return bool(discarded)


def cancel(operation: Operation) -> int | None:
    """Send no more of an operation; how many targets that spares, or None where it is not running.

    What was sent is followed to its end. A target that a submitter claims at this moment is
    either spared or sent, never both: both are conditional updates of its row.
    """
    now = timezone.now()
    with transaction.atomic():
        active = Operation.objects.filter(
            pk=operation.pk, state__in=ACTIVE, cancelled_at=None
        ).update(
            state=OperationState.RUNNING,
            cancelled_at=now,
            progressed_at=now,
            canary_until=None,
            stopped_reason="It was cancelled.",
        )
        spared = 0
        if active:
            spared = OperationTarget.objects.filter(
                operation=operation, state=TargetState.QUEUED
            ).update(
                state=TargetState.SKIPPED,
                reason="cancelled before it was sent",
                due_at=None,
                finished_at=now,
            )
            Operation.objects.filter(pk=operation.pk).update(
                skipped_count=F("skipped_count") + spared
            )
            touch([operation.pk])
    operation.refresh_from_db()
    return spared if active else None


def spare_what_is_cancelled(account: TelnyxAccount) -> int:
    """Skip what waits to be sent again of cancelled operations; how many targets that spares.

    A request that was under way when somebody cancelled, and that was not applied, comes back to
    the queue after the others were spared.
    """
    return OperationTarget.objects.filter(
        operation__account=account,
        operation__state__in=ACTIVE,
        operation__cancelled_at__isnull=False,
        state=TargetState.QUEUED,
    ).update(
        state=TargetState.SKIPPED,
        reason="cancelled before it was sent",
        due_at=None,
        finished_at=timezone.now(),
    )


def pause(operation: Operation, reason: str, **changes: Any) -> bool:
    """Send no more until somebody goes on; False where it does not run."""
    paused = Operation.objects.filter(
        pk=operation.pk, state=OperationState.RUNNING, cancelled_at=None
    ).update(
        state=OperationState.PAUSED,
        stopped_reason=reason,
        progressed_at=timezone.now(),
        **changes,
    )
    operation.refresh_from_db()
    return bool(paused)


def go_on(operation: Operation) -> bool:
    """Send on; False where it is not paused.

    A window that is over no longer bounds it. Canaries that have not been judged still go first.
    """
    now = timezone.now()
    resumed = Operation.objects.filter(pk=operation.pk, state=OperationState.PAUSED).update(
        state=OperationState.RUNNING,
        stopped_reason="",
        ends_at=Case(When(ends_at__gt=now, then=F("ends_at")), default=None),
        progressed_at=now,
    )
    operation.refresh_from_db()
    return bool(resumed)


def pause_after_window(now: datetime | None = None) -> int:
    """Pause the running operations whose window has ended with targets unsent."""
    now = now or timezone.now()
    unsent = OperationTarget.objects.filter(operation=OuterRef("pk"), state=TargetState.QUEUED)
    return Operation.objects.filter(
        Exists(unsent), state=OperationState.RUNNING, ends_at__lte=now
    ).update(state=OperationState.PAUSED, stopped_reason=WINDOW_ENDED, progressed_at=now)


def judge_canaries(account: TelnyxAccount) -> None:
    """Let operations go on whose canaries have all ended, or pause where too many failed."""
    waiting = Operation.objects.filter(
        account=account, state=OperationState.RUNNING, canary_until__isnull=False
    )
    for operation in waiting:
        first = Q(state=TargetState.QUEUED, id__lte=operation.canary_until)
        if not operation.targets.filter(first | Q(state__in=UNDER_WAY)).exists():
            _judge(operation)


def _judge(operation: Operation) -> None:
    # Groups are sent whole, so that more than the canaries may have gone.
    sent = operation.targets.exclude(state__in=[TargetState.QUEUED, TargetState.SKIPPED]).count()
    failed = operation.targets.filter(state__in=FAILED).count()
    wanted = operation.canary_count or 0
    most = operation.canary_failures_percent or 0
    queued = operation.targets.filter(state=TargetState.QUEUED).order_by("id")
    # Those that were skipped prove nothing: others go in their place.
    others = list(queued.values_list("id", flat=True)[: max(0, wanted - sent)])
    if failed * 100 > (max(sent, wanted) if others else sent) * most:
        pause(
            operation,
            f"{failed} of the first {sent} failed, which is more than {most} %. "
            "Go on with all, or cancel the rest.",
            # They are judged, and whoever goes on goes on with all.
            canary_until=None,
        )
    else:
        Operation.objects.filter(pk=operation.pk, canary_until=operation.canary_until).update(
            canary_until=others[-1] if others else None, progressed_at=timezone.now()
        )
