"""Follows what was sent, by paging the API's lists of actions: one pass for all operations."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import OperationTarget, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.journals import JOURNALS, Journal
from fleet.operations.kinds.kind import Subject
from fleet.operations.kinds.voice import GroupVoice
from fleet.operations.targets import finish, send_again, touch
from fleet.sync.connection import is_answer, noting_connection
from fleet.sync.values import BadValue, moment
from telnyx_api import Client, errors

# The API's clock and ours may differ by this much.
CLOCK_SKEW = timedelta(minutes=2)
# Asked for by id because the list did not show them; the rest waits for the next pass.
ASKED_SINGLY = 25
ATTEMPTS = 3
# So long an action may be in progress, or what asks for it or its outcome be refused.
GIVE_UP_AFTER = timedelta(hours=1)
# And so long nothing may be readable at all, whoever is to blame.
HINDERED_FOR = timedelta(days=1)
# So long a bulk action may take to begin the action of one of its SIM cards.
BULK_BEGINS = timedelta(minutes=2)
# What these say is not about one action: asking for the others would be of no use now.
OF_ALL = (
    errors.AuthenticationRefused,
    errors.ConnectionNotMade,
    errors.RateLimited,
    errors.RateLimitTimeout,
    errors.DeadlinePassed,
)


@dataclass
class Tracked:
    """What a pass found out, in targets, and what it cost, in API calls."""

    completed: int = 0
    failed: int = 0
    adopted: int = 0
    requeued: int = 0
    api_calls: int = 0
    operations: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Orphan:
    """A target whose action at the API is not known yet: an unknown outcome, or of a bulk."""

    pk: int
    operation_id: int
    state: str
    remote_id: str
    action_type: str
    sent_at: datetime
    # Sent with many others: its action may begin a while after the request.
    in_bulk: bool


def track(account: TelnyxAccount, client: Client, result: Tracked | None = None) -> Tracked:
    """One pass: follow actions in progress and resolve unknown outcomes. Raises TelnyxError.

    A list is read newest first until it is older than what is looked for, so that the number of
    calls depends on what is under way, not on the account's history. `result` is filled as it goes,
    so that an error does not hide what was found before it, nor in the other list.
    """
    result = result or Tracked()
    failure: errors.TelnyxError | None = None
    try:
        for journal in JOURNALS:
            try:
                _Pass(account, client, journal, result).perform()
            except OF_ALL:
                raise
            except errors.TelnyxError as error:
                failure = failure or error
    finally:
        touch(result.operations)
    if failure:
        raise failure
    return result


class _Pass:
    """One reading of one list."""

    def __init__(
        self, account: TelnyxAccount, client: Client, journal: Journal, result: Tracked
    ) -> None:
        self.account, self.client = account, client
        self.journal, self.result = journal, result
        self.began = timezone.now()
        self.mine = journal.targets.filter(operation__account=account)
        followed = self.mine.filter(
            state=TargetState.IN_PROGRESS, acted_at=None, remote_action_id__isnull=False
        )
        # Of those with an action, as the filter has it.
        self.wanted = {str(id) for id in followed.values_list("remote_action_id", flat=True)}
        self.orphans = {(o.remote_id, o.action_type): o for o in self._orphans()}
        self.found: dict[tuple[str, str], tuple[datetime, dict[str, Any]]] = {}
        times = [orphan.sent_at for orphan in self.orphans.values()]
        oldest = followed.order_by("submitted_at").values_list("submitted_at", flat=True).first()
        # Orphans have to be looked for in the whole list of their time; others may be asked for.
        self.since = min([*times, *([oldest] if oldest else [])], default=self.began) - CLOCK_SKEW
        self.orphans_since = min(times, default=self.began) - CLOCK_SKEW

    def _orphans(self) -> Iterator[Orphan]:
        rows = self.mine.filter(acted_at=None).filter(
            Q(state=TargetState.UNKNOWN)
            | Q(state=TargetState.IN_PROGRESS, remote_action_id__isnull=True)
        )
        columns = ("pk", "operation_id", "state", "kind", "operation__kind", "submitted_at")
        remote = "sim_card__remote_id"
        if self.journal.subject == Subject.GROUPS:
            remote = "group__remote_id"
        for (
            pk,
            operation_id,
            state,
            kind,
            of_operation,
            sent_at,
            claimed_at,
            remote_id,
        ) in rows.order_by("-pk").values_list(*columns, "claimed_at", remote):
            entry = KINDS[kind or of_operation]
            at = sent_at or claimed_at or self.began
            in_bulk = isinstance(entry, GroupVoice) or entry.batch({}) > 1
            yield Orphan(pk, operation_id, state, str(remote_id), entry.action_type, at, in_bulk)

    def perform(self) -> None:
        """Read the list and take over what it says."""
        if not (self.wanted or self.orphans):
            return
        with noting_connection(self.account):
            self._read_list()
            self._adopt()
            for orphan in self.orphans.values():
                self._resolve_absent(orphan)
            if self.wanted:
                # By chance, so that some that cannot be read do not keep others from their turn.
                some = random.sample(sorted(self.wanted), min(ASKED_SINGLY, len(self.wanted)))
                self._ask_singly(sorted(some))

    def _read_list(self) -> None:
        calls_before = self.result.api_calls
        for page in self.journal.pages(self.client):
            self.result.api_calls += 1
            records = [dict(record) for record in page.data if isinstance(record, dict)]
            self._take_over(records)
            # Newest first is the documented default; a list in another order is read to its end.
            ages = [age for age in map(_created, records) if age]
            descending = all(a >= b for a, b in itertools.pairwise(ages))
            if descending and ages and ages[-1] < self.since:
                break
            searched = len(self.found) == len(self.orphans) or (
                ages and ages[-1] < self.orphans_since
            )
            calls = self.result.api_calls - calls_before
            # The few that are left cost less when asked for by id.
            if descending and searched and len(self.wanted) <= min(calls, ASKED_SINGLY):
                break

    def _take_over(self, records: list[dict[str, Any]]) -> None:
        """What a page says of our targets; the same number of queries for any page."""
        by_id = {str(record.get("id")): record for record in records}
        linked = {
            str(action_id): (pk, operation_id, state, acted_at, sent_at)
            for action_id, pk, operation_id, state, acted_at, sent_at in (
                OperationTarget.objects.filter(remote_action_id__in=list(by_id)).values_list(
                    "remote_action_id", "pk", "operation_id", "state", "acted_at", "submitted_at"
                )
            )
        }
        self.wanted -= by_id.keys()
        ends = _Ends()
        self._look_for_orphans(r for r in records if str(r.get("id")) not in linked)
        for action_id, (pk, operation_id, state, acted_at, sent_at) in linked.items():
            if state == TargetState.IN_PROGRESS and acted_at is None:
                ends.note(pk, operation_id, sent_at, self._state(by_id[action_id]))
        ends.write(self.result)

    def _state(self, record: Mapping[str, Any]) -> tuple[str, str]:
        status = record.get("status")
        state = status if isinstance(status, dict) else {"value": status}
        return str(state.get("value")), str(state.get("reason") or "")

    def _look_for_orphans(self, records: Iterable[dict[str, Any]]) -> None:
        """Note the newest action that answers for an orphan, in whichever order they come."""
        for record in records:
            key = str(record.get(self.journal.subject_key)), str(record.get(self.journal.type_key))
            orphan, created = self.orphans.get(key), _created(record)
            if not (orphan and record.get("id") and created):
                continue
            newest = self.found.get(key)
            if created >= orphan.sent_at - CLOCK_SKEW and (not newest or created > newest[0]):
                self.found[key] = created, record

    def _adopt(self) -> None:
        """Link the actions that were found to their orphans."""
        ends = _Ends()
        for key, (created, record) in self.found.items():
            orphan = self.orphans.pop(key)
            if _link(orphan, str(record["id"]), created):
                self.result.adopted += 1
                self.result.operations.add(orphan.operation_id)
                ends.note(orphan.pk, orphan.operation_id, created, self._state(record))
        ends.write(self.result)

    def _resolve_absent(self, orphan: Orphan) -> None:
        """An unknown outcome for which the whole list shows no action was not applied."""
        if orphan.in_bulk and orphan.sent_at > self.began - BULK_BEGINS:
            return
        target = OperationTarget.objects.get(pk=orphan.pk)
        if target.state == TargetState.IN_PROGRESS:
            # A bulk action that began none for this one: perhaps it is as wanted.
            OperationTarget.objects.filter(pk=orphan.pk, remote_action_id=None).update(
                acted_at=self.began,
                refused=True,
                reason="Telnyx accepted the bulk request but began no action for this one.",
            )
            return
        if target.due_at and target.due_at > self.began:
            return
        if target.attempts >= ATTEMPTS:
            reason = f"No answer after {target.attempts} attempts, and Telnyx shows no action."
            self.result.failed += finish(target.pk, TargetState.FAILED, reason)
        else:
            self.result.requeued += send_again(target)
        self.result.operations.add(target.operation_id)

    def _ask_singly(self, action_ids: Iterable[str]) -> None:
        ends = _Ends()
        for action_id in action_ids:
            target = self.mine.filter(
                remote_action_id=action_id, state=TargetState.IN_PROGRESS, acted_at=None
            ).first()
            if target is None:
                continue
            self.result.api_calls += 1
            try:
                record = self.journal.retrieve(self.client, action_id)
            except OF_ALL:
                raise
            except errors.TelnyxError as error:
                # One that cannot be read keeps neither the others nor itself for ever.
                gone = isinstance(error, errors.NotFound)
                patience = GIVE_UP_AFTER if gone or is_answer(error) else HINDERED_FOR
                if _overdue(target.submitted_at, patience):
                    reason = f"What became of the action cannot be read: {error}"
                    reason = "Telnyx no longer knows the action." if gone else reason
                    self.result.failed += finish(target.pk, TargetState.FAILED, reason)
                    self.result.operations.add(target.operation_id)
                continue
            ends.note(target.pk, target.operation_id, target.submitted_at, self._state(record))
        ends.write(self.result)


class _Ends:
    """Targets whose action has ended, gathered so that each kind of end is one statement."""

    def __init__(self) -> None:
        self.completed: list[int] = []
        self.bad: dict[tuple[TargetState, str], list[int]] = {}
        self.operations: set[int] = set()

    def note(
        self, pk: int, operation_id: int, sent_at: datetime | None, state: tuple[str, str]
    ) -> None:
        """Note what an action's status and reason mean."""
        value, reason = state
        if value == "completed":
            self.completed.append(pk)
        elif value == "failed":
            self._end(
                pk, TargetState.FAILED, reason or "Telnyx reports a failure without a reason."
            )
        elif value == "interrupted":
            self._end(pk, TargetState.INTERRUPTED, reason or "Telnyx interrupted the action.")
        elif _overdue(sent_at, GIVE_UP_AFTER):
            text = f"Telnyx still shows the action as “{value}” after an hour."
            self._end(pk, TargetState.FAILED, text)
        else:
            return
        self.operations.add(operation_id)

    def _end(self, pk: int, state: TargetState, reason: str) -> None:
        self.bad.setdefault((state, reason), []).append(pk)

    def write(self, result: Tracked) -> None:
        """Write what was noted."""
        if self.completed:
            result.completed += OperationTarget.objects.filter(
                pk__in=self.completed, state=TargetState.IN_PROGRESS, acted_at=None
            ).update(acted_at=timezone.now())
        for (state, reason), ids in self.bad.items():
            result.failed += finish(ids, state, reason)
        result.operations |= self.operations


def _created(action: Mapping[str, Any]) -> datetime | None:
    try:
        return moment(action, "created_at")
    except BadValue:
        return None


def _link(orphan: Orphan, action_id: str, created: datetime) -> bool:
    try:
        with transaction.atomic():
            return bool(
                OperationTarget.objects.filter(
                    pk=orphan.pk, state=orphan.state, remote_action_id=None, acted_at=None
                ).update(
                    state=TargetState.IN_PROGRESS,
                    remote_action_id=action_id,
                    submitted_at=created,
                    due_at=None,
                    reason="",
                )
            )
    except IntegrityError:
        return False


def _overdue(sent_at: datetime | None, patience: timedelta) -> bool:
    return sent_at is not None and sent_at < timezone.now() - patience
