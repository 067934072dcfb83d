"""Reads back what completed, and ends operations."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import (
    Cause,
    Operation,
    OperationState,
    OperationTarget,
    Resource,
    SimCard,
    SyncState,
    TargetState,
)
from fleet.models.operations import OPEN
from fleet.operations.catalog import KINDS
from fleet.operations.submit import finish, touch
from fleet.sync.engine import start_run, sweep
from fleet.sync.merge import Origin
from fleet.sync.refresh import read_back
from telnyx_api import Client

logger = logging.getLogger(__name__)

# Up to this many are always read one by one; more, where that costs fewer calls than a sweep.
READ_SINGLY = 20
# So long the SIM card may lag behind its completed action.
LAG = timedelta(seconds=30)


def verify(account: TelnyxAccount, client: Client) -> int:
    """Read back SIM cards whose action completed, compare with the intent; the targets ended.

    Reads by id or by a sweep, whichever takes fewer API calls. Raises TelnyxError.
    """
    waiting = OperationTarget.objects.filter(
        operation__account=account, state=TargetState.IN_PROGRESS, acted_at__isnull=False
    )
    count = waiting.count()
    if not count:
        return 0
    pages = SimCard.objects.filter(account=account).present().count() // 250 + 1
    if count <= max(READ_SINGLY, pages):
        read_before = _read_singly(account, client, list(waiting.select_related("sim_card")))
    else:
        run = start_run(account, Resource.SIM_CARDS)
        if run is None:
            return 0
        if sweep(run).state != SyncState.COMPLETE:
            return 0
        read_before = run.started_at
    return _compare(list(waiting.filter(acted_at__lte=read_before).select_related("operation")))


def _read_singly(
    account: TelnyxAccount, client: Client, targets: list[OperationTarget]
) -> datetime:
    began = timezone.now()
    by_operation: dict[int, list[str]] = {}
    for target in targets:
        by_operation.setdefault(target.operation_id, []).append(str(target.sim_card.remote_id))
    for operation_id, remote_ids in by_operation.items():
        origin = Origin(Cause.OPERATION, operation=Operation(pk=operation_id))
        read_back(account, client, remote_ids, origin)
    return began


def _compare(targets: list[OperationTarget]) -> int:
    ended = 0
    cards = SimCard.objects.in_bulk([target.sim_card_id for target in targets])
    completed = []
    for target in targets:
        card, kind = cards[target.sim_card_id], KINDS[target.operation.kind]
        if card.status == kind.end_status:
            completed.append(target.pk)
        elif card.removed_at:
            finish(target.pk, TargetState.FAILED, "The SIM card is no longer at Telnyx.")
            ended += 1
        elif target.acted_at and target.acted_at < timezone.now() - LAG:
            finish(
                target.pk,
                TargetState.FAILED,
                f"The action completed, but the SIM card reads back as “{card.status_label}”, "
                f"not {kind.done}. {card.status_reason}".strip(),
            )
            ended += 1
    ended += OperationTarget.objects.filter(pk__in=completed, state=TargetState.IN_PROGRESS).update(
        state=TargetState.COMPLETED, reason="", finished_at=timezone.now()
    )
    touch({target.operation_id for target in targets})
    return ended


def end_finished_operations(account: TelnyxAccount) -> int:
    """End the running operations that have no open target left; the number of them."""
    still_open = OperationTarget.objects.filter(operation=OuterRef("pk"), state__in=OPEN)
    finished = (
        Operation.objects.filter(account=account, state=OperationState.RUNNING)
        .filter(~Exists(still_open))
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
        if not operation.failed:
            state = OperationState.SUCCEEDED
        elif operation.completed:
            state = OperationState.PARTLY_FAILED
        else:
            state = OperationState.FAILED
        now = timezone.now()
        ended += Operation.objects.filter(pk=operation.pk, state=OperationState.RUNNING).update(
            state=state, finished_at=now, progressed_at=now, skipped_count=operation.skipped
        )
        logger.info("operation %s of account %s: %s", operation.pk, account.pk, state)
    return ended
