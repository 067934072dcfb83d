"""Reads one SIM card, or a few, from the API now."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Cause, SimCard
from fleet.sync.connection import client_for, noting_connection
from fleet.sync.engine import SYNCS
from fleet.sync.merge import Origin, merge
from fleet.sync.reconcile import mark_removed
from telnyx_api import Client, errors


def refresh_sim_card(sim_card: SimCard) -> SimCard:
    """Ask the API for one SIM card with its details, store the answer, return the new row.

    For pages: it gives up after TELNYX_PAGE_SECONDS. Raises AccountUnusable, TelnyxError.
    """
    account = sim_card.account
    client = client_for(account, deadline=settings.TELNYX_PAGE_SECONDS)
    with noting_connection(account):
        read_back(account, client, [str(sim_card.remote_id)], Origin(Cause.REFRESH))
    return SimCard.objects.select_related("account", "group").get(pk=sim_card.pk)


def read_back(
    account: TelnyxAccount, client: Client, remote_ids: Iterable[str], origin: Origin
) -> int:
    """Ask for SIM cards by id in a few threads and merge the answers; the number of answers.

    A 404 marks the SIM card as removed. Raises the first other error, after storing what came.
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
    failure = None
    found = []
    for remote_id, asked_at, record, error in answers:
        if isinstance(error, errors.NotFound):
            mark_removed(account, sync, remote_id, asked_at, origin)
        elif error:
            failure = failure or error
        else:
            found.append(sync.map(record, with_details=True))
    if found:
        earliest = min(asked_at for _, asked_at, _, _ in answers)
        merge(sync, account, found, earliest, origin, with_details=True)
    if failure:
        raise failure
    return len(found)
