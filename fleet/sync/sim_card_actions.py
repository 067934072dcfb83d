"""SIM card actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.models.remote_actions import IN_PROGRESS
from fleet.sync.resource import Reference, ResourceSync
from fleet.sync.values import identifier, moment, state, text
from telnyx_api import Client, Page


class SimCardActionSync(ResourceSync):
    """SIM card actions.

    The specification lets one filter by bulk action but does not show it; it is taken where an
    answer names it.
    """

    name = Resource.SIM_CARD_ACTIONS
    table = "fleet_simcardaction"
    subject = "action_type"
    is_journal = True
    open_condition = f"t.status = '{IN_PROGRESS}'"
    references = (
        Reference("sim_card_remote_id", "sim_card_id", "fleet_simcard"),
        Reference("bulk_action_remote_id", "bulk_action_id", "fleet_bulkaction"),
    )
    columns = (
        ("sim_card_remote_id", "uuid"),
        ("bulk_action_remote_id", "uuid"),
        ("action_type", "text"),
        ("status", "text"),
        ("status_reason", "text"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.sim_card_actions.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one action."""
        return client.sim_card_actions.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        status = state(record)
        return [
            identifier(record, "sim_card_id"),
            identifier(record, "bulk_sim_card_action_id"),
            text(record, "action_type"),
            text(status, "value"),
            text(status, "reason", longest=None),
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]
