"""Plans to take an operation back, from the prior states that its targets stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from accounts.models import Person
from fleet.models import Operation, OperationState, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.claim import alike_in
from fleet.operations.kinds.kind import Subject
from fleet.operations.kinds.voice import GroupVoice
from fleet.operations.plan import NothingSelected, count_targets, kind_of, subject_column

CHUNK = 2_000
_COPIED = ("kind", "inputs", "prior", "state", "reason", "bystander", "attempts", "refused")
UNDOABLE = (
    OperationState.SUCCEEDED,
    OperationState.PARTLY_FAILED,
    OperationState.CANCELLED,
    OperationState.FAILED,
)


class CannotUndo(Exception):
    """Nothing takes this operation back; the text says why."""


@dataclass(frozen=True)
class Done:
    """A target that got there, with what was done to it."""

    pk: int
    subject_id: int
    kind: str
    inputs: Mapping[str, Any]
    prior: Mapping[str, Any]


def may_undo(operation: Operation) -> str:
    """Why an operation cannot be undone now, or "" where it can be planned."""
    kind = kind_of(operation)
    if operation.state == OperationState.UNDONE:
        return "it is undone already"
    if operation.state not in UNDOABLE:
        return "it has not ended yet"
    if operation.undone_by.exclude(state=OperationState.CANCELLED).exists():
        return "an operation that undoes it exists already"
    if isinstance(kind, GroupVoice) and operation.account.voice_per_sim_card is False:
        return (
            "the API switches voice for whole groups only, which would change SIM cards that it "
            f"did not; plan “{KINDS['voice_off' if kind.on else 'voice_on'].label}” instead"
        )
    if not operation.targets.filter(state=TargetState.COMPLETED).exists():
        return "nothing of it got there"
    # Without values there is nothing to go back to; an undo's targets have kinds of their own.
    if not kind.values and not kind.name.startswith("undo"):
        return "there is nothing to take back"
    return ""


def plan_undo(operation: Operation, person: Person) -> Operation:
    """Plan an operation that leads the targets back to their prior states.

    Only where the present state is still what the operation led to; other targets are skipped
    with the reason. Raises CannotUndo, NothingSelected.
    """
    if why := may_undo(operation):
        raise CannotUndo(f"This operation cannot be undone: {why}.")
    of_cards = kind_of(operation).subject == Subject.SIM_CARDS
    column = subject_column(kind_of(operation))
    with transaction.atomic():
        undo = Operation.objects.create(
            account=operation.account,
            kind="undo" if of_cards else "undo_groups",
            requested_by=person,
            selection={"undo_of": operation.pk},
            currency=operation.account.currency,
            undoes=operation,
        )
        for chunk in _chunks(operation, column):
            _write(undo, chunk, column)
        count_targets(undo)
        if not undo.target_count:
            raise NothingSelected
    return undo


def _chunks(operation: Operation, column: str) -> Iterator[list[Done]]:
    last = 0
    while True:
        rows = (
            operation.targets.filter(state=TargetState.COMPLETED, pk__gt=last)
            .order_by("pk")
            .values_list("pk", f"{column}_id", "kind", "inputs", "prior")[:CHUNK]
        )
        chunk = [
            Done(
                pk,
                subject_id,
                kind or operation.kind,
                (inputs or {}) if kind else operation.inputs,
                prior,
            )
            for pk, subject_id, kind, inputs, prior in rows
        ]
        if not chunk:
            return
        yield chunk
        last = chunk[-1].pk


def _write(undo: Operation, chunk: list[Done], column: str) -> None:
    # Made first: the cursor that copies can do nothing else meanwhile.
    rows = list(_targets(undo, chunk))
    with connection.cursor() as cursor:
        # Several times as fast as inserts.
        copied = f"COPY fleet_operationtarget (operation_id, {column}_id, {', '.join(_COPIED)})"
        with cursor.copy(f"{copied} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _targets(undo: Operation, chunk: list[Done]) -> Iterator[tuple[Any, ...]]:
    """Rows of the columns that are copied."""
    for name, inputs, alike in alike_in(chunk):
        kind = KINDS[name]
        rows = kind.rows_by_id([done.subject_id for done in alike]).filter(removed_at=None)
        snapshots = dict(
            rows.filter(kind.reached(inputs))
            .annotate(values_now=kind.snapshot())
            .values_list("pk", "values_now")
        )
        for done in alike:
            back = kind.inverse(done.prior, inputs)
            reason = back if isinstance(back, str) else ""
            if done.subject_id not in snapshots:
                reason = f"is no longer as operation #{undo.undoes_id} left it"
            state = TargetState.SKIPPED if reason else TargetState.QUEUED
            own = (back[0], Jsonb(back[1])) if not (reason or isinstance(back, str)) else ("", None)
            prior = Jsonb(snapshots.get(done.subject_id, {}))
            yield undo.pk, done.subject_id, *own, prior, state.value, reason, False, 0, False
