"""Orders of physical SIM cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.sync.resource import Reference, ResourceSync
from fleet.sync.values import moment, money, nested, state, text, whole
from telnyx_api import Client, Page


class OrderSync(ResourceSync):
    """SIM card orders. They have no name, so events call them by their id."""

    name = Resource.ORDERS
    table = "fleet_order"
    subject = "remote_id::text"
    tracked = ("status", "tracking_url")
    references = (Reference("address_remote_id", "address_id", "fleet_address"),)
    columns = (
        ("quantity", "integer"),
        ("status", "text"),
        ("cost_amount", "numeric"),
        ("cost_currency", "text"),
        ("tracking_url", "text"),
        ("address_remote_id", "text"),
        ("locality", "text"),
        ("country_code", "text"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.sim_card_orders.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one order."""
        return client.sim_card_orders.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        address = nested(record, "order_address")
        return [
            whole(record, "quantity"),
            text(state(record), "value"),
            *money(record, "cost"),
            text(record, "tracking_url", longest=None),
            text(address, "id"),
            text(address, "locality"),
            text(address, "country_code"),
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]
