"""What a plan and a run show of an operation: figures, causes, progress, links."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone

from accounts.web.access import AccountRequest
from fleet.models import Operation, OperationState, OperationTarget, TargetState
from fleet.models.operations import OPEN
from fleet.operations.kinds.shown import shown
from fleet.operations.plan import bystander_groups, duration, kind_of, kind_of_target, skipped
from fleet.operations.start import approval_reason, is_own
from fleet.operations.undo import may_undo
from fleet.web.keyset import KeysetPage, page_of
from fleet.web.operations.forms import TermsForm, terms_of
from fleet.web.operations.one_operation import heading_of, label_of
from fleet.web.shell import add_progress

PAGE_SIZE = 50
MOST_CAUSES = 20
BYSTANDERS = "bystander"
FAILED = (TargetState.FAILED, TargetState.INTERRUPTED)
ENDED = (
    OperationState.SUCCEEDED,
    OperationState.PARTLY_FAILED,
    OperationState.FAILED,
    OperationState.CANCELLED,
    OperationState.UNDONE,
)
_MINUTE = timedelta(minutes=1)


def plan_context(operation: Operation, form: TermsForm | None = None) -> dict[str, Any]:
    """What a plan would do, before anything is sent."""
    kind = kind_of(operation)
    skips = skipped(operation)
    context = {
        "operation": operation,
        "kind": kind,
        "title": heading_of(operation),
        "label": label_of(operation),
        # "Enable 3 SIM cards", but "Add tags: 3 SIM cards".
        "button": kind.label if kind.label in ("Enable", "Disable", "Delete") else f"{kind.label}:",
        "summary": kind.summary(operation.inputs),
        "skips": skips[:MOST_CAUSES],
        "more_skips": len(skips) - MOST_CAUSES,
        "duration": duration(operation),
        "approval": approval_reason(operation) if operation.eligible_count else "",
        "form": form or TermsForm(),
    }
    if operation.bystander_count:
        groups = bystander_groups(operation)
        context["bystander_groups"] = groups
        context["without_bystanders"] = _without_bystanders(operation)
    return context


def _without_bystanders(operation: Operation) -> int:
    """How many targets are left where the groups that hold bystanders are skipped."""
    queued = operation.targets.filter(state=TargetState.QUEUED)
    mixed = queued.filter(bystander=True).values("sim_card__group_remote_id")
    return (
        queued.filter(bystander=False).exclude(sim_card__group_remote_id__in=mixed.distinct())
    ).count()


def chosen_targets(operation: Operation, state: str) -> QuerySet[OperationTarget]:
    """The targets in a state, the bystanders, or all of them."""
    targets = operation.targets.all()
    if state in TargetState.values:
        return targets.filter(state=state)
    return targets.filter(bystander=True) if state == BYSTANDERS else targets


def page_context(request: AccountRequest, operation: Operation) -> dict[str, Any]:
    """The page of an operation: the plan before it starts, the run after."""
    state = request.GET.get("state", "")
    states = dict(operation.targets.values_list("state").annotate(Count("pk")).order_by())
    # All figures of the page are of one moment: this one, not that of the last count.
    operation.open_count = sum(states.get(each, 0) for each in OPEN)
    add_progress([operation])
    return {
        **(plan_context(operation) if operation.may_start else _run_context(operation, states)),
        "counts": _counts(operation, states),
        "page": _targets(request, operation, state),
        "shown": state,
        "shown_label": dict(_labels(operation)).get(state, ""),
        "is_own": is_own(operation, request.user),
        "retried_by": operation.retried_by.order_by("pk"),
        "undone_by": operation.undone_by.order_by("pk"),
    }


def _labels(operation: Operation) -> list[tuple[str, str]]:
    labels = [(str(value), str(label)) for value, label in TargetState.choices]
    if operation.state == OperationState.PLANNED:
        labels = [(v, "Eligible" if v == TargetState.QUEUED else text) for v, text in labels]
    return [*labels, (BYSTANDERS, "Bystanders")]


def _counts(operation: Operation, states: dict[str, int]) -> list[dict[str, Any]]:
    numbers = {**states, BYSTANDERS: operation.bystander_count}
    return [
        {"state": state, "label": label, "count": numbers[state]}
        for state, label in _labels(operation)
        if numbers.get(state)
    ]


def _targets(
    request: AccountRequest, operation: Operation, state: str
) -> KeysetPage[OperationTarget]:
    targets = (
        chosen_targets(operation, state)
        .select_related("sim_card", "group")
        .defer("sim_card__raw", "sim_card__digest", "group__raw", "group__digest")
    )
    page = page_of(request, targets, "id", descending=False, size=PAGE_SIZE)
    for target in page.rows:
        target.subject.account = request.account
        if target.kind:
            target.does = _does(target)  # type: ignore[attr-defined]
        target.was = shown(target.prior)  # type: ignore[attr-defined]
        target.now = shown(target.after)  # type: ignore[attr-defined]
    return page


def _does(target: OperationTarget) -> str:
    """What is done to a target that has a kind of its own, as those of an undo."""
    kind, inputs = kind_of_target(target)
    said = kind.summary(inputs)
    return f"{kind.label}: {said}" if said else kind.label


def _run_context(operation: Operation, states: dict[str, int]) -> dict[str, Any]:
    ended = operation.state in ENDED
    causes = _causes(operation)
    return {
        "operation": operation,
        "kind": kind_of(operation),
        "title": heading_of(operation),
        "terms": terms_of(operation),
        "completed": states.get(TargetState.COMPLETED, 0),
        "unsent": states.get(TargetState.QUEUED, 0),
        "failed_count": sum(states.get(state, 0) for state in FAILED),
        "causes": [cause for cause in causes if cause["state"] in FAILED],
        "unknown": [cause for cause in causes if cause["state"] not in FAILED],
        "pace": _pace(operation, states) if operation.state == OperationState.RUNNING else None,
        "has_ended": ended,
        "may_not_undo": may_undo(operation) if ended else "",
        "announced": _announced(operation, states),
    }


def _announced(operation: Operation, states: dict[str, int]) -> str:
    """Progress in words, for those who hear the page: news at each tenth, not at each look."""
    said = f"Operation {operation.pk} {operation.get_state_display().lower()}"
    if operation.state not in ENDED:
        tenth = operation.progress_percent // 10 * 10  # type: ignore[attr-defined]
        return f"{said}, {tenth} % done."
    failed = sum(states.get(state, 0) for state in FAILED)
    return f"{said}: {states.get(TargetState.COMPLETED, 0)} done, {failed} failed."


def _causes(operation: Operation) -> list[dict[str, Any]]:
    """Failed and unknown targets by reason, most frequent first."""
    found = (
        operation.targets.filter(state__in=[*FAILED, TargetState.UNKNOWN])
        .values("state", "reason")
        .annotate(count=Count("pk"))
        .order_by("-count", "reason")[:MOST_CAUSES]
    )
    return [{**cause, "label": TargetState(cause["state"]).label} for cause in found]


def _pace(operation: Operation, states: dict[str, int]) -> dict[str, Any]:
    """How many targets ended in the last minute, and how long the others take at that rate.

    Without one that ended: how long sending takes at the rate limit.
    """
    unsent = states.get(TargetState.QUEUED, 0)
    still_open = operation.eligible_count - operation.ended_count  # type: ignore[attr-defined]
    now = timezone.now()
    ended = operation.targets.filter(
        state__in=[TargetState.COMPLETED, *FAILED], finished_at__gte=now - _MINUTE
    ).count()
    pace: dict[str, Any] = {"ended": ended, "unsent": unsent, "open": still_open}
    if ended and still_open > 0:
        seconds = min(_MINUTE, max(timedelta(seconds=1), now - _began(operation))).total_seconds()
        pace["left"] = timedelta(seconds=math.ceil(still_open * seconds / ended))
    elif unsent:
        pace["least"] = duration(operation)
    return pace


def _began(operation: Operation) -> datetime:
    moments = (operation.confirmed_at, operation.approved_at, operation.starts_at)
    return max((at for at in moments if at), default=operation.created_at)
