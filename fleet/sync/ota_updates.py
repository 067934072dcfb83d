"""OTA updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.models.remote_actions import IN_PROGRESS
from fleet.sync.resource import Reference, ResourceSync
from fleet.sync.values import identifier, moment, state, text
from telnyx_api import Client, Page


class OtaUpdateSync(ResourceSync):
    """OTA updates; their status is a bare text."""

    name = Resource.OTA_UPDATES
    table = "fleet_otaupdate"
    subject = "type"
    is_journal = True
    open_condition = f"t.status = '{IN_PROGRESS}'"
    references = (Reference("sim_card_remote_id", "sim_card_id", "fleet_simcard"),)
    columns = (
        ("sim_card_remote_id", "uuid"),
        ("type", "text"),
        ("status", "text"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )
    # Only the detail answer has them: with them each look at one update would seem a change.
    dropped = frozenset({"settings"})

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.ota_updates.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one update."""
        return client.ota_updates.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        return [
            identifier(record, "sim_card_id"),
            text(record, "type"),
            text(state(record), "value"),
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]
