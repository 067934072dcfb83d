"""Every synced resource, parents first."""

from __future__ import annotations

from fleet.sync.groups import GroupSync
from fleet.sync.resource import ResourceSync
from fleet.sync.sim_cards import SimCardSync

SYNCS: dict[str, ResourceSync] = {sync.name: sync for sync in (GroupSync(), SimCardSync())}
