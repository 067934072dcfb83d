"""Reads back what completed and compares it with the intent."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationTarget, TargetState
from fleet.operations.answers import NO_SUCH_CALL
from fleet.operations.catalog import KINDS
from fleet.operations.claim import alike_in
from fleet.operations.kinds.kind import Follow, Kind, Subject
from fleet.operations.kinds.shown import shown
from fleet.operations.kinds.voice import GroupVoice, Voice
from fleet.operations.reading import ReadBack, read
from fleet.operations.stop import cancel
from fleet.operations.targets import finish, look_later, touch
from fleet.sync.connection import noting_connection
from telnyx_api import Client

logger = logging.getLogger(__name__)

# So long the API's records may lag behind the completed action.
LAG = timedelta(seconds=30)
# So long what is read back may answer with an error.
GIVE_UP_AFTER = timedelta(hours=1)
# And so long what is only read all together may not be readable, whoever is to blame.
HINDERED_FOR = timedelta(days=1)
ATTEMPTS = 3
LONGEST_PAUSE = timedelta(seconds=30)
# So many are compared in one statement.
COMPARED = 2_000

_ANSWERED = [kind.name for kind in KINDS.values() if kind.follow == Follow.ANSWER]


@dataclass
class Unverified:
    """A target that is to be read back."""

    pk: int
    operation_id: int
    subject_id: int
    remote_id: str
    kind: str
    inputs: Mapping[str, Any]
    state: str
    acted_at: datetime
    claimed_at: datetime | None
    attempts: int
    refused: bool
    reason: str

    @property
    def entry(self) -> Kind:
        """Its kind."""
        return KINDS[self.kind]

    @property
    def lag(self) -> timedelta:
        """How long the API's records may lag behind."""
        return max(LAG, timedelta(seconds=self.entry.lag))


def verify(account: TelnyxAccount, client: Client) -> int:
    """Read back what completed, compare it with the intent; the number of targets ended.

    Where the answer to a request alone would have said that it is done, and was lost, reading
    back tells whether it was applied. Raises TelnyxError.
    """
    ended = 0
    asked = False
    failure: Exception | None = None
    for reading, targets in _by_reading(account).items():
        answer = read(account, client, reading, targets)
        asked = asked or answer.singly
        ended += _compare([t for t in targets if t.remote_id in answer.read])
        ended += _give_up_on(targets, answer)
        failure = failure or answer.failure
    if asked:
        with noting_connection(account):
            if failure:
                raise failure
    return ended


def _by_reading(account: TelnyxAccount) -> dict[Any, list[Unverified]]:
    found: dict[Any, list[Unverified]] = {}
    for target in _waiting(account):
        found.setdefault(target.entry.reading, []).append(target)
    return found


def _waiting(account: TelnyxAccount) -> list[Unverified]:
    now = timezone.now()
    answered = Q(kind__in=_ANSWERED) | Q(kind="", operation__kind__in=_ANSWERED)
    due = Q(due_at=None) | Q(due_at__lte=now)
    rows: QuerySet[OperationTarget] = OperationTarget.objects.filter(
        due, operation__account=account
    ).filter(
        Q(state=TargetState.IN_PROGRESS, acted_at__isnull=False)
        | Q(answered, state=TargetState.UNKNOWN)
    )
    found = []
    for target in rows.order_by("id").values(
        "pk", "operation_id", "sim_card_id", "group_id", "kind", "inputs", "state", "acted_at",
        "submitted_at", "claimed_at", "attempts", "refused", "reason",
        of_operation=F("operation__kind"),
        inputs_of_operation=F("operation__inputs"),
        card_remote_id=F("sim_card__remote_id"),
        group_remote_id=F("group__remote_id"),
    ):  # fmt: skip
        own = bool(target["kind"])
        kind = target["kind"] or target["of_operation"]
        of_cards = KINDS[kind].subject == Subject.SIM_CARDS
        remote = target["card_remote_id"] if of_cards else target["group_remote_id"]
        found.append(
            Unverified(
                pk=target["pk"],
                operation_id=target["operation_id"],
                subject_id=target["sim_card_id"] if of_cards else target["group_id"],
                remote_id=str(remote),
                kind=kind,
                inputs=(target["inputs"] or {}) if own else target["inputs_of_operation"],
                state=target["state"],
                acted_at=target["acted_at"] or target["submitted_at"] or now,
                claimed_at=target["claimed_at"],
                attempts=target["attempts"],
                refused=target["refused"],
                reason=target["reason"],
            )
        )
    return found


