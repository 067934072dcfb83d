"""Claims: which process may send which target, and until when."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, TargetState
from fleet.models.operations import UNDER_WAY
from fleet.operations.catalog import KINDS
from fleet.operations.kinds.kind import Subject
from fleet.operations.kinds.voice import GroupVoice
from fleet.operations.plan import kind_of, subject_column
from fleet.operations.targets import skip, touch

logger = logging.getLogger(__name__)

CHANGED = "changed since the plan: "
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
    # By time.monotonic(): later than this the request might outlive the claim.
    send_before: float


@dataclass(frozen=True)
class Waiting:
    """A queued target, locked, as it is looked at before it is claimed."""

    pk: int
    operation_id: int
    subject_id: int
    kind: str
    inputs: Mapping[str, Any]
    attempts: int
    maybe_sent: bool


def claim(account: TelnyxAccount, limit: int) -> list[Claim]:
    """Claim up to `limit` queued targets of the account's running operations.

    Operations take turns, so that a small one does not wait behind a large one. Targets that are
    no longer eligible are skipped here, with the reason. A SIM card on which another target is
    under way, or waits from earlier, waits. The claim is committed before anything is sent and
    lapses when no request of it can be under way; a lapsed claim's outcome is unknown, never "not
    sent". Empty where nothing waits.
    """
    try:
        with transaction.atomic():
            while rows := _waiting(account, limit):
                if claims := claimed(drop_ineligible(rows)):
                    return claims
    except IntegrityError:
        # Another process claimed one of these SIM cards for another operation in between;
        # the next round sees its claim.
        logger.info("a SIM card of account %s was claimed twice", account.pk)
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
    """Those queued targets whose turn it is: of one SIM card the earliest target goes first.

    What a paused operation has not sent holds nobody up.
    """
    earlier = Q(
        state=TargetState.QUEUED, pk__lt=OuterRef("pk"), operation__state=OperationState.RUNNING
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
    columns = ("pk", f"{column}_id", "kind", "inputs", "attempts", "submitted_at")
    return [
        Waiting(
            pk=pk,
            operation_id=operation.pk,
            subject_id=subject_id,
            kind=kind or operation.kind,
            inputs=(inputs or {}) if kind else operation.inputs,
            attempts=attempts,
            maybe_sent=submitted_at is not None,
        )
        for pk, subject_id, kind, inputs, attempts, submitted_at in rows.values_list(*columns)[
            :limit
        ]
    ]


@dataclass(frozen=True)
class Eligible:
    """A locked target that may be sent, with what its subject is called at the API."""

    row: Waiting
    remote_id: str
    group_remote_id: str | None


def drop_ineligible(rows: list[Waiting]) -> list[Eligible]:
    """Check again what was planned, perhaps long ago.

    Not where an earlier request may have been applied: the status may already be moving, and the
    API's own answer decides.
    """
    kept: list[Eligible] = []
    for name, inputs, alike in alike_in(rows):
        kind = KINDS[name]
        of_cards = kind.subject == Subject.SIM_CARDS
        subjects = {
            pk: (why, str(remote_id), str(group) if group else None)
            for pk, why, remote_id, group in kind.rows_by_id([row.subject_id for row in alike])
            .annotate(why=kind.changed(inputs))
            .values_list("pk", "why", "remote_id", "group_remote_id" if of_cards else "remote_id")
        }
        reasons: dict[str, list[Waiting]] = {}
        for row in alike:
            why, remote_id, group = subjects[row.subject_id]
            if why and not row.maybe_sent:
                reasons.setdefault(why, []).append(row)
            else:
                kept.append(Eligible(row, remote_id, group))
        for why, dropped in reasons.items():
            skip([row.pk for row in dropped], CHANGED + why)
            touch({row.operation_id for row in dropped})
    return kept


def alike_in(rows: Iterable[Any]) -> list[tuple[str, Mapping[str, Any], list[Any]]]:
    """Group things with `kind` and `inputs` by these: kind, inputs and the things."""
    found: dict[tuple[str, str], tuple[str, Mapping[str, Any], list[Any]]] = {}
    for row in rows:
        key = (row.kind, json.dumps(row.inputs, sort_keys=True))
        found.setdefault(key, (row.kind, row.inputs, []))[2].append(row)
    return list(found.values())


def claimed(eligible: list[Eligible]) -> list[Claim]:
    """Mark locked targets as being sent by this process."""
    now = timezone.now()
    send_before = time.monotonic() + settings.CLAIM_START_SECONDS
    lapses = timedelta(seconds=settings.CLAIM_START_SECONDS + settings.REQUEST_SECONDS)
    if eligible:
        OperationTarget.objects.filter(pk__in=[item.row.pk for item in eligible]).update(
            state=TargetState.SUBMITTING,
            claimed_at=now,
            due_at=now + lapses,
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
            send_before=send_before,
        )
        for item in eligible
    ]


def reap_lapsed_claims(account: TelnyxAccount) -> int:
    """Mark claims whose process gave no answer in time as unknown; the number of them."""
    lapsed = OperationTarget.objects.filter(
        operation__account=account,
        state=TargetState.SUBMITTING,
        due_at__lt=timezone.now(),
    )
    return lapsed.update(
        state=TargetState.UNKNOWN,
        due_at=timezone.now(),
        submitted_at=Coalesce("submitted_at", "claimed_at"),
        reason="The process that sent it ended before an answer was recorded.",
    )
