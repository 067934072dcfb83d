"""From a plan to a run: confirmed, approved where that is asked for, begun when it is due."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Person
from fleet.models import Operation, OperationState, OperationTarget, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.kinds.inputs import BadInputs
from fleet.operations.kinds.kind import Kind
from fleet.operations.kinds.voice import Voice
from fleet.operations.plan import count_targets, kind_of

FURTHEST = timedelta(days=366)


@dataclass(frozen=True)
class Terms:
    """How a plan is to be carried out.

    `bystanders`: "include" or "skip", needed where there are any. `canary_count` targets go
    first, or `canary_percent` of all; where more than `canary_failures_percent` of them fail, the
    operation pauses.
    """

    bystanders: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    canary_count: int | None = None
    canary_percent: int | None = None
    canary_failures_percent: int = 0

    def check(self, operation: Operation) -> None:
        """Raises BadInputs."""
        problems: dict[str, str] = {}
        if operation.bystander_count and self.bystanders not in ("include", "skip"):
            problems["bystanders"] = (
                f"{operation.bystander_count} SIM cards that nobody selected would be changed, "
                "too: include them, or skip their groups."
            )
        now = timezone.now()
        if self.ends_at and self.ends_at <= (self.starts_at or now):
            problems["ends_at"] = "The window ends before it begins: give a later end."
        elif self.ends_at and self.ends_at <= now:
            problems["ends_at"] = "The window has ended already: give a later end."
        for name, at in (("starts_at", self.starts_at), ("ends_at", self.ends_at)):
            if at and at > now + FURTHEST:
                problems[name] = "This is more than a year ahead: give an earlier time."
        if self.canary_count and self.canary_percent:
            problems["canary_count"] = "Give the canaries as a number or as a percentage, not both."
        for name, value, most in (
            ("canary_count", self.canary_count, None),
            ("canary_percent", self.canary_percent, 99),
        ):
            if value is not None and (value < 1 or (most and value > most)):
                problems[name] = f"{value} will not do: give a number from 1{_up_to(most)}."
        if not 0 <= self.canary_failures_percent <= 100:
            problems["canary_failures_percent"] = (
                f"{self.canary_failures_percent} is no percentage: give a number from 0 to 100."
            )
        if problems:
            raise BadInputs(problems)


def _up_to(most: int | None) -> str:
    return f" to {most}" if most else " on"


def approval_reason(operation: Operation) -> str:
    """Why a second person has to approve, by the account's rules; "" where nobody has to."""
    account, kind = operation.account, kind_of(operation)
    reasons = []
    limit = account.approval_above_sim_cards
    if limit is not None and operation.eligible_count > limit:
        reasons.append(f"it is on more than {limit:,} SIM cards")
    cost = account.approval_above_cost
    if cost is not None and operation.cost_change > cost:
        reasons.append(f"it raises the monthly bill by more than {cost} {operation.currency}")
    reasons += [f"“{name}” always needs it" for name in _labels_with_approval(operation, kind)]
    return ", and ".join(reasons)


def _labels_with_approval(operation: Operation, kind: Kind) -> list[str]:
    """What of the operation always needs approval."""
    chosen = set(operation.account.approval_kinds)
    if not chosen:
        return []
    done = [kind]
    if kind.name.startswith("undo"):
        # What an undo does is what its targets' own kinds say.
        queued = operation.targets.filter(state=TargetState.QUEUED).exclude(kind="")
        names = queued.order_by("kind").values_list("kind", flat=True).distinct()
        done += [KINDS[name] for name in names]
    # Where voice is switched by group, the rule for its namesake of single SIM cards holds.
    return [
        one.label
        for one in done
        if chosen & {one.name, *(k.name for k in KINDS.values() if _by_group(k) == one.name)}
    ]


def _by_group(kind: Kind) -> str:
    return kind.by_group if isinstance(kind, Voice) else ""


def confirm(operation: Operation, terms: Terms | None = None, person: Person | None = None) -> bool:
    """Start a planned operation, or have it wait for its time or for approval.

    False where it was started or discarded already, or nothing of it is eligible. The conditional
    update makes sure that a double click starts it once. Raises BadInputs.
    """
    terms = terms or Terms()
    terms.check(operation)
    now = timezone.now()
    with transaction.atomic():
        locked = (
            Operation.objects.select_for_update(of=("self",))
            .select_related("account")
            .filter(pk=operation.pk, state=OperationState.PLANNED)
            .first()
        )
        if locked is not None and locked.bystander_count and terms.bystanders == "skip":
            _skip_groups_with_bystanders(locked)
            count_targets(locked)
        started = locked is not None and bool(locked.eligible_count)
        if locked is not None and started:
            reason = approval_reason(locked)
            locked.starts_at, locked.ends_at = terms.starts_at, terms.ends_at
            _choose_canaries(locked, terms)
            locked.approval_reason = reason
            locked.state = OperationState.AWAITING_APPROVAL if reason else _begun(locked)
            locked.confirmed_at = locked.progressed_at = now
            locked.confirmed_by = person
            locked.save()
    operation.refresh_from_db()
    return started


def _begun(operation: Operation) -> OperationState:
    waits = operation.starts_at and operation.starts_at > timezone.now()
    return OperationState.SCHEDULED if waits else OperationState.RUNNING


def _choose_canaries(operation: Operation, terms: Terms) -> None:
    count = terms.canary_count
    if terms.canary_percent:
        count = math.ceil(operation.eligible_count * terms.canary_percent / 100)
    if not count or count >= operation.eligible_count:
        return
    queued = operation.targets.filter(state=TargetState.QUEUED).order_by("id")
    operation.canary_count = count
    operation.canary_failures_percent = terms.canary_failures_percent
    operation.canary_until = queued.values_list("id", flat=True)[count - 1]


def _skip_groups_with_bystanders(operation: Operation) -> None:
    queued = operation.targets.filter(state=TargetState.QUEUED)
    mixed = queued.filter(bystander=True).values("sim_card__group_remote_id")
    skip: Mapping[str, Any] = {"state": TargetState.SKIPPED, "finished_at": timezone.now()}
    queued.filter(bystander=False, sim_card__group_remote_id__in=mixed).update(
        **skip, reason="its group holds SIM cards that nobody selected"
    )
    OperationTarget.objects.filter(operation=operation, bystander=True).delete()


class MayNotApprove(Exception):
    """A second person has to; the one who asked for it may not."""


def is_own(operation: Operation, person: Person) -> bool:
    """Whether the person planned or confirmed it, and so may not approve it."""
    return person.pk in (operation.requested_by_id, operation.confirmed_by_id)


def approve(operation: Operation, person: Person) -> bool:
    """Let an operation begin that waits for a second person; False where it does not wait.

    Neither who planned it nor who confirmed it is that person. Raises MayNotApprove.
    """
    if is_own(operation, person):
        raise MayNotApprove("A second person has to approve it: you asked for it yourself.")
    now = timezone.now()
    approved = Operation.objects.filter(
        pk=operation.pk, state=OperationState.AWAITING_APPROVAL
    ).update(state=_begun(operation), approved_by=person, approved_at=now, progressed_at=now)
    operation.refresh_from_db()
    return bool(approved)


def start_due(now: datetime | None = None) -> int:
    """Begin the scheduled operations whose time has come; the number of them."""
    now = now or timezone.now()
    return Operation.objects.filter(state=OperationState.SCHEDULED, starts_at__lte=now).update(
        state=OperationState.RUNNING, progressed_at=now
    )
