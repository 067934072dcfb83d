"""Bulk SIM card actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fleet.models import Resource
from fleet.models.remote_actions import IN_PROGRESS
from fleet.sync.resource import ResourceSync
from fleet.sync.values import moment, objects, text, whole
from telnyx_api import Client, Page


class BulkActionSync(ResourceSync):
    """Bulk actions, with how many of their SIM card actions have which status."""

    name = Resource.BULK_ACTIONS
    table = "fleet_bulkaction"
    subject = "action_type"
    is_journal = True
    open_condition = "t.in_progress_count > 0"
    columns = (
        ("action_type", "text"),
        ("total_count", "integer"),
        ("in_progress_count", "integer"),
        ("completed_count", "integer"),
        ("failed_count", "integer"),
        ("interrupted_count", "integer"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.bulk_sim_card_actions.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one bulk action."""
        return client.bulk_sim_card_actions.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        return [
            text(record, "action_type"),
            *_counts(record),
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]


def _counts(record: Mapping[str, Any]) -> Sequence[int | None]:
    """Of all statuses, and of each known one; None without a summary."""
    field = "sim_card_actions_summary"
    if record.get(field) is None:
        return [None] * 5
    parts = [(text(part, "status"), whole(part, "count") or 0) for part in objects(record, field)]
    known = (IN_PROGRESS, "completed", "failed", "interrupted")
    counts = [sum(count for _, count in parts)]
    counts += [sum(count for status, count in parts if status == name) for name in known]
    return [whole({field: count}, field) for count in counts]
