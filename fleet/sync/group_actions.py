"""SIM card group actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.models.remote_actions import IN_PROGRESS
from fleet.sync.resource import Reference, ResourceSync
from fleet.sync.values import identifier, moment, state, text
from telnyx_api import Client, Page


class GroupActionSync(ResourceSync):
    """Group actions; their status is a bare text."""

    name = Resource.GROUP_ACTIONS
    table = "fleet_groupaction"
    subject = "type"
    is_journal = True
    open_condition = f"t.status = '{IN_PROGRESS}'"
    references = (Reference("group_remote_id", "group_id", "fleet_group"),)
    columns = (
        ("group_remote_id", "uuid"),
        ("type", "text"),
        ("status", "text"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.sim_card_group_actions.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one action."""
        return client.sim_card_group_actions.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        return [
            identifier(record, "sim_card_group_id"),
            text(record, "type"),
            text(state(record), "value"),
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]
