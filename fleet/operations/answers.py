"""What each answer of the API, or its absence, means for the target that was sent."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from fleet.models import OperationTarget, TargetState
from fleet.models.operations import CLAIMED
from fleet.operations.claim import Claim
from telnyx_api import errors

logger = logging.getLogger(__name__)

# For so long after a lost answer the API may still be carrying the request out.
SETTLING = timedelta(seconds=10)
# Between two attempts, where the API says nothing of it, and at most.
PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
# So often a SIM card may answer that another action is in progress: 53 minutes with the pauses.
BUSY_ANSWERS = 60
# Going on with other targets would be of no use now.
HOPELESS = (errors.AuthenticationRefused, errors.ConnectionNotMade)


def accept(item: Claim, action: Any) -> None:
    """Link the action that the API began."""
    action_id = action.get("id") if isinstance(action, dict) else None
    if not action_id:
        unknown(item, "The API accepted the request but named no action.")
        return
    try:
        with transaction.atomic():
            # Also where the answer came so late that the target waits to be sent again.
            OperationTarget.objects.filter(
                pk=item.target_id, state__in=[TargetState.QUEUED, *CLAIMED]
            ).update(
                state=TargetState.IN_PROGRESS,
                remote_action_id=str(action_id),
                submitted_at=timezone.now(),
                due_at=None,
                reason="",
            )
    except IntegrityError:
        # The reconciler was faster and linked this action to the target already.
        logger.info("action %s is linked already", action_id)


def decide(item: Claim, error: errors.TelnyxError) -> None:
    """What an error answer means for a target."""
    if error.maybe_applied:
        unknown(item, str(error))
    elif isinstance(error, errors.BeingProcessed):
        _wait_for_other_action(item)
    elif error.retryable or isinstance(error, HOPELESS):
        # Surely not applied: connection never made, 429, no turn, key refused.
        put_back(item, str(error), error.retry_after or PAUSE_SECONDS)
    elif isinstance(error, errors.NotFound):
        _mine(item).update(**_ended("The SIM card is no longer at Telnyx (404)."))
    elif item.maybe_sent or type(error) in (errors.Unprocessable, errors.Conflict):
        # Perhaps it is as wanted already: what is read back decides.
        _mine(item).update(
            state=TargetState.IN_PROGRESS,
            acted_at=timezone.now(),
            due_at=None,
            reason=error.detail or str(error),
        )
    else:
        _mine(item).update(**_ended(error.detail or str(error)))


def _wait_for_other_action(item: Claim) -> None:
    busy = "Telnyx says that another action is in progress."
    if item.maybe_sent:
        # That action may be ours, from the request whose answer was lost.
        unknown(item, busy)
    elif item.attempts >= BUSY_ANSWERS:
        _mine(item).update(**_ended(f"{busy} It said so {item.attempts} times."))
    else:
        pause = min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * item.attempts)
        _mine(item).update(
            state=TargetState.QUEUED,
            reason="waits for an action that is in progress",
            due_at=timezone.now() + timedelta(seconds=pause),
        )


def _mine(item: Claim) -> QuerySet[OperationTarget]:
    """The target, unless it has moved on since this claim, and so is not this claim's to change."""
    return OperationTarget.objects.filter(
        pk=item.target_id, claimed_at=item.claimed_at, state__in=CLAIMED
    )


def unknown(item: Claim, reason: str) -> None:
    """Leave it to the reconciler to find out whether the request was applied."""
    _mine(item).filter(state=TargetState.SUBMITTING).update(
        state=TargetState.UNKNOWN,
        due_at=timezone.now() + SETTLING,
        submitted_at=Coalesce("submitted_at", "claimed_at"),
        reason=reason,
    )


def put_back(item: Claim, reason: str, seconds: float) -> None:
    """Put a target back to which nothing was sent; that attempt does not count."""
    pause = timedelta(seconds=min(seconds, LONGEST_PAUSE_SECONDS))
    _mine(item).update(
        state=TargetState.QUEUED,
        reason=reason,
        due_at=timezone.now() + pause,
        attempts=F("attempts") - 1,
    )


def _ended(reason: str) -> dict[str, Any]:
    return {
        "state": TargetState.FAILED,
        "reason": reason,
        "due_at": None,
        "finished_at": timezone.now(),
    }
