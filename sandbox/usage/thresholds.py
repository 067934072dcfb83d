"""Thresholds of data usage notifications: noticed once a billing cycle.

How the real ones reach anybody is not documented, so whoever wants to tell of one adds a listener
to ``sandbox.on_threshold``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.collection import EVERYTHING
from sandbox.iot.data_limits import thousandths_of_mb

if TYPE_CHECKING:
    from sandbox.collection import Record
    from sandbox.context import Sandbox


def check(sandbox: Sandbox, sim_card: Record, used: int, at: float) -> None:
    """Notice the thresholds that ``used`` (thousandths of MB) has reached; ``at`` in seconds."""
    kept, cycle = sandbox.usage_notifications, sandbox.state.fact("cycle_start")
    for identifier in kept.ids(EVERYTHING.also("c.sim_card_id = ?", sim_card.listed["id"])):
        notification = kept.get(identifier)
        if notification is None or notification.hidden.get("noticed") == cycle:
            continue
        threshold = thousandths_of_mb(notification.listed["threshold"])
        if threshold is not None and used >= threshold:
            notification.hidden["noticed"] = cycle
            kept.save(notification)
            for listener in sandbox.on_threshold:
                listener(notification, sim_card, at)
