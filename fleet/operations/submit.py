"""Sends what is queued: claim, commit, POST once, record the answer."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, TargetState
from fleet.models.operations import UNDER_WAY
from fleet.operations.catalog import KINDS
from telnyx_api import Client, errors

logger = logging.getLogger(__name__)

CHANGED = "changed since the plan: "
# For so long after a lost answer the API may still be carrying the request out.
SETTLING = timedelta(seconds=10)


@dataclass(frozen=True)
class Claim:
    """A target that this process, and no other, may send now."""

    target_id: int
    operation_id: int
    kind: str
    sim_card_id: str
    # By time.monotonic(): later than this the request might outlive the claim.
    send_before: float


class ClaimTooOld(Exception):
    """The turn came too late to send within the claim; nothing was sent."""


def claim(account: TelnyxAccount, limit: int) -> list[Claim]:
    """Claim up to `limit` queued targets of the account's running operations.

    Targets that are no longer eligible are skipped here, with the reason. A SIM card on which
    another target is under way waits. The claim is committed before anything is sent and lapses
    when no request of it can be under way; a lapsed claim's outcome is unknown, never "not sent".
    """
    now = timezone.now()
    send_before = time.monotonic() + settings.CLAIM_START_SECONDS
    busy = OperationTarget.objects.filter(sim_card=OuterRef("sim_card"), state__in=UNDER_WAY)
    waiting = (
        OperationTarget.objects.filter(
            operation__account=account,
            operation__state=OperationState.RUNNING,
            state=TargetState.QUEUED,
        )
        .filter(~Exists(busy))
        .filter(Q(due_at=None) | Q(due_at__lte=now))
    )
    try:
        with transaction.atomic():
            rows = list(
                waiting.select_for_update(skip_locked=True, of=("self",))
                .select_related("operation", "sim_card")
                .order_by("operation_id", "id")[:limit]
            )
            # One SIM card in two operations: the earlier one goes first.
            chosen = list({row.sim_card_id: row for row in reversed(rows)}.values())
            chosen.reverse()
            chosen = _drop_ineligible(chosen)
            OperationTarget.objects.filter(pk__in=[row.pk for row in chosen]).update(
                state=TargetState.SUBMITTING,
                claimed_at=now,
                due_at=now
                + timedelta(seconds=settings.CLAIM_START_SECONDS + settings.REQUEST_SECONDS),
                attempts=F("attempts") + 1,
                reason="",
            )
    except IntegrityError:
        # Another process claimed one of these SIM cards for another operation in between;
        # the next round sees its claim.
        return []
    return [
        Claim(
            row.pk, row.operation_id, row.operation.kind, str(row.sim_card.remote_id), send_before
        )
        for row in chosen
    ]


def _drop_ineligible(rows: list[OperationTarget]) -> list[OperationTarget]:
    """Check again what was planned, perhaps long ago; a first attempt only.

    A later attempt follows an unknown outcome: the status may already be moving, and the API's
    own answer decides.
    """
    kept = []
    for row in rows:
        kind = KINDS[row.operation.kind]
        card = row.sim_card
        reason = ""
        if row.attempts == 0:
            if card.removed_at:
                reason = "is no longer at Telnyx"
            elif card.status == kind.end_status:
                reason = f"already {kind.done}"
            elif card.status not in kind.from_statuses:
                reason = f"is {card.status_label.lower()}"
            elif kind.needs_group and not card.group_remote_id:
                reason = "needs a group"
        if reason:
            finish(row.pk, TargetState.SKIPPED, CHANGED + reason)
        else:
            kept.append(row)
    return kept


def submit(account: TelnyxAccount, client: Client, limit: int) -> int:
    """Claim and send up to `limit` targets; the number that was sent.

    Raises AuthenticationRefused after recording every answer, so that the caller stops.
    """
    claims = claim(account, limit)
    client = client.within(settings.REQUEST_SECONDS)
    refused: errors.TelnyxError | None = None
    with ThreadPoolExecutor(settings.TELNYX_THREADS, thread_name_prefix="submit") as pool:
        sent = {pool.submit(_send, client, item): item for item in claims}
        for future in as_completed(sent):
            item = sent[future]
            error = future.exception()
            if error is None:
                _accept(item, future.result())
            elif isinstance(error, ClaimTooOld):
                requeue(item.target_id, "waits for its turn", seconds=0)
            elif isinstance(error, errors.TelnyxError):
                _decide(item, error)
                if isinstance(error, errors.AuthenticationRefused):
                    refused = error
            else:
                # A fault of ours after the claim: whether anything was sent is not known.
                _unknown(item, f"An error of Simfleet's own: {type(error).__name__}.")
                logger.error("submit of target %s failed", item.target_id, exc_info=error)
    touch({item.operation_id for item in claims})
    if refused:
        raise refused
    return len(claims)


def _send(client: Client, item: Claim) -> Any:
    if time.monotonic() > item.send_before:
        raise ClaimTooOld
    return KINDS[item.kind].send(client, item.sim_card_id)


def _accept(item: Claim, action: Any) -> None:
    action_id = action.get("id") if isinstance(action, dict) else None
    if not action_id:
        _unknown(item, "The API accepted the request but named no action.")
        return
    try:
        with transaction.atomic():
            OperationTarget.objects.filter(
                pk=item.target_id, state__in=[TargetState.SUBMITTING, TargetState.UNKNOWN]
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


def _decide(item: Claim, error: errors.TelnyxError) -> None:
    """What an error answer means for a target."""
    if error.maybe_applied:
        _unknown(item, str(error))
    elif isinstance(error, errors.BeingProcessed):
        requeue(item.target_id, "waits for an action that is in progress", seconds=5)
    elif error.retryable or isinstance(error, errors.AuthenticationRefused):
        # Surely not applied: connection never made, 429, no turn, key refused.
        requeue(item.target_id, str(error), seconds=error.retry_after or 5)
    elif isinstance(error, errors.NotFound):
        finish(item.target_id, TargetState.FAILED, "The SIM card is no longer at Telnyx (404).")
    else:
        finish(item.target_id, TargetState.FAILED, error.detail or str(error))


def _unknown(item: Claim, reason: str) -> None:
    OperationTarget.objects.filter(pk=item.target_id, state=TargetState.SUBMITTING).update(
        state=TargetState.UNKNOWN, due_at=timezone.now() + SETTLING, reason=reason
    )


def requeue(target_id: int, reason: str, seconds: float) -> None:
    """Put a target back whose request was surely not applied."""
    OperationTarget.objects.filter(
        pk=target_id, state__in=[TargetState.SUBMITTING, TargetState.UNKNOWN]
    ).update(
        state=TargetState.QUEUED,
        reason=reason,
        due_at=timezone.now() + timedelta(seconds=seconds),
    )


def finish(target_id: int, state: TargetState, reason: str = "") -> None:
    """End a target that has not ended."""
    OperationTarget.objects.filter(pk=target_id, state__in=[TargetState.QUEUED, *UNDER_WAY]).update(
        state=state, reason=reason, due_at=None, finished_at=timezone.now()
    )


def touch(operation_ids: set[int]) -> None:
    """Tell pages that targets of these operations changed."""
    Operation.objects.filter(pk__in=operation_ids).update(progressed_at=timezone.now())


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
        reason="The process that sent it ended before an answer was recorded.",
    )
