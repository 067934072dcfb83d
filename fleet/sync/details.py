"""The slow rotation through what only single records say: IMEI, network, location, public IP."""

from __future__ import annotations

import math

from django.conf import settings

from accounts.models import TelnyxAccount
from fleet.models import Cause, Resource, SimCard, SyncRun, SyncSchedule
from fleet.sync.budget import AccountClient
from fleet.sync.merge import Origin
from fleet.sync.public_ips import read_public_ips, to_be_asked
from fleet.sync.read_back import read_back
from fleet.sync.runs import note_error, save_progress

# Of the calls of a turn, at most this share asks for public IPs.
FOR_PUBLIC_IPS = 0.25


def read_details(run: SyncRun, client: AccountClient) -> None:
    """Ask for as many SIM cards as the account's details_per_hour allows in one period.

    The rotation goes by ICCID and begins again after the last; where it stands is kept with the
    schedule. Raises telnyx_api.errors.TelnyxError.
    """
    account = run.account
    allowed = math.ceil(account.details_per_hour * account.sync_every_minutes / 60)
    origin = Origin(Cause.SWEEP, run=run)
    cards = to_be_asked(account, math.floor(allowed * FOR_PUBLIC_IPS))
    run.changed += read_public_ips(account, client, cards, origin)
    run.expected = run.seen = len(cards)
    schedule, _ = SyncSchedule.objects.get_or_create(account=account, resource=Resource.DETAILS)
    turn = next_cards(account, schedule.cursor, allowed - len(cards))
    run.expected += len(turn)
    size = settings.TELNYX_THREADS * 4
    for begin in range(0, len(turn), size):
        some = turn[begin : begin + size]
        answer = read_back(account, client, [str(card.remote_id) for card in some], origin)
        for error in answer.failed.values():
            # One that always fails must not hold up the others.
            if not (answer.stored or answer.removed or answer.unreadable):
                raise error
        failed = {remote_id: str(error) for remote_id, error in answer.failed.items()}
        for remote_id, reason in (answer.unreadable | failed).items():
            note_error(run, reason, remote_id)
        run.seen += len(some)
        run.changed += answer.changed
        run.removed += len(answer.removed)
        run.api_calls = client.calls
        SyncSchedule.objects.filter(pk=schedule.pk).update(cursor=some[-1].iccid)
        save_progress(run)
        client.tell_calls()
    run.api_calls = client.calls


def next_cards(account: TelnyxAccount, after: str, limit: int) -> list[SimCard]:
    """The SIM cards whose turn it is: by ICCID after `after`, then from the beginning again."""
    if limit <= 0:
        return []
    rows = SimCard.objects.filter(account=account, removed_at=None).order_by("iccid", "pk")
    cards = list(rows.filter(iccid__gt=after)[:limit])
    if len(cards) < limit and after:
        cards += rows.filter(iccid__lte=after)[: limit - len(cards)]
    return cards
