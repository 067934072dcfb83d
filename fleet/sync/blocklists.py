"""Wireless blocklists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.sync.resource import ResourceSync
from fleet.sync.values import moment, text, texts
from telnyx_api import Client, Page


class BlocklistSync(ResourceSync):
    """Wireless blocklists."""

    name = Resource.BLOCKLISTS
    table = "fleet_blocklist"
    subject = "name"
    tracked = ("name", "values")
    columns = (
        ("name", "text"),
        ("type", "text"),
        ("values", "text[]"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.wireless_blocklists.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one blocklist."""
        return client.wireless_blocklists.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        return [
            text(record, "name"),
            text(record, "type"),
            texts(record, "values") or [],
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]
