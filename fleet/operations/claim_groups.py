"""Claims of whole groups, for what the API does to a group's SIM cards in one request."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, TargetState
from fleet.operations.claim import GROUP_KINDS, Claim, claimed, due_operations, lock, not_blocked
from fleet.operations.plan import kind_of
from fleet.operations.recheck import CHANGED, Waiting, drop_ineligible
from fleet.operations.targets import skip, touch

logger = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(seconds=5)
# So long after an operation began its groups wait for SIM cards that something else happens to.
MOVING_WAITS = timedelta(hours=1)


def claim_group(account: TelnyxAccount, over: Callable[[], bool] | None = None) -> list[Claim]:
    """Claim all queued targets of one group, of an operation that is sent group by group.

    A group waits while something else is under way on one of its targets. SIM cards that came
    into the group since the plan are bystanders nobody agreed to: the group is skipped then.
    Empty where nothing waits, or once `over` is true.
    """
    while not (over and over()):
        try:
            with transaction.atomic():
                if not (found := _next(account)):
                    return []
                if claims := _claim(*found):
                    return claims
        except IntegrityError:
            logger.info("a SIM card of account %s was claimed twice", account.pk)
            return []
    return []


def _next(account: TelnyxAccount) -> tuple[Operation, UUID] | None:
    """A group of one of the operations, whichever; the operation is locked for this claim."""
    due = due_operations(account).filter(kind__in=GROUP_KINDS)
    ids = list(due.values_list("pk", flat=True))
    random.shuffle(ids)
    for pk in ids:
        # Another process that claims a group of it at this moment has it locked.
        free = due.filter(pk=pk).select_for_update(skip_locked=True, no_key=True)
        if (operation := free.first()) and (group := _next_group(operation)):
            return operation, group
    return None


def _next_group(operation: Operation) -> UUID | None:
    queued = operation.targets.filter(state=TargetState.QUEUED).exclude(due_at__gt=timezone.now())
    if operation.canary_until:
        # The group of a canary goes as a whole, as the API has it.
        queued = queued.filter(id__lte=operation.canary_until)
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
    if len(targets) < queued.count() or free < len(targets) or _one_moves(operation, targets):
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


def _one_moves(operation: Operation, targets: list[Waiting]) -> bool:
    """Whether the API would refuse one of them for an action that is in progress on it.

    For a while: one that never comes to rest does not keep its group from going for ever.
    """
    times = (operation.confirmed_at, operation.approved_at, operation.starts_at)
    if max((at for at in times if at), default=timezone.now()) < timezone.now() - MOVING_WAITS:
        return False
    rows = kind_of(operation).rows_by_id([target.subject_id for target in targets])
    return rows.filter(kind_of(operation).is_moving, removed_at=None).exists()
