"""Regions in which a product can be had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.sync.joined_lists import joined, joined_id
from fleet.sync.resource import ResourceSync
from fleet.sync.values import moment, text
from telnyx_api import Client, Page

# The specification names these two and gives no list of them.
PRODUCTS = ("public_ips", "private_wireless_gateways")


class RegionSync(ResourceSync):
    """Regions, of each product."""

    name = Resource.REGIONS
    table = "fleet_region"
    id_type = "text"
    subject = "name"
    comes_whole = True
    undecoded = False
    columns = (
        ("product", "text"),
        ("code", "text"),
        ("name", "text"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch the regions of every product."""
        regions = client.wireless_regions
        return joined("product", ((name, [regions.page(product=name)]) for name in PRODUCTS))

    def identify(self, record: Mapping[str, Any]) -> str | None:
        """Product and code. Raises BadValue."""
        return joined_id(record, "product")

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        return [
            text(record, "product"),
            text(record, "code"),
            text(record, "name"),
            moment(record, "inserted_at"),
            moment(record, "updated_at"),
        ]
