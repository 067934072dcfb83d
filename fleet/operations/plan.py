"""Freezes what was chosen and says, before anything is sent, what would happen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import BooleanField, Case, CharField, Count, QuerySet, Sum, Value, When

from accounts.models import Person, TelnyxAccount
from fleet.models import Operation, OperationTarget, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.kinds.kind import Kind, Rates, Subject
from fleet.operations.kinds.voice import GroupVoice, Voice

NO_CENTS = Decimal("0.01")
ANALYZED_FROM = 5_000


class NothingSelected(Exception):
    """The selection holds nothing."""


@dataclass(frozen=True)
class Skip:
    """Why some targets are skipped, and how many."""

    reason: str
    count: int


def plan(
    account: TelnyxAccount,
    kind: Kind,
    rows: QuerySet[Any],
    person: Person,
    selection: dict[str, Any],
    inputs: Mapping[str, Any] | None = None,
    *,
    retries: Operation | None = None,
) -> Operation:
    """Freeze rows (SIM cards or groups, as the kind has it) as targets of a planned operation.

    `inputs` are as `kind.clean` gave them. Eligible ones wait as queued, others are skipped with
    their reason. Where the API switches voice for whole groups only, the bystanders become
    targets, too, marked so. A constant number of queries for any number of rows. Raises
    NothingSelected.
    """
    inputs = dict(inputs or {})
    if isinstance(kind, Voice) and kind.by_group and account.voice_per_sim_card is False:
        kind = KINDS[kind.by_group]
    with transaction.atomic():
        operation = Operation.objects.create(
            account=account,
            kind=kind.name,
            inputs=inputs,
            requested_by=person,
            selection=selection,
            currency=account.currency,
            retries=retries,
        )
        _freeze(operation, kind, rows.filter(account=account), bystanders=False)
        if isinstance(kind, GroupVoice):
            _freeze(operation, kind, _bystanders(operation, kind), bystanders=True)
        count_targets(operation)
        if not operation.target_count:
            raise NothingSelected
    return operation


def _freeze(operation: Operation, kind: Kind, rows: QuerySet[Any], *, bystanders: bool) -> None:
    frozen = (
        rows.order_by()
        .annotate(
            skip_reason=kind.ineligible(operation.inputs, moving_waits=True),
            target_state=Case(
                When(skip_reason="", then=Value(TargetState.QUEUED.value)),
                default=Value(TargetState.SKIPPED.value),
                output_field=CharField(),
            ),
            prior_values=kind.snapshot(),
            as_bystander=Value(bystanders, output_field=BooleanField()),
        )
        .values_list("pk", "skip_reason", "target_state", "prior_values", "as_bystander")
    )
    try:
        select, parameters = frozen.query.sql_with_params()
    except EmptyResultSet:
        # The selection cannot hold a row, so Django makes no statement of it.
        return
    column = "sim_card_id" if kind.subject == Subject.SIM_CARDS else "group_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO fleet_operationtarget
                (operation_id, {column}, reason, state, prior, bystander, attempts, kind, refused)
            SELECT %s, chosen.*, 0, '', FALSE FROM ({select}) chosen ORDER BY 2
            """,
            [operation.pk, *parameters],
        )


def _bystanders(operation: Operation, kind: Kind) -> QuerySet[Any]:
    """SIM cards of the targets' groups that nobody selected and that would be changed."""
    rows = kind.rows(operation.account)
    mine = operation.targets.values("sim_card")
    groups = (
        rows.filter(targets__operation=operation, targets__state=TargetState.QUEUED)
        .order_by()
        .values("group_remote_id")
        .distinct()
    )
    return (
        rows.filter(removed_at=None, group_remote_id__in=groups)
        .exclude(pk__in=mine)
        .exclude(kind.reached(operation.inputs))
    )


