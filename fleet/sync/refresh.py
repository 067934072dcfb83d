"""Reads one SIM card, or one group, from the API now, because a person asked."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from accounts.models import TelnyxAccount
from fleet.models import Cause, Resource, SimCard, SyncRun, SyncState
from fleet.sync.connection import AccountUnusable, client_for, noting_connection
from fleet.sync.engine import start_run, sweep
from fleet.sync.merge import Origin
from fleet.sync.public_ips import read_public_ips
from fleet.sync.read_back import read_back, read_group
from fleet.sync.values import BadValue
from telnyx_api import errors


def refresh_sim_card(sim_card: SimCard, person_id: int | None = None) -> SimCard:
    """Ask the API for one SIM card with its details and public IP, store it, return the new row.

    For pages: it gives up after TELNYX_PAGE_SECONDS. Raises AccountUnusable, TelnyxError.
    """
    account, remote_id = sim_card.account, str(sim_card.remote_id)
    origin = Origin(Cause.REFRESH, person_id=person_id)
    with client_for(account, deadline=settings.TELNYX_PAGE_SECONDS) as client:
        with noting_connection(account):
            answer = read_back(account, client, [remote_id], origin)
            for error in answer.failed.values():
                raise error
        for reason in answer.unreadable.values():
            raise errors.AnswerUnreadable(f"The API's record cannot be stored: {reason}.")
        if answer.stored:
            with noting_connection(account):
                read_public_ips(account, client, [sim_card], origin)
    return SimCard.objects.select_related("account", "group").get(pk=sim_card.pk)


def refresh_group(
    account: TelnyxAccount, group_remote_id: UUID, person_id: int | None
) -> SyncRun | None:
    """Read a group and all its SIM cards; None where that is under way already."""
    run = start_run(account, Resource.SIM_CARDS, person_id, group_remote_id=group_remote_id)
    if run is None:
        return None
    sweep(run)
    if run.state == SyncState.COMPLETE:
        _read_group(account, group_remote_id, run)
    return run


def _read_group(account: TelnyxAccount, group_remote_id: UUID, run: SyncRun) -> None:
    origin = Origin(Cause.REFRESH, run=run, person_id=run.requested_by_id)
    try:
        with client_for(account) as client, noting_connection(account):
            read_group(account, client, str(group_remote_id), origin, run.expected)
    except (AccountUnusable, BadValue, errors.TelnyxError):
        # The next sweep of groups reads it; its SIM cards, which were asked for, are there.
        return
