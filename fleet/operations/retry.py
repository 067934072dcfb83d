"""A new plan for what failed."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from accounts.models import Person
from fleet.models import Operation, TargetState
from fleet.operations.plan import NothingSelected, count_targets, kind_of, plan, subject_column
from fleet.operations.stop import FAILED


def plan_retry(
    operation: Operation, person: Person, reasons: Sequence[str] | None = None
) -> Operation:
    """Plan again the targets that failed or were interrupted, or those of them with these reasons.

    They are judged anew. Raises NothingSelected where none failed so.
    """
    failed = operation.targets.filter(state__in=FAILED)
    if reasons is not None:
        failed = failed.filter(reason__in=[reason for reason in reasons if "\0" not in reason])
    kind = kind_of(operation)
    selection = {"retry_of": operation.pk}
    if failed.exclude(kind="").exists():
        return _plan_each(operation, person, list(failed.values_list("pk", flat=True)), selection)
    column = subject_column(kind)
    rows = kind.rows(operation.account).filter(pk__in=failed.values(column))
    return plan(
        operation.account, kind, rows, person, selection, operation.inputs, retries=operation
    )


def _plan_each(
    operation: Operation, person: Person, failed: list[int], selection: dict[str, int]
) -> Operation:
    """The same for targets that have kinds and inputs of their own; claims judge them anew."""
    if not failed:
        raise NothingSelected
    with transaction.atomic():
        again = Operation.objects.create(
            account=operation.account,
            kind=operation.kind,
            requested_by=person,
            selection=selection,
            currency=operation.account.currency,
            retries=operation,
            undoes=operation.undoes,
        )
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO fleet_operationtarget
                    (operation_id, sim_card_id, group_id, kind, inputs, reason, state, prior,
                     bystander, attempts, refused)
                SELECT %s, sim_card_id, group_id, kind, inputs, '', %s, prior, bystander, 0, FALSE
                FROM fleet_operationtarget WHERE id = ANY(%s) ORDER BY id
                """,
                [again.pk, TargetState.QUEUED, failed],
            )
        count_targets(again)
    return again
