"""Compares what was read back with the intent, and writes what comes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import connection
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationTarget, TargetState
from fleet.operations.alike import Alike, alike
from fleet.operations.answers import NO_SUCH_CALL
from fleet.operations.kinds.kind import Kind
from fleet.operations.kinds.shown import shown
from fleet.operations.kinds.voice import GroupVoice, Voice
from fleet.operations.stop import cancel
from fleet.operations.targets import finish, look_later, touch

ATTEMPTS = 3
LONGEST_PAUSE = timedelta(seconds=30)
SHORTEST_PAUSE = timedelta(seconds=2)


class ReadTarget(Protocol):
    """A target that was read back."""

    pk: int
    operation_id: int
    subject_id: int
    kind: str
    inputs: Mapping[str, Any]
    state: str
    acted_at: datetime
    claimed_at: datetime | None
    attempts: int
    refused: bool
    reason: str

    @property
    def lag(self) -> timedelta:
        """How long the API's records may lag behind."""
        ...


@dataclass
class Verdicts:
    """What comes of targets, gathered so that many alike are one statement."""

    failed: dict[str, list[int]] = field(default_factory=dict)
    later: dict[timedelta, list[int]] = field(default_factory=dict)
    operations: set[int] = field(default_factory=set)

    def fail(self, target: ReadTarget, reason: str) -> None:
        """It ends with this reason."""
        self.failed.setdefault(reason, []).append(target.pk)
        self.operations.add(target.operation_id)

    def look_later(self, target: ReadTarget, pause: timedelta) -> None:
        """It is read back again only after a pause."""
        seconds = timedelta(seconds=round(pause.total_seconds()))
        self.later.setdefault(seconds, []).append(target.pk)

    def give_up(self, target: ReadTarget, after: timedelta, reason: str) -> None:
        """It ends with this reason if that is how things are for so long."""
        waited = timezone.now() - target.acted_at
        if waited >= after:
            self.fail(target, reason)
        # Ever more rarely, as long as it has waited already.
        elif (pause := min(LONGEST_PAUSE, waited / 2)) > SHORTEST_PAUSE:
            self.look_later(target, pause)

    def write(self) -> int:
        """Write what was gathered; the number of targets ended."""
        ended = sum(finish(ids, TargetState.FAILED, reason) for reason, ids in self.failed.items())
        for pause, ids in self.later.items():
            look_later(ids, pause)
        touch(self.operations)
        return ended


@dataclass(frozen=True)
class _Now:
    """A row as it was read back."""

    values: Mapping[str, Any]
    removed: bool
    reached: bool
    moving: bool


def compare(targets: Sequence[ReadTarget]) -> int:
    """End the targets that, just read back, are as wanted, or too late for it; their number."""
    verdicts = Verdicts(operations={target.operation_id for target in targets})
    completed = sum(_compare(some, verdicts) for some in alike(targets))
    return completed + verdicts.write()


def _compare(some: Alike[ReadTarget], verdicts: Verdicts) -> int:
    kind = some.kind
    rows = some.rows.annotate(
        values_now=kind.snapshot(), is_reached=some.reached(), moves_now=kind.moves()
    )
    now = {
        pk: _Now(values, bool(removed_at), reached, moving)
        for pk, removed_at, values, reached, moving in rows.values_list(
            "pk", "removed_at", "values_now", "is_reached", "moves_now"
        )
    }
    there = []
    for target in some.targets:
        row = now[target.subject_id]
        if row.reached and (kind.expects_removal or not row.removed):
            there.append((target, row.values))
        else:
            _judge(kind, target, row, verdicts)
    return _complete(kind, there)


def _judge(kind: Kind, target: ReadTarget, row: _Now, verdicts: Verdicts) -> None:
    """One that is not as wanted."""
    if row.removed:
        verdicts.fail(target, f"The {kind.noun} is no longer at Telnyx.")
    elif target.state == TargetState.UNKNOWN:
        if row.moving and timezone.now() - target.acted_at < target.lag:
            # What moves it may be the request whose answer was lost.
            verdicts.look_later(target, SHORTEST_PAUSE)
        else:
            _send_again(target, verdicts)
    elif target.refused:
        verdicts.fail(target, target.reason)
        _note_missing_call(kind, target)
    else:
        text = (
            f"The action completed, but the {kind.noun} reads back as "
            f"“{shown(row.values) or 'before'}”, not {kind.done}. "
            f"{row.values.get('status_reason') or ''}"
        )
        verdicts.give_up(target, target.lag, text.strip())


def _complete(kind: Kind, there: Sequence[tuple[ReadTarget, Mapping[str, Any]]]) -> int:
    if not there:
        return 0
    seen = json.dumps({target.pk: values for target, values in there})
    with connection.cursor() as cursor:
        # No join, which a planner that counts too few targets under way would make a slow one.
        cursor.execute(
            """
            UPDATE fleet_operationtarget
            SET state = 'completed', reason = '', after = %s::jsonb -> id::text,
                due_at = NULL, finished_at = %s
            WHERE id = ANY(%s) AND state IN ('in_progress', 'unknown')
            """,
            [seen, timezone.now(), [target.pk for target, _ in there]],
        )
        ended = cursor.rowcount
    switched = any(not target.refused for target, _ in there)
    if switched and isinstance(kind, Voice) and not isinstance(kind, GroupVoice):
        TelnyxAccount.objects.filter(
            operations__pk=there[0][0].operation_id, voice_per_sim_card=None
        ).update(voice_per_sim_card=True)
    return ended


def _send_again(target: ReadTarget, verdicts: Verdicts) -> None:
    """Its answer was lost, and reading back shows that it was not applied."""
    if target.attempts >= ATTEMPTS:
        reason = f"No answer after {target.attempts} attempts, and nothing has changed."
        verdicts.fail(target, reason)
        return
    OperationTarget.objects.filter(
        pk=target.pk, claimed_at=target.claimed_at, state=TargetState.UNKNOWN
    ).update(
        state=TargetState.QUEUED,
        reason="was not applied; is sent again",
        due_at=timezone.now(),
    )


def _note_missing_call(kind: Kind, target: ReadTarget) -> None:
    """A SIM card that exists, and a 404: the API has no such call for single SIM cards."""
    if not isinstance(kind, Voice) or not target.reason.startswith(NO_SUCH_CALL):
        return
    operation = Operation.objects.select_related("account").get(pk=target.operation_id)
    TelnyxAccount.objects.filter(pk=operation.account_id).update(voice_per_sim_card=False)
    cancel(operation)
