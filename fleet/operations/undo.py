"""Plans to take an operation back, from the prior states that its targets stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from accounts.models import Person
from fleet.models import Operation, OperationState, TargetState
from fleet.operations.alike import alike
from fleet.operations.catalog import KINDS
from fleet.operations.kinds.kind import Kind, Subject
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
    # As it was verified; None where that was not noted.
    after: Mapping[str, Any] | None


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
    # An undo's targets have kinds of their own.
    if kind.name.startswith("undo"):
        return ""
    if not kind.values:
        return "there is nothing to take back"
    if type(kind).inverse is Kind.inverse:
        return f"what is {kind.done} stays so"
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
    # Most kinds do without it, and a hundred thousand of them take a while to read.
    after = ["after"] if kind_of(operation).left_as or operation.kind.startswith("undo") else []
    last = 0
    while True:
        rows = (
            operation.targets.filter(state=TargetState.COMPLETED, pk__gt=last)
            .order_by("pk")
            .values_list("pk", f"{column}_id", "kind", "inputs", "prior", *after)[:CHUNK]
        )
        chunk = [
            Done(
                pk,
                subject_id,
                kind or operation.kind,
                (inputs or {}) if kind else operation.inputs,
                prior,
                noted[0] if noted else None,
            )
            for pk, subject_id, kind, inputs, prior, *noted in rows
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
    for some in alike(chunk):
        present = (
            some.rows.filter(removed_at=None)
            .annotate(values_now=some.kind.snapshot(), is_reached=some.reached())
            .values_list("pk", "values_now", "is_reached")
        )
        now = {pk: (values, reached) for pk, values, reached in present}
        for inputs, targets in some.parts:
            for done in targets:
                back = some.kind.inverse(done.prior, inputs)
                values, reached = now.get(done.subject_id, ({}, False))
                reason = back if isinstance(back, str) else ""
                if not reason and not _is_as_left(some.kind, done, values, reached):
                    reason = f"is no longer as operation #{undo.undoes_id} left it"
                own = ("", None) if reason or isinstance(back, str) else (back[0], Jsonb(back[1]))
                state = TargetState.SKIPPED if reason else TargetState.QUEUED
                prior = Jsonb(values)
                yield undo.pk, done.subject_id, *own, prior, state.value, reason, False, 0, False


def _is_as_left(kind: Kind, done: Done, now: Mapping[str, Any], reached: bool) -> bool:
    """Whether nobody has changed since what the operation had led to."""
    if not now or not kind.left_as or not done.after or kind.left_as not in done.after:
        return reached
    return _in_order(now.get(kind.left_as)) == _in_order(done.after[kind.left_as])


def _in_order(value: Any) -> Any:
    # The API's lists are sets, and an empty one is none.
    return sorted(value) or None if isinstance(value, list) else value
