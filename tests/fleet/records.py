"""Records as the API lists them, and rows as the sync stores them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from accounts.models import TelnyxAccount
from fleet.models import Cause, SimCard
from fleet.sync.merge import MergeCounts, Origin, merge
from fleet.sync.registry import SYNCS

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
_count = 0


def iso(moment: datetime) -> str:
    """A time as the API writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def sim_card(**changes: Any) -> dict[str, Any]:
    """A SIM card of the list; a status may be given as its value alone."""
    global _count
    _count += 1
    status = changes.pop("status", "disabled")
    record = {
        "id": str(uuid4()),
        "record_type": "sim_card",
        "status": status if isinstance(status, dict) else {"value": status, "reason": None},
        "type": "physical",
        "version": "4.3",
        "iccid": f"8931048{_count:013d}",
        "imsi": f"20404{_count:010d}",
        "msisdn": f"+3197{_count:09d}",
        "eid": None,
        "esim_installation_status": None,
        "sim_card_group_id": "11111111-1111-4111-8111-111111111111",
        "tags": ["site:A", "model:B"],
        "authorized_imeis": None,
        "data_limit": None,
        "current_billing_period_consumed_data": {"amount": "12.5", "unit": "MB"},
        "actions_in_progress": False,
        "resources_with_in_progress_actions": [],
        "voice_enabled": False,
        "created_at": iso(NOON - timedelta(days=30)),
        "updated_at": iso(NOON - timedelta(days=1)),
    }
    return record | changes


def group(**changes: Any) -> dict[str, Any]:
    """A SIM card group of the list."""
    return {
        "id": str(uuid4()),
        "record_type": "sim_card_group",
        "name": "Trackers",
        "default": False,
        "data_limit": {"amount": "2048.0", "unit": "MB"},
        "consumed_data": {"amount": "10.0", "unit": "MB"},
        "private_wireless_gateway_id": None,
        "wireless_blocklist_id": None,
        "sim_card_count": 3,
        "created_at": iso(NOON - timedelta(days=300)),
        "updated_at": iso(NOON - timedelta(days=30)),
    } | changes


def store(
    account: TelnyxAccount,
    *records: dict[str, Any],
    read_at: datetime = NOON,
    resource: str = "sim_cards",
    details: bool = False,
    origin: Origin | None = None,
) -> MergeCounts:
    """Map and merge records."""
    sync = SYNCS[resource]
    mapped = [sync.map(record, with_details=details) for record in records]
    origin = origin or Origin(Cause.SWEEP)
    return merge(sync, account, mapped, read_at, origin, with_details=details)


def row(record: dict[str, Any]) -> SimCard:
    """The stored SIM card of a record."""
    return SimCard.objects.get(remote_id=UUID(record["id"]))


def stored_cards(account: TelnyxAccount, count: int, status: str = "disabled") -> list[SimCard]:
    """Some SIM cards of one status."""
    records = [sim_card(status=status) for _ in range(count)]
    store(account, *records)
    return list(SimCard.objects.filter(remote_id__in=[r["id"] for r in records]).order_by("pk"))
