"""SIM card groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.sync.resource import Reference, ResourceSync
from fleet.sync.values import identifier, megabytes, moment, text, truth, whole
from telnyx_api import Client, Page


class GroupSync(ResourceSync):
    """SIM card groups."""

    name = Resource.GROUPS
    table = "fleet_group"
    subject = "name"
    tracked = (
        "name",
        "is_default",
        "data_limit_mb",
        "gateway_remote_id",
        "blocklist_remote_id",
    )
    references = (
        Reference("gateway_remote_id", "gateway_id", "fleet_gateway"),
        Reference("blocklist_remote_id", "blocklist_id", "fleet_blocklist"),
    )
    columns = (
        ("name", "text"),
        ("is_default", "boolean"),
        ("data_limit_mb", "numeric"),
        ("consumed_mb", "numeric"),
        ("sim_card_count", "integer"),
        ("gateway_remote_id", "uuid"),
        ("blocklist_remote_id", "uuid"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.sim_card_groups.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one group."""
        return client.sim_card_groups.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        return [
            text(record, "name"),
            truth(record, "default"),
            # A limit of nothing is how a group without one is shown.
            megabytes(record, "data_limit") or None,
            megabytes(record, "consumed_data") or 0,
            whole(record, "sim_card_count"),
            identifier(record, "private_wireless_gateway_id"),
            identifier(record, "wireless_blocklist_id"),
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]
