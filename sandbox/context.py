"""Everything that a request handler works with, in one object."""

import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sandbox.access import addresses, billing_groups
from sandbox.clock import Clock
from sandbox.collection import Collection, Record
from sandbox.iot import (
    blocklists,
    bulk_actions,
    gateways,
    group_actions,
    ota_updates,
    public_ips,
    registration,
    registration_codes,
    sim_card_actions,
    sim_card_deletion,
    sim_card_orders,
    sim_card_records,
    usage_notifications,
    voice,
    voice_connections,
)
from sandbox.reports import wireless_detail_records_reports
from sandbox.schedule import Schedule
from sandbox.state import State


class Sandbox:
    """The stored resources, the clock and the schedule of one simulated account.

    ``seed`` makes the times that actions take repeatable.
    """

    def __init__(self, state: State, clock: Clock, seed: int) -> None:
        self.state = state
        self.clock = clock
        self.random = random.Random(f"durations {seed}")
        self.schedule = Schedule(state)
        self.sim_cards = sim_card_records.sim_card_collection(state)
        self.sim_card_groups = sim_card_records.sim_card_group_collection(state)
        self.sim_card_actions = sim_card_actions.collection(state)
        self.bulk_sim_card_actions = bulk_actions.collection(state)
        self.public_ips = public_ips.collection(state)
        self.private_wireless_gateways = gateways.collection(state)
        self.wireless_blocklists = blocklists.collection(state)
        self.sim_card_group_actions = group_actions.collection(state)
        self.ota_updates = ota_updates.collection(state)
        self.registration_codes = registration_codes.collection(state)
        self.addresses = addresses.collection(state)
        self.sim_card_orders = sim_card_orders.collection(state)
        self.usage_notifications = usage_notifications.collection(state)
        self.billing_groups = billing_groups.collection(state)
        self.wdr_reports = wireless_detail_records_reports.collection(state)
        self.voice_connections = voice_connections.collection(state)
        # What the end of an action does that leaves the status alone, by its type: called with
        # the SIM card, the action and whether it succeeded.
        self.feature_endings: dict[str, Callable[[Record, dict[str, Any], bool], None]] = {}
        self.usage_by_group: dict[str, tuple[int, int]] = {}
        self.usage_version: tuple[int, ...] = ()
        # Orders of the next actions to fail, see the admin endpoints.
        self.ordered_outcomes = sim_card_actions.OrderedOutcomes()
        sim_card_actions.register(self)
        sim_card_records.register(self)
        sim_card_deletion.register(self)
        public_ips.register(self)
        voice.register(self)
        gateways.register(self)
        group_actions.register(self)
        registration.register(self)
        sim_card_orders.register(self)
        wireless_detail_records_reports.register(self)

    @property
    def collections(self) -> tuple[Collection, ...]:
        """Every kind of resource."""
        return tuple(value for value in vars(self).values() if isinstance(value, Collection))

    def reload(self) -> None:
        """Bring what is kept in memory back in line with the database, after a rollback."""
        for collection in self.collections:
            collection.reload()
        self.schedule.reload()

    def new_id(self) -> str:
        """A random UUID; unlike the fleet's it does not follow from the seed alone."""
        return str(uuid4())
