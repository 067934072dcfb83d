"""Billing groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.sync.resource import ResourceSync
from fleet.sync.values import moment, text
from telnyx_api import Client, Page


class BillingGroupSync(ResourceSync):
    """Billing groups."""

    name = Resource.BILLING_GROUPS
    table = "fleet_billinggroup"
    subject = "name"
    tracked = ("name", "deleted_at")
    columns = (
        ("name", "text"),
        ("organization_remote_id", "text"),
        ("deleted_at", "timestamptz"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.billing_groups.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one billing group."""
        return client.billing_groups.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        return [
            text(record, "name"),
            text(record, "organization_id"),
            moment(record, "deleted_at"),
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]
