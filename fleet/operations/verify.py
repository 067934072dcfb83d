"""Reads back what completed and compares it with the intent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import OperationTarget, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.compare import Verdicts, compare
from fleet.operations.kinds.kind import Follow, Kind, Subject
from fleet.operations.reading import ReadBack, read
from fleet.operations.track import GIVE_UP_AFTER, HINDERED_FOR
from fleet.sync.connection import is_answer, noting_connection
from telnyx_api import Client, errors

# So long the API's records may lag behind the completed action.
LAG = timedelta(seconds=30)

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
        ended += compare([t for t in targets if t.remote_id in answer.read])
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
    verdicts = Verdicts()
    for target in targets:
        what = "The action completed, but"
        if target.refused:
            what = f"{target.reason} And"
        elif target.state == TargetState.UNKNOWN:
            what = "The request was sent, but what became of it is not known:"
        if reason := answer.unreadable.get(target.remote_id):
            text = f"{what} Telnyx's record cannot be read: {reason}."
            verdicts.give_up(target, target.lag, text)
        if answer.hindered:
            text = f"The request was sent, but what became of it is not known: {answer.hindered}."
            verdicts.give_up(target, HINDERED_FOR, text)
        error = answer.failed.get(target.remote_id)
        if error and not isinstance(error, errors.AuthenticationRefused):
            text = f"{what} it cannot be read back: {error}"
            # What the API refuses will not go away; it may itself be away for longer.
            patience = GIVE_UP_AFTER if is_answer(error) else HINDERED_FOR
            verdicts.give_up(target, patience, text)
    return verdicts.write()
