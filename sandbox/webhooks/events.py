"""Which changes are events, and what an event says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

PREFIX = "sandbox."
Document = dict[str, Any]


def _status(document: Document) -> str:
    """A status, plain or with a reason beside it."""
    status = document["status"]
    return str(status["value"] if isinstance(status, dict) else status)


@dataclass(frozen=True)
class Watch:
    """A kind of resource whose status is watched.

    ``when`` says for a status before and after whether that is an event.
    """

    name: str
    when: Callable[[str, str], bool] = str.__ne__


def _ended(before: str, after: str) -> bool:
    return before == "in-progress" != after


# By the name of the collection.
WATCHED = {
    "sim_cards": Watch("sim_card.status_changed"),
    "sim_card_actions": Watch("sim_card_action.ended", _ended),
    "sim_card_group_actions": Watch("sim_card_group_action.ended", _ended),
    "sim_card_orders": Watch("sim_card_order.status_changed"),
    "private_wireless_gateways": Watch("private_wireless_gateway.status_changed"),
    "migrations": Watch("storage_migration.status_changed"),
}
# SIM cards also come and go.
CREATED, DELETED = "sim_card.created", "sim_card.deleted"
THRESHOLD = "sim_card_data_usage_notification.threshold_reached"


def envelope(identifier: str, name: str, at: str, payload: Document) -> Document:
    """An event; ``name`` without the sandbox's prefix, ``at`` as the API writes times."""
    return {
        "record_type": "event",
        "event_type": PREFIX + name,
        "id": identifier,
        "occurred_at": at,
        "payload": payload,
    }


def of_change(
    collection: str, before: bytes | None, after: bytes | None
) -> tuple[str, Document] | None:
    """Name and payload of the event that a change is, or None where it is none."""
    watch = WATCHED.get(collection)
    if watch is None:
        return None
    if before is None or after is None:
        resource = orjson.loads(after or before or b"{}")
        if collection != "sim_cards":
            return None
        return (DELETED if after is None else CREATED), {"resource": resource, "previous": None}
    old, new = orjson.loads(before), orjson.loads(after)
    if not watch.when(_status(old), _status(new)):
        return None
    return watch.name, {"resource": new, "previous": {"status": old["status"]}}
