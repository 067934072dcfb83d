"""What wireless blocklists can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.sync.joined_lists import joined, joined_id
from fleet.sync.resource import ResourceSync
from fleet.sync.values import text
from telnyx_api import Client, Page

TYPES = ("country", "mcc", "plmn")


class BlocklistValueSync(ResourceSync):
    """Countries, MCCs and PLMNs that can be blocked."""

    name = Resource.BLOCKLIST_VALUES
    table = "fleet_blocklistvalue"
    id_type = "text"
    subject = "name"
    comes_whole = True
    undecoded = False
    columns = (
        ("type", "text"),
        ("code", "text"),
        ("name", "text"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch the values of every type."""
        known = client.wireless_blocklist_values
        return joined("type", ((name, known.pages(type=name)) for name in TYPES))

    def identify(self, record: Mapping[str, Any]) -> str | None:
        """Type and code. Raises BadValue."""
        return joined_id(record, "type")

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values; the API gives no times. Raises BadValue."""
        return [text(record, "type"), text(record, "code"), text(record, "name"), None, None]
