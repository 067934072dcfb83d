"""Reads SIM cards back from the API by their ids."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Group, Resource
from fleet.sync.merge import Origin, merge
from fleet.sync.reconcile import is_gone, mark_removed
from fleet.sync.registry import SYNCS
from fleet.sync.values import BadValue
from telnyx_api import Client, errors


@dataclass
class ReadBack:
    """What asking for SIM cards brought, by their ids at the API."""

    stored: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    # Why the record of one that exists cannot be stored.
    unreadable: dict[str, str] = field(default_factory=dict)
    failed: dict[str, errors.TelnyxError] = field(default_factory=dict)
    # Rows that were written.
    changed: int = 0


def read_back(
    account: TelnyxAccount, client: Client, remote_ids: Iterable[str], origin: Origin
) -> ReadBack:
    """Ask for SIM cards by id in a few threads and merge the answers.

    A 404 marks the SIM card as removed. One that fails does not keep the others from being stored.
    """
    sync = SYNCS["sim_cards"]

    def ask(remote_id: str) -> tuple[str, datetime, Any, errors.TelnyxError | None]:
        asked_at = timezone.now()
        try:
            return remote_id, asked_at, sync.retrieve(client, remote_id), None
        except errors.TelnyxError as error:
            return remote_id, asked_at, None, error

    with ThreadPoolExecutor(settings.TELNYX_THREADS, thread_name_prefix="read-back") as pool:
        answers = list(pool.map(ask, remote_ids))
    result = ReadBack()
    found = []
    for remote_id, asked_at, record, error in answers:
        if error and is_gone(error):
            mark_removed(account, sync, remote_id, asked_at, origin)
            result.removed.add(remote_id)
        elif error:
            result.failed[remote_id] = error
        else:
            try:
                found.append(sync.map(record, with_details=True))
            except BadValue as reason:
                result.unreadable[remote_id] = str(reason)
            else:
                result.stored.add(remote_id)
    if found:
        earliest = min(asked_at for _, asked_at, _, _ in answers)
        result.changed = merge(sync, account, found, earliest, origin, with_details=True).changed
    return result


def read_group(
    account: TelnyxAccount,
    client: Client,
    remote_id: str,
    origin: Origin,
    sim_card_count: int | None = None,
) -> None:
    """Ask for a group and store the answer; a 404 marks it as removed.

    The answer by id has no count of SIM cards: the one that is given, or was stored, stays. Raises
    BadValue, TelnyxError.
    """
    sync = SYNCS[Resource.GROUPS]
    asked_at = timezone.now()
    try:
        record = sync.retrieve(client, remote_id)
    except errors.NotFound as error:
        if not is_gone(error):
            raise
        mark_removed(account, sync, remote_id, asked_at, origin)
        return
    if sim_card_count is None:
        stored = Group.objects.filter(account=account, remote_id=remote_id)
        sim_card_count = stored.values_list("sim_card_count", flat=True).first()
    counted = {"sim_card_count": sim_card_count, **record}
    merge(sync, account, [sync.map(counted)], asked_at, origin)
