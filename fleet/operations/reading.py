"""Reads back what operations have changed: by id or by a sweep, whichever takes fewer calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from accounts.models import TelnyxAccount
from fleet.models import Cause, Operation, Resource, SimCard, SyncState
from fleet.operations.kinds.kind import Kind, Reading
from fleet.sync.connection import is_answer
from fleet.sync.engine import start_run, sweep
from fleet.sync.merge import Origin
from fleet.sync.public_ips import read_public_ips
from fleet.sync.read_back import read_back, read_group
from fleet.sync.values import BadValue
from telnyx_api import Client, errors

# Up to this many are always read one by one; more, where that costs fewer calls than a sweep.
READ_SINGLY = 20
# So many in one pass where a sweep cannot do it.
SINGLY = 250


class Target(Protocol):
    """What is read back."""

    operation_id: int
    subject_id: int
    remote_id: str
    acted_at: datetime

    @property
    def entry(self) -> Kind:
        """Its kind."""
        ...


@dataclass
class ReadBack:
    """What was read, by the ids at the API; `failure` is what kept the rest from being read."""

    read: set[str] = field(default_factory=set)
    unreadable: dict[str, str] = field(default_factory=dict)
    failed: dict[str, errors.TelnyxError] = field(default_factory=dict)
    # Why none of them could be read, where they can only be read all together.
    hindered: str = ""
    # Asked for one by one; a sweep notes the connection's state itself.
    singly: bool = True

    @property
    def failure(self) -> errors.TelnyxError | None:
        """The first error that says something of the API itself, if any."""
        return next((error for error in self.failed.values() if not is_answer(error)), None)


def read(
    account: TelnyxAccount, client: Client, reading: Reading, targets: Sequence[Target]
) -> ReadBack:
    """Read these back and store what the API says, as caused by their operations."""
    account.refresh_from_db()
    if not account.may_call or not targets:
        return ReadBack(singly=False)
    match reading:
        case Reading.SIM_CARD:
            return _sim_cards(account, client, targets)
        case Reading.NOTIFICATIONS:
            found = _by_sweep(account, Resource.NOTIFICATIONS, targets)
            why = "the list of usage notifications could not be read whole"
            return found or ReadBack(hindered=why, singly=False)
        case Reading.PUBLIC_IP:
            return _public_ips(account, client, targets[:SINGLY])
        case Reading.GROUP:
            return _groups(account, client, targets[:SINGLY])


def _sim_cards(account: TelnyxAccount, client: Client, targets: Sequence[Target]) -> ReadBack:
    pages = SimCard.objects.filter(account=account).present().count() // 250 + 1
    singly = [target for target in targets if target.entry.read_by_id]
    listed = [target for target in targets if not target.entry.read_by_id]
    answer = None
    if len(listed) > max(READ_SINGLY, pages):
        answer = _by_sweep(account, Resource.SIM_CARDS, listed)
        account.refresh_from_db()
        if not account.may_call:
            return answer or ReadBack(singly=False)
    if answer is None:
        # A list that cannot be read whole must not hold up what can be read by id.
        singly = list(targets)
    elif not singly:
        return answer
    found = _singly(account, client, singly[: max(SINGLY, pages)])
    if answer:
        found.read |= answer.read
    return found


def _singly(account: TelnyxAccount, client: Client, targets: Sequence[Target]) -> ReadBack:
    result = ReadBack()
    for operation_id, ids in _by_operation(targets).items():
        origin = Origin(Cause.OPERATION, operation=Operation(pk=operation_id))
        answer = read_back(account, client, ids, origin)
        result.read |= answer.stored | answer.removed
        result.unreadable |= answer.unreadable
        result.failed |= answer.failed
    return result


def _by_operation(targets: Sequence[Target]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for target in targets:
        found.setdefault(target.operation_id, []).append(target.remote_id)
    return found


def _by_sweep(
    account: TelnyxAccount, resource: Resource, targets: Sequence[Target]
) -> ReadBack | None:
    """What a sweep read in time; None where it could not read all."""
    run = start_run(account, resource)
    if run is None:
        # The sweep that is running may have read some of them too early; the next pass looks.
        return ReadBack(singly=False)
    # What operations need to know is not held up by the budget of API calls.
    if sweep(run, within_budget=False).state != SyncState.COMPLETE:
        return None
    in_time = {target.remote_id for target in targets if target.acted_at <= run.started_at}
    return ReadBack(in_time, singly=False)


def _public_ips(account: TelnyxAccount, client: Client, targets: Sequence[Target]) -> ReadBack:
    result = ReadBack()
    cards = SimCard.objects.in_bulk([target.subject_id for target in targets])
    for target in targets:
        origin = Origin(Cause.OPERATION, operation=Operation(pk=target.operation_id))
        try:
            read_public_ips(account, client, [cards[target.subject_id]], origin)
        except BadValue as reason:
            result.unreadable[target.remote_id] = str(reason)
        except errors.TelnyxError as error:
            result.failed[target.remote_id] = error
        else:
            result.read.add(target.remote_id)
    return result


def _groups(account: TelnyxAccount, client: Client, targets: Sequence[Target]) -> ReadBack:
    result = ReadBack()
    for target in targets:
        origin = Origin(Cause.OPERATION, operation=Operation(pk=target.operation_id))
        try:
            read_group(account, client, target.remote_id, origin)
        except BadValue as reason:
            result.unreadable[target.remote_id] = str(reason)
        except errors.TelnyxError as error:
            result.failed[target.remote_id] = error
        else:
            result.read.add(target.remote_id)
    return result