def count_targets(operation: Operation) -> None:
    """Write the operation's counts and its cost from its targets."""
    kind = kind_of(operation)
    counts = dict(operation.targets.values_list("state").annotate(Count("pk")).order_by())
    operation.target_count = sum(counts.values())
    operation.skipped_count = counts.get(TargetState.SKIPPED, 0)
    operation.open_count = counts.get(TargetState.QUEUED, 0)
    operation.bystander_count = operation.targets.filter(
        bystander=True, state=TargetState.QUEUED
    ).count()
    operation.cost_change = cost_change(operation, kind)
    operation.save(
        update_fields=[
            "target_count",
            "skipped_count",
            "open_count",
            "bystander_count",
            "cost_change",
        ]
    )
    if operation.target_count > ANALYZED_FROM:
        # Until autovacuum comes by, the planner would sort them all for a page of fifty.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE fleet_operationtarget")


def cost_change(operation: Operation, kind: Kind) -> Decimal:
    """By how much the monthly bill grows if every queued target gets there."""
    rates = Rates.of(operation.account)
    total = Decimal(0)
    names = operation.targets.filter(state=TargetState.QUEUED).values_list("kind", flat=True)
    for name in names.order_by().distinct():
        # The cost of a kind does not depend on its inputs.
        of_kind = KINDS[name] if name else kind
        rows = of_kind.rows(operation.account).filter(
            targets__operation=operation, targets__state=TargetState.QUEUED, targets__kind=name
        )
        change = of_kind.cost_change(operation.inputs, rates)
        total += rows.aggregate(total=Sum(change))["total"] or Decimal(0)
    return total.quantize(NO_CENTS)


def duration(operation: Operation) -> timedelta:
    """How long sending what is queued takes at the account's rate limit."""
    kind = kind_of(operation)
    queued = operation.targets.filter(state=TargetState.QUEUED)
    calls = 0.0
    # As those of an undo, targets may have kinds of their own.
    for name, count in queued.values_list("kind").annotate(Count("pk")).order_by():
        of_kind = KINDS[name] if name else kind
        if isinstance(of_kind, GroupVoice):
            # The API switches whole groups: one request is for all of a group.
            groups = queued.filter(kind=name).values("sim_card__group_remote_id")
            calls += groups.order_by().distinct().count()
        elif name and of_kind.batch({}) > 1:
            # Whether many go into one request is said by what is asked for each.
            alike = queued.filter(kind=name).values_list("inputs").annotate(Count("pk")).order_by()
            requests = (math.ceil(n / of_kind.batch(inputs)) for inputs, n in alike)
            calls += sum(requests) * of_kind.calls
        else:
            calls += math.ceil(count / of_kind.batch(operation.inputs)) * of_kind.calls
    return timedelta(seconds=math.ceil(calls / operation.account.requests_per_second))


def skipped(operation: Operation) -> list[Skip]:
    """The reasons for which targets are skipped, most frequent first."""
    rows = (
        operation.targets.filter(state=TargetState.SKIPPED)
        .values("reason")
        .annotate(count=Count("pk"))
        .order_by("-count", "reason")
    )
    return [Skip(row["reason"], row["count"]) for row in rows]


def bystander_groups(operation: Operation) -> list[dict[str, Any]]:
    """The groups that hold bystanders: `name`, `count`; at most 100, the fullest first."""
    rows = (
        operation.targets.filter(bystander=True, state=TargetState.QUEUED)
        .values("sim_card__group_remote_id", "sim_card__group__name")
        .annotate(count=Count("pk"))
        .order_by("-count")[:100]
    )
    return [
        {
            "name": row["sim_card__group__name"] or str(row["sim_card__group_remote_id"]),
            "count": row["count"],
        }
        for row in rows
    ]


def kind_of(operation: Operation) -> Kind:
    """The operation's entry in the catalog."""
    return KINDS[operation.kind]


def kind_of_target(target: OperationTarget) -> tuple[Kind, Mapping[str, Any]]:
    """What is done to a target, and with which inputs."""
    if target.kind:
        return KINDS[target.kind], target.inputs or {}
    return KINDS[target.operation.kind], target.operation.inputs


def subject_column(kind: Kind) -> str:
    """The column of a target that holds what the kind acts on."""
    return "sim_card" if kind.subject == Subject.SIM_CARDS else "group"
