"""Claims of whole groups, for what the API does to a group's SIM cards in one request."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, TargetState
from fleet.operations.claim import (
    CHANGED,
    GROUP_KINDS,
    Claim,
    claimed,
    drop_ineligible,
    due_operations,
    lock,
    not_blocked,
)
from fleet.operations.plan import kind_of
from fleet.operations.targets import skip, touch

logger = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(seconds=5)


def claim_group(account: TelnyxAccount) -> list[Claim]:
    """Claim all queued targets of one group, of an operation that is sent group by group.

    A group waits while something else is under way on one of its targets. SIM cards that came
    into the group since the plan are bystanders nobody agreed to: the group is skipped then.
    Empty where nothing waits.
    """
    try:
        with transaction.atomic():
            for operation in due_operations(account).filter(kind__in=GROUP_KINDS):
                while group := _next_group(operation):
                    if claims := _claim(operation, group):
                        return claims
    except IntegrityError:
        logger.info("a SIM card of account %s was claimed twice", account.pk)
    return []


def _next_group(operation: Operation) -> UUID | None:
    queued = operation.targets.filter(state=TargetState.QUEUED).exclude(due_at__gt=timezone.now())
    groups = queued.order_by("id").values_list("sim_card__group_remote_id", flat=True)
    group: UUID | None = groups.exclude(sim_card__group_remote_id=None).first()
    if group is None:
        skip(list(queued.values_list("pk", flat=True)), f"{CHANGED}needs a group")
    return group


def _claim(operation: Operation, group: UUID) -> list[Claim]:
    kind = kind_of(operation)
    queued = operation.targets.filter(state=TargetState.QUEUED, sim_card__group_remote_id=group)
    targets = lock(operation, queued, "sim_card", None)
    free = not_blocked(queued, "sim_card").count()
    if len(targets) < queued.count() or free < len(targets):
        queued.update(due_at=timezone.now() + LOOK_AGAIN, reason="waits for its group")
        return []
    newcomers = (
        kind.rows(operation.account)
        .filter(removed_at=None, group_remote_id=group)
        .exclude(targets__operation=operation)
        .exclude(kind.reached(operation.inputs))
        .count()
    )
    if newcomers:
        skip(
            [row.pk for row in targets],
            f"{CHANGED}its group has {newcomers} SIM cards more, which would be changed, too",
        )
        touch({operation.pk})
        return []
    return claimed(drop_ineligible(targets))
