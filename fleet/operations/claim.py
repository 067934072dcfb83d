"""Claims: which process may send which target, and until when."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, TargetState
from fleet.models.operations import UNDER_WAY
from fleet.operations.catalog import KINDS
from fleet.operations.kinds.voice import GroupVoice
from fleet.operations.plan import kind_of, subject_column
from fleet.operations.recheck import Eligible, Waiting, drop_ineligible

logger = logging.getLogger(__name__)

GROUP_KINDS = [kind.name for kind in KINDS.values() if isinstance(kind, GroupVoice)]


@dataclass(frozen=True)
class Claim:
    """A target that this process, and no other, may send now."""

    target_id: int
    operation_id: int
    kind: str
    inputs: Mapping[str, Any]
    remote_id: str
    group_remote_id: str | None
    claimed_at: datetime
    attempts: int
    # An earlier request may have been applied, though no answer says so.
    maybe_sent: bool
    # Something seems to be in progress on it already.
    moves: bool
    # By time.monotonic(): later than this the request might outlive the claim.
    send_before: float


def claim(
    account: TelnyxAccount, limit: int, over: Callable[[], bool] | None = None
) -> list[Claim]:
    """Claim up to `limit` queued targets of the account's running operations.

    Operations take turns, so that a small one does not wait behind a large one. Targets that are
    no longer eligible are skipped here, with the reason. A SIM card on which another target is
    under way, or waits from earlier, waits. The claim is committed before anything is sent and
    lapses when no request of it can be under way; a lapsed claim's outcome is unknown, never "not
    sent". Empty where nothing waits, or once `over` is true.
    """
    while not (over and over()):
        try:
            # Many that are skipped are skipped by and by, and hold no locks meanwhile.
            with transaction.atomic():
                rows = _waiting(account, limit)
                claims = claimed(drop_ineligible(rows))
        except IntegrityError:
            # Another process claimed one of these SIM cards for another operation in between;
            # the next round sees its claim.
            logger.info("a SIM card of account %s was claimed twice", account.pk)
            return []
        if claims or not rows:
            return claims
    return []


def due_operations(account: TelnyxAccount) -> QuerySet[Operation]:
    """The operations that send now and have something to send."""
    now = timezone.now()
    queued = OperationTarget.objects.filter(
        _due(now), operation=OuterRef("pk"), state=TargetState.QUEUED
    )
    return Operation.objects.filter(
        Exists(queued), account=account, state=OperationState.RUNNING, cancelled_at=None
    ).exclude(ends_at__lte=now)


def _due(now: datetime) -> Q:
    return Q(due_at=None) | Q(due_at__lte=now)


def _waiting(account: TelnyxAccount, limit: int) -> list[Waiting]:
    operations = list(due_operations(account).exclude(kind__in=GROUP_KINDS))
    random.shuffle(operations)
    found: dict[int, list[Waiting]] = {}
    left = limit
    for number, operation in enumerate(operations):
        # What those before did not need is for those behind.
        share = -(-left // (len(operations) - number))
        found[operation.pk] = _waiting_of(operation, share) if share else []
        left -= len(found[operation.pk])
    for operation in operations:
        # And what those behind did not need, for those before.
        if left and (had := len(found[operation.pk])):
            found[operation.pk] = _waiting_of(operation, had + left)
            left -= len(found[operation.pk]) - had
    return [row for rows in found.values() for row in rows]


def _waiting_of(operation: Operation, limit: int) -> list[Waiting]:
    column = subject_column(kind_of(operation))
    queued = not_blocked(operation.targets.filter(_due(timezone.now())), column)
    if operation.canary_until:
        queued = queued.filter(id__lte=operation.canary_until)
    return lock(operation, queued, column, limit)


def not_blocked(targets: QuerySet[OperationTarget], column: str) -> QuerySet[OperationTarget]:
    """Those queued targets whose turn it is: of one SIM card the earliest operation goes first.

    By operations, so that no two can wait for each other. What a paused operation has not sent
    holds nobody up.
    """
    earlier = Q(
        state=TargetState.QUEUED,
        operation__lt=OuterRef("operation"),
        operation__state=OperationState.RUNNING,
    )
    others = OperationTarget.objects.filter(
        Q(state__in=UNDER_WAY) | earlier, **{column: OuterRef(column)}
    ).exclude(pk=OuterRef("pk"))
    return targets.filter(~Exists(others), state=TargetState.QUEUED)


def lock(
    operation: Operation, queued: QuerySet[OperationTarget], column: str, limit: int | None
) -> list[Waiting]:
    """Lock targets that no other process has locked."""
    rows = queued.order_by("id").select_for_update(skip_locked=True)
    rows = rows.annotate(prior_text=Cast("prior", TextField()))
    columns = ("pk", f"{column}_id", "kind", "inputs", "prior_text", "attempts", "submitted_at")
    return [
        Waiting(
            pk=pk,
            operation_id=operation.pk,
            subject_id=subject_id,
            kind=kind or operation.kind,
            inputs=(inputs or {}) if kind else operation.inputs,
            prior=prior,
            attempts=attempts,
            maybe_sent=submitted_at is not None,
        )
        for pk, subject_id, kind, inputs, prior, attempts, submitted_at in rows.values_list(
            *columns
        )[:limit]
    ]


def claimed(eligible: list[Eligible]) -> list[Claim]:
    """Mark locked targets as being sent by this process."""
    now = timezone.now()
    send_before = time.monotonic() + settings.CLAIM_START_SECONDS
    calls = max((KINDS[item.row.kind].calls for item in eligible), default=1)
    # Each call of a kind that makes several has as long as any other.
    seconds = settings.CLAIM_START_SECONDS + settings.REQUEST_SECONDS * max(1, calls)
    if eligible:
        OperationTarget.objects.filter(pk__in=[item.row.pk for item in eligible]).update(
            state=TargetState.SUBMITTING,
            claimed_at=now,
            due_at=now + timedelta(seconds=seconds),
            attempts=F("attempts") + 1,
            reason="",
        )
    return [
        Claim(
            target_id=item.row.pk,
            operation_id=item.row.operation_id,
            kind=item.row.kind,
            inputs=item.row.inputs,
            remote_id=item.remote_id,
            group_remote_id=item.group_remote_id,
            claimed_at=now,
            attempts=item.row.attempts + 1,
            maybe_sent=item.row.maybe_sent,
            moves=item.moves,
            send_before=send_before,
        )
        for item in eligible
    ]