def _give_up_on(targets: Sequence[Unverified], answer: ReadBack) -> int:
    """End the targets that cannot be read for too long."""
    ended = 0
    for target in targets:
        if reason := answer.unreadable.get(target.remote_id):
            text = f"The action completed, but Telnyx's record cannot be read: {reason}."
            ended += _give_up(target, target.lag, text)
        if answer.hindered:
            text = f"The request was sent, but what became of it is not known: {answer.hindered}."
            ended += _give_up(target, HINDERED_FOR, text)
        error = answer.failed.get(target.remote_id)
        # Only what concerns this one target ends it; the API being away does not.
        if error and error.status is not None and answer.read:
            ended += _give_up(target, GIVE_UP_AFTER, str(error))
    return ended


def _give_up(target: Unverified, after: timedelta, reason: str) -> int:
    waited = timezone.now() - target.acted_at
    if waited < after:
        # Ever more rarely, as long as it has waited already.
        pause = min(LONGEST_PAUSE, waited / 2)
        if pause > timedelta(seconds=2):
            look_later([target.pk], pause)
        return 0
    touch({target.operation_id})
    return finish(target.pk, TargetState.FAILED, reason)


def _compare(targets: list[Unverified]) -> int:
    """End the targets that, just read back, are as wanted, or too late for it."""
    ended = 0
    for name, inputs, alike in alike_in(targets):
        for start in range(0, len(alike), COMPARED):
            ended += _compare_alike(KINDS[name], inputs, alike[start : start + COMPARED])
    touch(target.operation_id for target in targets)
    return ended


def _compare_alike(kind: Kind, inputs: Mapping[str, Any], targets: list[Unverified]) -> int:
    rows = kind.rows_by_id([target.subject_id for target in targets])
    now_are = {
        pk: (values, removed_at)
        for pk, values, removed_at in rows.annotate(values_now=kind.snapshot()).values_list(
            "pk", "values_now", "removed_at"
        )
    }
    present = rows if kind.expects_removal else rows.filter(removed_at=None)
    reached = set(present.filter(kind.reached(inputs)).values_list("pk", flat=True))
    moving = set(rows.filter(kind.is_moving).values_list("pk", flat=True) if kind.is_moving else ())
    there = [target for target in targets if target.subject_id in reached]
    ended = _complete(kind, there, now_are)
    for target in targets:
        if target.subject_id in reached:
            continue
        values, removed_at = now_are[target.subject_id]
        if removed_at:
            ended += finish(
                target.pk, TargetState.FAILED, f"The {kind.noun} is no longer at Telnyx."
            )
        elif target.state == TargetState.UNKNOWN:
            if target.subject_id in moving and timezone.now() - target.acted_at < target.lag:
                # What moves it may be the request whose answer was lost.
                look_later([target.pk], timedelta(seconds=2))
            else:
                ended += _send_again(target)
        elif target.refused:
            ended += finish(target.pk, TargetState.FAILED, target.reason)
            _note_missing_call(kind, target)
        else:
            text = (
                f"The action completed, but the {kind.noun} reads back as "
                f"“{shown(values) or 'before'}”, not {kind.done}. "
                f"{(values or {}).get('status_reason') or ''}"
            )
            ended += _give_up(target, target.lag, text.strip())
    return ended


def _complete(
    kind: Kind, targets: Sequence[Unverified], now_are: Mapping[int, tuple[Any, Any]]
) -> int:
    by_values: dict[str, tuple[Any, list[int]]] = {}
    for target in targets:
        values = now_are[target.subject_id][0]
        by_values.setdefault(repr(values), (values, []))[1].append(target.pk)
    ended = 0
    for values, ids in by_values.values():
        ended += OperationTarget.objects.filter(
            pk__in=ids, state__in=[TargetState.IN_PROGRESS, TargetState.UNKNOWN]
        ).update(
            state=TargetState.COMPLETED,
            reason="",
            after=values,
            due_at=None,
            finished_at=timezone.now(),
        )
    if targets and isinstance(kind, Voice) and not isinstance(kind, GroupVoice):
        TelnyxAccount.objects.filter(
            operations__pk=targets[0].operation_id, voice_per_sim_card=None
        ).update(voice_per_sim_card=True)
    return ended


def _send_again(target: Unverified) -> int:
    """Its answer was lost, and reading back shows that it was not applied."""
    if target.attempts >= ATTEMPTS:
        reason = f"No answer after {target.attempts} attempts, and nothing has changed."
        return finish(target.pk, TargetState.FAILED, reason)
    OperationTarget.objects.filter(
        pk=target.pk, claimed_at=target.claimed_at, state=TargetState.UNKNOWN
    ).update(
        state=TargetState.QUEUED,
        reason="was not applied; is sent again",
        due_at=timezone.now(),
    )
    return 0


def _note_missing_call(kind: Kind, target: Unverified) -> None:
    """A SIM card that exists, and a 404: the API has no such call for single SIM cards."""
    if not isinstance(kind, Voice) or not target.reason.startswith(NO_SUCH_CALL):
        return
    operation = Operation.objects.select_related("account").get(pk=target.operation_id)
    TelnyxAccount.objects.filter(pk=operation.account_id).update(voice_per_sim_card=False)
    cancel(operation)
