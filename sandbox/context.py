"""Everything that a request handler works with, in one object."""

import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sandbox import downloads
from sandbox.access import (
    access_ip_addresses,
    addresses,
    authentication_providers,
    billing_groups,
    integration_secrets,
    telephony_credentials,
)
from sandbox.account import audit_events, ledger, recharging, recurring, webhook_deliveries
from sandbox.clock import Clock
from sandbox.collection import Collection, Record
from sandbox.iot import (
    blocklists,
    bulk_actions,
    gateways,
    group_actions,
    migration_sources,
    migrations,
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
from sandbox.journal import Journal
from sandbox.reports import (
    asked_reports,
    ledger_billing_group_reports,
    phone_number_downloads,
    report_kinds,
    wireless_detail_records_reports,
)
from sandbox.schedule import Schedule
from sandbox.state import State
from sandbox.traffic.lines import Line
from sandbox.traffic.records import Call, Message
from sandbox.usage import cycle, growth, lines
from sandbox.usage.history import History
from sandbox.usage.records import Population
from sandbox.webhooks.delivery import Webhooks


class Sandbox:
    """The stored resources, the clock and the schedule of one simulated account.

    ``seed`` makes the times that actions take repeatable.
    """

    def __init__(self, state: State, clock: Clock, seed: int) -> None:
        self.state = state
        self.clock = clock
        self.random = random.Random(f"durations {seed}")
        self.schedule = Schedule(state)
        downloads.prepare(state)
        lines.prepare(state)
        ledger.prepare(state)
        # Called with the notification, its SIM card and the time (Unix seconds).
        self.on_threshold: list[Callable[[Record, Record, float], None]] = []
        self.standby_connects = False
        self.growth = False
        self.ledger_reports = ledger_billing_group_reports.collection(state)
        self.payment_transactions = recharging.collection(state)
        self.usage_history: History | None = None
        self.usage_populations: dict[tuple[tuple[str, str], ...], Population] = {}
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
        self.csv_downloads = phone_number_downloads.collection(state)
        self.asked_reports = {
            kind.name: asked_reports.collection(state, kind) for kind in report_kinds.KINDS
        }
        # Who calls, and what happened on a day; worked out when somebody asks.
        self.traffic_lines: list[Line] | None = None
        self.traffic_days: dict[int, tuple[list[Call], list[Message]]] = {}
        self.access_ip_addresses = access_ip_addresses.collection(state)
        self.authentication_providers = authentication_providers.collection(state)
        self.integration_secrets = integration_secrets.collection(state)
        self.telephony_credentials = telephony_credentials.collection(state)
        self.migration_sources = migration_sources.collection(state)
        self.migrations = migrations.collection(state)
        self.audit_events = audit_events.collection(state)
        self.webhook_deliveries = webhook_deliveries.collection(state)
        self.webhooks = Webhooks(self)
        self.journal = Journal([self.webhooks.note])
        state.on_commit = self.webhooks.committed
        state.on_rollback = self.webhooks.rolled_back
        self.on_threshold.append(self.webhooks.threshold_reached)
        for collection in self.collections:
            collection.on_change = self.journal.note
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
        phone_number_downloads.register(self)
        asked_reports.register(self, report_kinds.KINDS)
        access_ip_addresses.register(self)
        migrations.register(self)
        recurring.register(self)
        cycle.register(self)
        growth.register(self)
        ledger_billing_group_reports.register(self)

    @property
    def collections(self) -> tuple[Collection, ...]:
        """Every kind of resource."""
        values = (*vars(self).values(), *self.asked_reports.values())
        return tuple(value for value in values if isinstance(value, Collection))

    def reload(self) -> None:
        """Bring what is kept in memory back in line with the database, after a rollback."""
        for collection in self.collections:
            collection.reload()
        self.traffic_lines = None
        self.traffic_days.clear()
        self.schedule.reload()
        self.webhooks.rolled_back()

    def new_id(self) -> str:
        """A random UUID; unlike the fleet's it does not follow from the seed alone."""
        return str(uuid4())
