"""Postal addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.sync.resource import ResourceSync
from fleet.sync.values import moment, text
from telnyx_api import Client, Page

_TEXTS = (
    "first_name",
    "last_name",
    "business_name",
    "phone_number",
    "street_address",
    "extended_address",
    "neighborhood",
    "borough",
    "locality",
    "administrative_area",
    "postal_code",
    "country_code",
    "customer_reference",
)


class AddressSync(ResourceSync):
    """Addresses; their ids are int64 as text."""

    name = Resource.ADDRESSES
    table = "fleet_address"
    id_type = "text"
    subject = "street_address"
    columns = (
        *((name, "text") for name in _TEXTS),
        ("address_book", "boolean"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.addresses.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one address."""
        return client.addresses.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        return [
            *(text(record, name) for name in _TEXTS),
            # The specification's default is true.
            record.get("address_book") not in (False, "false"),
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]
