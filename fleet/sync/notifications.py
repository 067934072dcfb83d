"""Data usage notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.sync.resource import Reference, ResourceSync
from fleet.sync.values import identifier, megabytes, moment, nested, text
from telnyx_api import Client, Page


class NotificationSync(ResourceSync):
    """Data usage notifications. A row is called by its threshold as it was given."""

    name = Resource.NOTIFICATIONS
    table = "fleet_notification"
    subject = "threshold"
    tracked = ("threshold_mb", "sim_card_remote_id")
    references = (Reference("sim_card_remote_id", "sim_card_id", "fleet_simcard"),)
    columns = (
        ("sim_card_remote_id", "uuid"),
        ("threshold", "text"),
        ("threshold_mb", "numeric"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.sim_card_data_usage_notifications.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one notification."""
        return client.sim_card_data_usage_notifications.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        threshold_mb = megabytes(record, "threshold")
        threshold = nested(record, "threshold")
        shown = f"{text(threshold, 'amount')} {text(threshold, 'unit') or 'MB'}"
        return [
            identifier(record, "sim_card_id"),
            "" if threshold_mb is None else shown,
            threshold_mb,
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]
