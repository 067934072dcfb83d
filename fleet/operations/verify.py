"""Reads back what completed, and ends operations."""

from __future__ import annotations

import logging
from datetime import timedelta

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
from fleet.operations.targets import finish, touch
from fleet.sync.connection import noting_connection
from fleet.sync.engine import start_run, sweep
from fleet.sync.merge import Origin
from fleet.sync.read_back import read_back
from telnyx_api import Client, errors

logger = logging.getLogger(__name__)

# Up to this many are always read one by one; more, where that costs fewer calls than a sweep.
READ_SINGLY = 20
# So many in one pass where a sweep cannot do it.
SINGLY = 250
# So long the SIM card may lag behind its completed action.
LAG = timedelta(seconds=30)
# So long a SIM card may answer with an error when it is read back.
GIVE_UP_AFTER = timedelta(hours=1)


def verify(account: TelnyxAccount, client: Client) -> int:
    """Read back SIM cards whose action completed, compare with the intent; the targets ended.

    Reads by id or by a sweep, whichever takes fewer API calls. Raises TelnyxError.
    """
    waiting = OperationTarget.objects.filter(
        operation__account=account, state=TargetState.IN_PROGRESS, acted_at__isnull=False
    ).select_related("operation", "sim_card")
    count = waiting.count()
    if not count:
        return 0
    pages = SimCard.objects.filter(account=account).present().count() // 250 + 1
    if count > max(READ_SINGLY, pages):
        run = start_run(account, Resource.SIM_CARDS)
        if run is None:
            # The sweep that is running may have read some of them too early; the next pass looks.
            return 0
        if sweep(run).state == SyncState.COMPLETE:
            return _compare(list(waiting.filter(acted_at__lte=run.started_at)))
        # A list that cannot be read whole must not hold up what can be read by id.
        account.refresh_from_db()
    if not account.may_call:
        return 0
    with noting_connection(account):
        return _verify_singly(account, client, list(waiting.order_by("id")[: max(SINGLY, pages)]))


def _verify_singly(account: TelnyxAccount, client: Client, targets: list[OperationTarget]) -> int:
    by_operation: dict[int, dict[str, OperationTarget]] = {}
    for target in targets:
        chosen = by_operation.setdefault(target.operation_id, {})
        chosen[str(target.sim_card.remote_id)] = target
    ended = 0
    failures: list[errors.TelnyxError] = []
    for operation_id, chosen in by_operation.items():
        origin = Origin(Cause.OPERATION, operation=Operation(pk=operation_id))
        answer = read_back(account, client, chosen, origin)
        ended += _compare([chosen[id] for id in answer.stored | answer.removed])
        for remote_id, reason in answer.unreadable.items():
            text = f"The action completed, but Telnyx's record cannot be read: {reason}."
            ended += _give_up(chosen[remote_id], LAG, text)
        for remote_id, error in answer.failed.items():
            # Only what concerns this one SIM card ends it; the API being away does not.
            if error.status is not None and answer.stored:
                ended += _give_up(chosen[remote_id], GIVE_UP_AFTER, str(error))
        failures += answer.failed.values()
    if failures:
        raise failures[0]
    return ended


def _give_up(target: OperationTarget, after: timedelta, reason: str) -> int:
    if target.acted_at is None or target.acted_at > timezone.now() - after:
        return 0
    touch({target.operation_id})
    return finish(target.pk, TargetState.FAILED, reason)


def _compare(targets: list[OperationTarget]) -> int:
    """End the targets whose SIM card, just read back, is as wanted, or too late for it."""
    ended = 0
    cards = SimCard.objects.in_bulk([target.sim_card_id for target in targets])
    completed = []
    for target in targets:
        card, kind = cards[target.sim_card_id], KINDS[target.operation.kind]
        refused = target.remote_action_id is None
        if card.removed_at:
            ended += finish(target.pk, TargetState.FAILED, "The SIM card is no longer at Telnyx.")
        elif card.status == kind.end_status:
            completed.append(target.pk)
        elif refused:
            ended += finish(target.pk, TargetState.FAILED, target.reason)
        else:
            text = (
                f"The action completed, but the SIM card reads back as “{card.status_label}”, "
                f"not {kind.done}. {card.status_reason}"
            )
            ended += _give_up(target, LAG, text.strip())
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
