"""The synced copy of a fleet, and what people do to it."""

from fleet.models.daily_usage import DailyUsage
from fleet.models.events import Cause, Event
from fleet.models.groups import Group
from fleet.models.operations import (
    Operation,
    OperationState,
    OperationTarget,
    TargetState,
)
from fleet.models.sim_cards import MB_PER_GB, SimCard, SimCardStatus
from fleet.models.sync_runs import Resource, SyncRun, SyncSchedule, SyncState

__all__ = [
    "MB_PER_GB",
    "Cause",
    "DailyUsage",
    "Event",
    "Group",
    "Operation",
    "OperationState",
    "OperationTarget",
    "Resource",
    "SimCard",
    "SimCardStatus",
    "SyncRun",
    "SyncSchedule",
    "SyncState",
    "TargetState",
]
