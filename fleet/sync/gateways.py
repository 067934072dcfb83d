"""Private wireless gateways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.sync.resource import ResourceSync
from fleet.sync.values import moment, objects, state, text, whole
from telnyx_api import Client, Page


class GatewaySync(ResourceSync):
    """Private wireless gateways."""

    name = Resource.GATEWAYS
    table = "fleet_gateway"
    subject = "name"
    tracked = ("name", "status", "error_code", "error_description", "ip_range")
    columns = (
        ("name", "text"),
        ("network_remote_id", "text"),
        ("region_code", "text"),
        ("ip_range", "text"),
        ("status", "text"),
        ("error_code", "text"),
        ("error_description", "text"),
        ("group_count", "integer"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.private_wireless_gateways.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one gateway."""
        return client.private_wireless_gateways.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        status = state(record)
        return [
            text(record, "name"),
            text(record, "network_id"),
            text(record, "region_code"),
            text(record, "ip_range"),
            text(status, "value"),
            text(status, "error_code"),
            text(status, "error_description", longest=None),
            _groups(record),
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]


def _groups(record: Mapping[str, Any]) -> int | None:
    # A gateway without groups is given the count null (behaviour, section 3).
    for assigned in objects(record, "assigned_resources"):
        if assigned.get("record_type") == "sim_card_group":
            return whole(assigned, "count") or 0
    return None
