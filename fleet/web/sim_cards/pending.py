"""What operations are doing to the SIM cards, or the groups, of a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils import timezone

from fleet.models import OperationState, OperationTarget, TargetState
from fleet.models.operations import ACTIVE, OPEN
from fleet.operations.plan import kind_of_target

# A failure stays beside the row this long.
SHOWN_FOR = timedelta(hours=24)
# Of several, what is under way is shown before what waits, and that before what has ended.
_FIRST = Case(
    When(Q(state__in=OPEN, operation__state__in=ACTIVE), then=Value(0)),
    When(state__in=OPEN, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


def add_pending(rows: Sequence[Any], column: str = "sim_card") -> None:
    """Give each row `pending`: its open target, or its last one if that failed lately.

    One query for all. `column` says what the rows are to a target: "sim_card" or "group".
    """
    latest: dict[int, Any] = {}
    targets = (
        OperationTarget.objects.filter(**{f"{column}__in": [row.pk for row in rows]})
        .exclude(state=TargetState.SKIPPED)
        .exclude(operation__state=OperationState.PLANNED)
        .select_related("operation")
        .annotate(turn=_FIRST)
        .order_by(f"{column}_id", "turn", "-pk")
        .distinct(f"{column}_id")
    )
    oldest = timezone.now() - SHOWN_FOR
    target: Any
    for target in targets:
        failed = target.state in (TargetState.FAILED, TargetState.INTERRUPTED)
        recent = target.finished_at is not None and target.finished_at > oldest
        if target.state in OPEN or (failed and recent):
            latest[getattr(target, f"{column}_id")] = target
            target.is_open = target.state in OPEN
            target.entry = kind_of_target(target)[0]
            target.waits = _waits(target)
    for row in rows:
        row.pending = latest.get(row.pk)


def _waits(target: OperationTarget) -> str:
    """What holds a queued target up, in words; "" where nothing does."""
    operation = target.operation
    if target.state != TargetState.QUEUED or operation.state == OperationState.RUNNING:
        return ""
    return operation.get_state_display().lower()
