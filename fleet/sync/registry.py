"""Every synced resource, parents first."""

from __future__ import annotations

from fleet.sync.addresses import AddressSync
from fleet.sync.billing_groups import BillingGroupSync
from fleet.sync.blocklist_values import BlocklistValueSync
from fleet.sync.blocklists import BlocklistSync
from fleet.sync.bulk_actions import BulkActionSync
from fleet.sync.gateways import GatewaySync
from fleet.sync.group_actions import GroupActionSync
from fleet.sync.groups import GroupSync
from fleet.sync.notifications import NotificationSync
from fleet.sync.orders import OrderSync
from fleet.sync.ota_updates import OtaUpdateSync
from fleet.sync.regions import RegionSync
from fleet.sync.resource import ResourceSync
from fleet.sync.sim_card_actions import SimCardActionSync
from fleet.sync.sim_cards import SimCardSync
from fleet.sync.voice_connections import VoiceConnectionSync

SYNCS: dict[str, ResourceSync] = {
    sync.name: sync
    for sync in (
        RegionSync(),
        BlocklistValueSync(),
        AddressSync(),
        BillingGroupSync(),
        VoiceConnectionSync(),
        GatewaySync(),
        BlocklistSync(),
        GroupSync(),
        SimCardSync(),
        NotificationSync(),
        OrderSync(),
        BulkActionSync(),
        SimCardActionSync(),
        GroupActionSync(),
        OtaUpdateSync(),
    )
}
