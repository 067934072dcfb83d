"""Follows what was sent, by paging the API's list of actions: one pass for all operations."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import OperationTarget, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.targets import finish, send_again, touch
from fleet.sync.connection import noting_connection
from fleet.sync.values import BadValue, moment
from telnyx_api import Client, errors

# The API's clock and ours may differ by this much.
CLOCK_SKEW = timedelta(minutes=2)
# Asked for by id because the list did not show them; the rest waits for the next pass.
ASKED_SINGLY = 25
ATTEMPTS = 3
GIVE_UP_AFTER = timedelta(hours=1)


@dataclass
class Tracked:
    """What a pass found out, in targets, and what it cost, in API calls."""

    completed: int = 0
    failed: int = 0
    adopted: int = 0
    requeued: int = 0
    api_calls: int = 0
    operations: set[int] = field(default_factory=set)


def track(account: TelnyxAccount, client: Client) -> Tracked:
    """One pass: follow actions in progress and resolve unknown outcomes. Raises TelnyxError.

    The list is read newest first until it is older than the oldest target, so that the number
    of calls depends on what is under way, not on the account's history.
    """
    result = Tracked()
    targets = list(
        OperationTarget.objects.filter(
            operation__account=account,
            state__in=[TargetState.IN_PROGRESS, TargetState.UNKNOWN],
            acted_at=None,
        ).select_related("operation", "sim_card")
    )
    if targets:
        try:
            with noting_connection(account):
                _pass(client, targets, result)
        finally:
            touch(result.operations)
    return result


def _pass(client: Client, targets: list[OperationTarget], result: Tracked) -> None:
    began = timezone.now()
    by_action = {t.remote_action_id: t for t in targets if t.remote_action_id}
    unknown = {
        (str(t.sim_card.remote_id), KINDS[t.operation.kind].action_type): t
        for t in targets
        if t.state == TargetState.UNKNOWN
    }
    oldest = min(_sent_at(target) or began for target in targets)
    listed = _list_actions(client, oldest - CLOCK_SKEW, set(by_action), bool(unknown), result)
    linked = set(
        OperationTarget.objects.filter(
            remote_action_id__in=[str(a.get("id")) for a in listed]
        ).values_list("remote_action_id", flat=True)
    )
    seen = set()
    for action in listed:
        action_id = str(action.get("id"))
        target = by_action.get(action_id)
        if target is None and action_id not in linked:
            target = _adopt(unknown, action, result)
        if target and target.pk not in seen:
            seen.add(target.pk)
            _follow(target, action, result)
    for target in unknown.values():
        _resolve_absent(target, began, result)
    missing = [t for t in by_action.values() if t.pk not in seen]
    _ask_singly(client, missing[:ASKED_SINGLY], result)


def _sent_at(target: OperationTarget) -> datetime | None:
    return target.submitted_at or target.claimed_at


def _list_actions(
    client: Client, since: datetime, wanted: set[str], need_all: bool, result: Tracked
) -> list[dict[str, Any]]:
    """The actions since a time, newest first; without `need_all` only while it pays."""
    listed: list[dict[str, Any]] = []
    for page in client.sim_card_actions.pages():
        result.api_calls += 1
        records = [dict(record) for record in page.data if isinstance(record, dict)]
        listed += records
        wanted -= {str(record.get("id")) for record in records}
        # Newest first is the documented default; a list in another order is read to its end.
        ages = [age for age in map(_created, records) if age]
        descending = all(a >= b for a, b in itertools.pairwise(ages))
        if descending and ages and ages[-1] < since:
            break
        # The few that are left cost less when asked for by id.
        if not need_all and len(wanted) <= min(result.api_calls, ASKED_SINGLY):
            break
    return sorted(listed, key=lambda action: _created(action) or since, reverse=True)


def _created(action: dict[str, Any]) -> datetime | None:
    try:
        return moment(action, "created_at")
    except BadValue:
        return None


def _adopt(
    unknown: dict[tuple[str, str], OperationTarget], action: dict[str, Any], result: Tracked
) -> OperationTarget | None:
    """Link an action that answers for an unknown outcome; the target, or None."""
    key = (str(action.get("sim_card_id")), str(action.get("action_type")))
    target = unknown.get(key)
    created = _created(action)
    sent_at = _sent_at(target) if target else None
    if target is None or created is None or sent_at is None or created < sent_at - CLOCK_SKEW:
        return None
    try:
        with transaction.atomic():
            adopted = OperationTarget.objects.filter(
                pk=target.pk, state=TargetState.UNKNOWN
            ).update(
                state=TargetState.IN_PROGRESS,
                remote_action_id=str(action["id"]),
                submitted_at=created,
                due_at=None,
                reason="",
            )
    except IntegrityError:
        return None
    if not adopted:
        return None
    del unknown[key]
    result.adopted += 1
    result.operations.add(target.operation_id)
    return target


def _follow(target: OperationTarget, action: dict[str, Any], result: Tracked) -> None:
    """Take over the state of a target's action."""
    status = action.get("status")
    state = status if isinstance(status, dict) else {"value": status}
    value, reason = str(state.get("value")), str(state.get("reason") or "")
    if value == "completed":
        result.completed += OperationTarget.objects.filter(
            pk=target.pk, state=TargetState.IN_PROGRESS, acted_at=None
        ).update(acted_at=timezone.now())
    elif value == "failed":
        reason = reason or "Telnyx reports a failure without a reason."
        result.failed += finish(target.pk, TargetState.FAILED, reason)
    elif value == "interrupted":
        reason = reason or "Telnyx interrupted the action."
        result.failed += finish(target.pk, TargetState.INTERRUPTED, reason)
    elif _overdue(target):
        reason = f"Telnyx still shows the action as “{value}” after an hour."
        result.failed += finish(target.pk, TargetState.FAILED, reason)
    else:
        return
    result.operations.add(target.operation_id)


def _overdue(target: OperationTarget) -> bool:
    since = _sent_at(target)
    return since is not None and since < timezone.now() - GIVE_UP_AFTER


def _resolve_absent(target: OperationTarget, pass_began: datetime, result: Tracked) -> None:
    """An unknown outcome for which the whole list shows no action was not applied."""
    if target.due_at and target.due_at > pass_began:
        return
    if target.attempts >= ATTEMPTS:
        reason = f"No answer after {target.attempts} attempts, and Telnyx shows no action."
        result.failed += finish(target.pk, TargetState.FAILED, reason)
    else:
        result.requeued += send_again(target)
    result.operations.add(target.operation_id)


def _ask_singly(client: Client, targets: Iterable[OperationTarget], result: Tracked) -> None:
    for target in targets:
        assert target.remote_action_id is not None
        result.api_calls += 1
        try:
            action = client.sim_card_actions.retrieve(target.remote_action_id)
        except errors.NotFound:
            if _overdue(target):
                finish(target.pk, TargetState.FAILED, "Telnyx no longer knows the action.")
                result.operations.add(target.operation_id)
            continue
        _follow(target, dict(action), result)
