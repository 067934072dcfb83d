"""The synced copy of a fleet, and what people do to it."""

from fleet.models.addresses import Address
from fleet.models.billing_groups import BillingGroup
from fleet.models.blocklists import Blocklist, BlocklistValue
from fleet.models.daily_usage import DailyUsage
from fleet.models.events import Cause, Event
from fleet.models.fleet_counts import FleetCounts
from fleet.models.gateways import Gateway
from fleet.models.groups import Group
from fleet.models.notifications import Notification
from fleet.models.operations import (
    IdentifierReport,
    Operation,
    OperationState,
    OperationTarget,
    TargetState,
)
from fleet.models.orders import Order
from fleet.models.public_ips import PublicIp
from fleet.models.regions import Region
from fleet.models.remote_actions import BulkAction, GroupAction, OtaUpdate, SimCardAction
from fleet.models.sim_cards import MB_PER_GB, SimCard, SimCardStatus
from fleet.models.sync_runs import Resource, SyncRun, SyncSchedule, SyncState
from fleet.models.voice_connections import VoiceConnection

__all__ = [
    "MB_PER_GB",
    "Address",
    "BillingGroup",
    "Blocklist",
    "BlocklistValue",
    "BulkAction",
    "Cause",
    "DailyUsage",
    "Event",
    "FleetCounts",
    "Gateway",
    "Group",
    "GroupAction",
    "IdentifierReport",
    "Notification",
    "Operation",
    "OperationState",
    "OperationTarget",
    "Order",
    "OtaUpdate",
    "PublicIp",
    "Region",
    "Resource",
    "SimCard",
    "SimCardAction",
    "SimCardStatus",
    "SyncRun",
    "SyncSchedule",
    "SyncState",
    "TargetState",
    "VoiceConnection",
]
