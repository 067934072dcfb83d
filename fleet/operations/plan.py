"""Freezes the chosen SIM cards and says, before anything is sent, what would happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Case, CharField, Count, F, QuerySet, Value, When
from django.db.models.functions import JSONObject
from django.utils import timezone

from accounts.models import Person, TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, SimCard, TargetState
from fleet.operations.catalog import KINDS, Kind


class NothingSelected(Exception):
    """The selection holds no SIM card."""


@dataclass(frozen=True)
class Skip:
    """Why some targets are skipped, and how many."""

    reason: str
    count: int


def plan(
    account: TelnyxAccount,
    kind: Kind,
    sim_cards: QuerySet[SimCard],
    person: Person,
    selection: dict[str, Any],
) -> Operation:
    """Freeze the SIM cards as targets of a planned operation.

    Eligible ones wait as queued, others are skipped with their reason. A constant number of
    queries for any number of SIM cards. Raises NothingSelected.
    """
    frozen = (
        sim_cards.filter(account=account)
        .order_by()
        .annotate(
            skip_reason=kind.ineligible(),
            target_state=Case(
                When(skip_reason="", then=Value(TargetState.QUEUED.value)),
                default=Value(TargetState.SKIPPED.value),
                output_field=CharField(),
            ),
            prior_values=JSONObject(status=F("status")),
        )
        .values_list("pk", "skip_reason", "target_state", "prior_values")
    )
    try:
        select, parameters = frozen.query.sql_with_params()
    except EmptyResultSet:
        # The selection cannot hold a row, so Django makes no statement of it.
        raise NothingSelected from None
    with transaction.atomic():
        operation = Operation.objects.create(
            account=account, kind=kind.name, requested_by=person, selection=selection
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO fleet_operationtarget
                    (operation_id, sim_card_id, reason, state, prior, attempts)
                SELECT %s, chosen.*, 0 FROM ({select}) chosen ORDER BY 2
                """,
                [operation.pk, *parameters],
            )
        skips = skipped(operation)
        operation.target_count = operation.targets.count()
        operation.skipped_count = sum(skip.count for skip in skips)
        if not operation.target_count:
            raise NothingSelected
        operation.save(update_fields=["target_count", "skipped_count"])
    return operation


def skipped(operation: Operation) -> list[Skip]:
    """The reasons for which targets are skipped, most frequent first."""
    rows = (
        operation.targets.filter(state=TargetState.SKIPPED)
        .values("reason")
        .annotate(count=Count("pk"))
        .order_by("-count", "reason")
    )
    return [Skip(row["reason"], row["count"]) for row in rows]


def confirm(operation: Operation) -> bool:
    """Start a planned operation; False where it was started or discarded already.

    The conditional update makes sure that a double click starts it once.
    """
    now = timezone.now()
    started = bool(operation.eligible_count) and bool(
        Operation.objects.filter(pk=operation.pk, state=OperationState.PLANNED).update(
            state=OperationState.RUNNING, confirmed_at=now, progressed_at=now
        )
    )
    operation.refresh_from_db()
    return started


def discard(operation: Operation) -> bool:
    """Give up a planned operation; False where it was started or discarded already."""
    now = timezone.now()
    with transaction.atomic():
        discarded = Operation.objects.filter(pk=operation.pk, state=OperationState.PLANNED).update(
            state=OperationState.CANCELLED, finished_at=now, progressed_at=now
        )
        if discarded:
            OperationTarget.objects.filter(operation=operation, state=TargetState.QUEUED).update(
                state=TargetState.SKIPPED, reason="the plan was discarded"
            )
    operation.refresh_from_db()
    return bool(discarded)


def kind_of(operation: Operation) -> Kind:
    """The operation's entry in the catalog."""
    return KINDS[operation.kind]
