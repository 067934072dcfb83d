"""What each answer of the API, or its absence, means for the targets that were sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from fleet.models import OperationTarget, TargetState
from fleet.models.operations import CLAIMED
from fleet.operations.catalog import KINDS
from fleet.operations.claim import Claim
from fleet.operations.kinds.kind import Follow
from fleet.operations.kinds.voice import Voice
from telnyx_api import errors

logger = logging.getLogger(__name__)

# For so long after a lost answer the API may still be carrying the request out.
SETTLING = timedelta(seconds=10)
# Between two attempts, where the API says nothing of it, and at most.
PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
# So often a SIM card may answer that another action is in progress: 53 minutes with the pauses.
BUSY_ANSWERS = 60
NO_SUCH_CALL = "The API has no call for this on a single SIM card."
# Going on with other targets would be of no use now.
HOPELESS = (errors.AuthenticationRefused, errors.ConnectionNotMade)


def accept(accepted: Sequence[tuple[Claim, Any]]) -> None:
    """Take over what the API accepted, with its answers: one statement where nothing races."""
    acted = [item for item, _ in accepted if KINDS[item.kind].follow == Follow.ANSWER]
    begun = [
        (item, str(answer["id"]))
        for item, answer in accepted
        if KINDS[item.kind].follow != Follow.ANSWER
        and isinstance(answer, dict)
        and answer.get("id")
    ]
    nameless = {item.target_id for item, _ in accepted}
    nameless -= {item.target_id for item in acted} | {item.target_id for item, _ in begun}
    for item, _ in accepted:
        if item.target_id in nameless:
            unknown(item, "The API accepted the request but named no action.")
    _note_acted(acted)
    try:
        with transaction.atomic():
            _link(begun)
    except IntegrityError:
        for pair in begun:
            try:
                with transaction.atomic():
                    _link([pair])
            except IntegrityError:
                # The reconciler was faster and linked this action to the target already.
                logger.info("action %s is linked already", pair[1])


def _link(begun: Sequence[tuple[Claim, str]]) -> None:
    """Link the actions that the API began."""
    if not begun:
        return
    with connection.cursor() as cursor:
        # Also where the answer came so late that the target waits to be sent again.
        cursor.execute(
            """
            UPDATE fleet_operationtarget t
            SET state = 'in_progress', remote_action_id = a.action_id, submitted_at = %s,
                due_at = NULL, reason = ''
            FROM unnest(%s::bigint[], %s::text[]) a (target_id, action_id)
            WHERE t.id = a.target_id AND t.state IN ('queued', 'submitting', 'unknown')
            """,
            [timezone.now(), [item.target_id for item, _ in begun], [id for _, id in begun]],
        )


def accept_bulk(items: Sequence[Claim], answer: Any) -> None:
    """Take over a bulk action: each target's own action is found in the API's list."""
    bulk_id = answer.get("id") if isinstance(answer, dict) else None
    OperationTarget.objects.filter(
        pk__in=[item.target_id for item in items], state__in=[TargetState.QUEUED, *CLAIMED]
    ).update(
        state=TargetState.IN_PROGRESS,
        remote_bulk_id=str(bulk_id) if bulk_id else "",
        # Its action may be older than our reading of the answer, never than the claim.
        submitted_at=Coalesce("claimed_at", timezone.now()),
        due_at=None,
        reason="",
    )


def _note_acted(items: Sequence[Claim]) -> None:
    """Done, says the answer; what is read back decides."""
    if not items:
        return
    now = timezone.now()
    OperationTarget.objects.filter(
        pk__in=[item.target_id for item in items], state__in=[TargetState.QUEUED, *CLAIMED]
    ).update(state=TargetState.IN_PROGRESS, submitted_at=now, acted_at=now, due_at=None, reason="")


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
        _not_found(item, error)
    elif item.maybe_sent or type(error) in (errors.Unprocessable, errors.Conflict):
        # Perhaps it is as wanted already: what is read back decides.
        _read_back(item, error.detail or str(error))
    else:
        _mine(item).update(**_ended(error.detail or str(error)))


def _read_back(item: Claim, reason: str) -> None:
    _mine(item).update(
        state=TargetState.IN_PROGRESS,
        acted_at=timezone.now(),
        refused=True,
        due_at=None,
        reason=reason,
    )


def _not_found(item: Claim, error: errors.TelnyxError) -> None:
    kind = KINDS[item.kind]
    if isinstance(kind, Voice):
        _read_back(item, f"{NO_SUCH_CALL} Plan it again: whole groups will be switched.")
    elif kind.reading_decides_on_404:
        _read_back(item, error.detail or str(error))
    else:
        _mine(item).update(**_ended(f"The {kind.noun} is no longer at Telnyx (404)."))


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
