"""What each answer of the API, or its absence, means for the targets that were sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Case, F, PositiveSmallIntegerField, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationTarget, TargetState
from fleet.models.operations import CLAIMED
from fleet.operations.catalog import KINDS
from fleet.operations.claim import Claim
from fleet.operations.kinds.kind import Follow
from fleet.operations.kinds.voice import GroupVoice, Voice
from fleet.sync.reconcile import is_gone
from telnyx_api import errors

logger = logging.getLogger(__name__)

# For so long after a lost answer the API may still be carrying the request out.
SETTLING = timedelta(seconds=10)
# Between two attempts, where the API says nothing of it, and at most.
PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
# So often another action may be in progress, or what is read first unreadable: 53 minutes with the
# pauses.
MOST_ATTEMPTS = 60
# And so long where an answer was lost before.
LOST_FOR = timedelta(hours=1)
NO_SUCH_CALL = "The API has no call for this on a single SIM card."
# Going on with other targets would be of no use now.
HOPELESS = (errors.AuthenticationRefused, errors.ConnectionNotMade)
NOT_READ = (errors.ServerFailure, errors.AnswerLost, errors.AnswerUnreadable)


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
    elif isinstance(error, NOT_READ) and error.retryable:
        # What a kind reads before it changes anything, and so of this one target.
        _try_later(item, str(error))
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
    """Something that the request names is not there: reading back tells whether it is the target.

    Where the API is not known to switch voice for single SIM cards, it may be the call itself.
    """
    if _may_lack_the_call(item) and is_gone(error):
        _read_back(item, f"{NO_SUCH_CALL} Plan it again: whole groups will be switched.")
    else:
        said = f"Telnyx answered 404: {error.detail}" if error.detail else str(error)
        _read_back(item, said)


def _may_lack_the_call(item: Claim) -> bool:
    kind = KINDS[item.kind]
    if not isinstance(kind, Voice) or isinstance(kind, GroupVoice):
        return False
    has_it = Operation.objects.filter(pk=item.operation_id, account__voice_per_sim_card=True)
    return not has_it.exists()


def _wait_for_other_action(item: Claim) -> None:
    busy = "Telnyx says that another action is in progress."
    if not item.maybe_sent:
        _try_later(item, "waits for an action that is in progress", busy)
    elif not _give_up(item, busy):
        # That action may be ours, from the request whose answer was lost. The API answered this
        # time, so it is no lost answer more.
        unknown(item, busy, attempts=item.attempts - 1)


def _try_later(item: Claim, reason: str, said: str = "") -> None:
    """Send it again after a pause, ever longer, but not for ever; it was surely not applied."""
    pause = min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * item.attempts)
    if item.maybe_sent:
        if not _give_up(item, reason):
            put_back(item, reason, pause)
    elif item.attempts >= MOST_ATTEMPTS:
        ended = f"{said or reason} It was tried {item.attempts} times."
        _mine(item).update(**_ended(ended))
    else:
        _mine(item).update(
            state=TargetState.QUEUED,
            reason=reason,
            due_at=timezone.now() + timedelta(seconds=pause),
        )


def _give_up(item: Claim, reason: str) -> bool:
    """End what has gone wrong since an answer was lost: its attempts count lost answers only."""
    since = timezone.now() - LOST_FOR
    ended = _ended(f"{reason} It went on so for an hour after a lost answer.")
    return bool(_mine(item).filter(submitted_at__lt=since).update(**ended))


def _mine(item: Claim) -> QuerySet[OperationTarget]:
    """The target, unless it has moved on since this claim, and so is not this claim's to change."""
    return OperationTarget.objects.filter(
        pk=item.target_id, claimed_at=item.claimed_at, state__in=CLAIMED
    )


def unknown(item: Claim, reason: str, attempts: int | None = None) -> None:
    """Leave it to the reconciler to find out whether the request was applied.

    From now on attempts count lost answers; what was answered before is none of them.
    """
    _mine(item).filter(state=TargetState.SUBMITTING).update(
        attempts=(item.attempts if item.maybe_sent else 1) if attempts is None else attempts,
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


def reap_lapsed_claims(account: TelnyxAccount) -> int:
    """Mark claims whose process gave no answer in time as unknown; the number of them."""
    now = timezone.now()
    lapsed = OperationTarget.objects.filter(
        operation__account=account, state=TargetState.SUBMITTING, due_at__lt=now
    )
    return lapsed.update(
        state=TargetState.UNKNOWN,
        # The request may have ended just now.
        due_at=now + SETTLING,
        attempts=Case(
            When(submitted_at=None, then=1),
            default=F("attempts"),
            output_field=PositiveSmallIntegerField(),
        ),
        submitted_at=Coalesce("submitted_at", "claimed_at"),
        reason="The process that sent it ended before an answer was recorded.",
    )
