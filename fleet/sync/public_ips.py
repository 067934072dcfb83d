"""Public IPs: asked for by SIM card, where an action or an answer says that there is one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Event, PublicIp, Resource, SimCard, SimCardAction
from fleet.sync.merge import Origin
from fleet.sync.reconcile import is_gone
from fleet.sync.resource import cleaned
from fleet.sync.values import text
from telnyx_api import Client, errors

SETS_IP = ("set_public_ip", "remove_public_ip")


def to_be_asked(account: TelnyxAccount, limit: int) -> list[SimCard]:
    """SIM cards whose public IP may be another than the one stored.

    An action on it ended since it was read, or it was still being provisioned then; after these,
    those that were not read for longest.
    """
    read_since = PublicIp.objects.filter(
        sim_card=OuterRef("sim_card"), read_at__gte=OuterRef("remote_updated_at")
    )
    acted = SimCardAction.objects.filter(
        ~Exists(read_since),
        account=account,
        action_type__in=SETS_IP,
        status="completed",
        sim_card__isnull=False,
    ).order_by("-remote_updated_at")
    known = PublicIp.objects.filter(account=account, removed_at=None)
    wanted: dict[int, None] = {}
    for ids in (
        acted.values_list("sim_card", flat=True)[:limit],
        known.filter(ip="").order_by("read_at").values_list("sim_card", flat=True)[:limit],
        known.exclude(ip="").order_by("read_at").values_list("sim_card", flat=True)[:limit],
    ):
        wanted |= dict.fromkeys(ids)
    cards = SimCard.objects.filter(account=account, removed_at=None).in_bulk(list(wanted)[:limit])
    return [cards[pk] for pk in wanted if pk in cards]


def read_public_ips(
    account: TelnyxAccount, client: Client, cards: Sequence[SimCard], origin: Origin
) -> int:
    """Ask for the public IPs of SIM cards and store them; the number of those that changed.

    Raises telnyx_api.errors.TelnyxError, but not where a SIM card has none.
    """
    changed = 0
    for card in cards:
        asked_at = timezone.now()
        try:
            record: Any = client.sim_cards.public_ip(str(card.remote_id))
        except errors.NotFound as error:
            if not is_gone(error):
                raise
            record = None
        changed += store_public_ip(account, card, record, asked_at, origin)
    return changed


def store_public_ip(
    account: TelnyxAccount, card: SimCard, record: Any, asked_at: datetime, origin: Origin
) -> bool:
    """Store what the API said at `asked_at`, None for "none"; True where that is new."""
    record = record if isinstance(record, dict) else None
    values: dict[str, Any] = {"removed_at": None if record else asked_at}
    if record:
        values |= {name: text(record, name) for name in ("ip", "type", "region_code")}
        values["raw"] = cleaned(record)
    with transaction.atomic():
        row, created = PublicIp.objects.select_for_update().get_or_create(
            sim_card=card, defaults={"account": account, "read_at": asked_at, **values}
        )
        if not created and row.read_at > asked_at:
            return False
        before = "" if created or row.removed_at else row.ip
        after = values.get("ip", "")
        if row.removed_at and not record:
            values.pop("removed_at")
        for name, value in values.items():
            setattr(row, name, value)
        row.read_at = asked_at
        row.save()
        # The first answer about a SIM card is no change, unless it says that there is one.
        if before == after:
            return False
        Event.objects.create(
            account=account,
            resource=Resource.SIM_CARDS,
            sim_card=card,
            at=asked_at,
            what="public_ip",
            old=before or None,
            new=after or None,
            cause=origin.cause,
            sync_run=origin.run,
            operation=origin.operation,
            person_id=origin.person_id,
        )
    return True
