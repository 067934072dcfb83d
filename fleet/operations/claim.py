"""Claims: which process may send which target, and until when."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import OperationState, OperationTarget, TargetState
from fleet.models.operations import UNDER_WAY
from fleet.operations.catalog import KINDS
from fleet.operations.targets import finish, touch

logger = logging.getLogger(__name__)

CHANGED = "changed since the plan: "


@dataclass(frozen=True)
class Claim:
    """A target that this process, and no other, may send now."""

    target_id: int
    operation_id: int
    kind: str
    sim_card_id: str
    claimed_at: datetime
    attempts: int
    # An earlier request may have been applied, though no answer says so.
    maybe_sent: bool
    # By time.monotonic(): later than this the request might outlive the claim.
    send_before: float


def claim(account: TelnyxAccount, limit: int) -> list[Claim]:
    """Claim up to `limit` queued targets of the account's running operations.

    Targets that are no longer eligible are skipped here, with the reason. A SIM card on which
    another target is under way waits. The claim is committed before anything is sent and lapses
    when no request of it can be under way; a lapsed claim's outcome is unknown, never "not sent".
    Empty where nothing waits.
    """
    try:
        with transaction.atomic():
            while rows := _waiting(account, limit):
                # One SIM card in two operations: the earlier one goes first.
                chosen = list({row.sim_card_id: row for row in reversed(rows)}.values())
                chosen.reverse()
                if eligible := _drop_ineligible(chosen):
                    return _claimed(eligible)
    except IntegrityError:
        # Another process claimed one of these SIM cards for another operation in between;
        # the next round sees its claim.
        logger.info("a SIM card of account %s was claimed twice", account.pk)
    return []


def _waiting(account: TelnyxAccount, limit: int) -> list[OperationTarget]:
    busy = OperationTarget.objects.filter(sim_card=OuterRef("sim_card"), state__in=UNDER_WAY)
    return list(
        OperationTarget.objects.filter(
            operation__account=account,
            operation__state=OperationState.RUNNING,
            state=TargetState.QUEUED,
        )
        .filter(~Exists(busy))
        .filter(Q(due_at=None) | Q(due_at__lte=timezone.now()))
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("operation", "sim_card")
        .order_by("operation_id", "id")[:limit]
    )


def _claimed(rows: list[OperationTarget]) -> list[Claim]:
    now = timezone.now()
    send_before = time.monotonic() + settings.CLAIM_START_SECONDS
    lapses = timedelta(seconds=settings.CLAIM_START_SECONDS + settings.REQUEST_SECONDS)
    OperationTarget.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=TargetState.SUBMITTING,
        claimed_at=now,
        due_at=now + lapses,
        attempts=F("attempts") + 1,
        reason="",
    )
    return [
        Claim(
            target_id=row.pk,
            operation_id=row.operation_id,
            kind=row.operation.kind,
            sim_card_id=str(row.sim_card.remote_id),
            claimed_at=now,
            attempts=row.attempts + 1,
            maybe_sent=row.submitted_at is not None,
            send_before=send_before,
        )
        for row in rows
    ]


def _drop_ineligible(rows: list[OperationTarget]) -> list[OperationTarget]:
    """Check again what was planned, perhaps long ago.

    Not where an earlier request may have been applied: the status may already be moving, and the
    API's own answer decides.
    """
    kept = []
    dropped = set()
    for row in rows:
        kind = KINDS[row.operation.kind]
        card = row.sim_card
        reason = ""
        if row.submitted_at is None:
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
            dropped.add(row.operation_id)
        else:
            kept.append(row)
    touch(dropped)
    return kept


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
