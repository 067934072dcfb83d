"""A full record of every resource that tests have no maker for, as the API lists it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from fleet import models

MODELS: dict[str, Any] = {
    "regions": models.Region,
    "blocklist_values": models.BlocklistValue,
    "addresses": models.Address,
    "billing_groups": models.BillingGroup,
    "voice_connections": models.VoiceConnection,
    "gateways": models.Gateway,
    "blocklists": models.Blocklist,
    "groups": models.Group,
    "sim_cards": models.SimCard,
    "notifications": models.Notification,
    "orders": models.Order,
    "bulk_actions": models.BulkAction,
    "sim_card_actions": models.SimCardAction,
    "group_actions": models.GroupAction,
    "ota_updates": models.OtaUpdate,
}
ID = "6a09cdc3-8948-47f0-aa62-74ac943d6c58"
SIM_CARD = "0f0e5b53-5b0c-4f0e-9d2f-3c1f9a6f0001"
OTHER = "f60a4eb1-6ed2-4b0c-9c4c-2e6f1a9d0002"
CREATED, UPDATED = "2026-02-02T22:25:27.521Z", "2026-03-02T22:25:27.521Z"
AT = {
    "remote_created_at": datetime(2026, 2, 2, 22, 25, 27, 521_000, tzinfo=UTC),
    "remote_updated_at": datetime(2026, 3, 2, 22, 25, 27, 521_000, tzinfo=UTC),
}
NEVER = dict.fromkeys(AT)
ADDRESS = {
    "first_name": "Ada",
    "last_name": "Quist",
    "business_name": "Fieldworks",
    "street_address": "1200 Brazos Street",
    "extended_address": "Suite 5",
    "locality": "Austin",
    "administrative_area": "TX",
    "postal_code": "78701",
    "country_code": "US",
}
REST_OF_ADDRESS = {
    "phone_number": "+15125550100",
    "neighborhood": "Downtown",
    "borough": "Central",
    "customer_reference": "HQ",
}


def _listed(record_type: str, **fields: Any) -> dict[str, Any]:
    times = {"created_at": CREATED, "updated_at": UPDATED}
    return {"id": ID, "record_type": record_type} | fields | times


RECORDS: dict[str, dict[str, Any]] = {
    "regions": {
        "product": "public_ips",
        "code": "dc2",
        "name": "Washington DC, US",
        "inserted_at": CREATED,
        "updated_at": UPDATED,
    },
    "blocklist_values": {"type": "plmn", "code": "310260", "name": "United States network 260"},
    "addresses": _listed("address", **ADDRESS, **REST_OF_ADDRESS)
    | {"id": "2903118446207001000", "address_book": True, "validate_address": True},
    "billing_groups": _listed(
        "billing_group", organization_id=OTHER, name="Trackers", deleted_at=None
    ),
    "voice_connections": _listed(
        "mobile_voice_connection",
        active=True,
        connection_name="Lifts",
        inbound={"channel_limit": 3},
        outbound={"channel_limit": 4, "outbound_voice_profile_id": "1293384261075731499"},
        webhook_api_version="2",
        webhook_event_url="https://a.example/calls",
        webhook_event_failover_url="https://b.example/calls",
        webhook_timeout_secs=25,
        tags=["b", "a"],
    ),
    "gateways": _listed(
        "private_wireless_gateway",
        name="Depot",
        network_id=OTHER,
        region_code="dc2",
        ip_range="100.64.1.0/24",
        status={"value": "failed", "error_code": "7", "error_description": "No range was free."},
        assigned_resources=[{"record_type": "sim_card_group", "count": 2}],
    ),
    "blocklists": _listed("wireless_blocklist", name="Not at sea", type="mcc", values=["901", "9"]),
    "notifications": _listed(
        "sim_card_data_usage_notification",
        sim_card_id=SIM_CARD,
        threshold={"amount": "2.0", "unit": "GB"},
    ),
    "orders": _listed(
        "sim_card_order",
        quantity=23,
        cost={"amount": "33.00", "currency": "USD"},
        order_address=ADDRESS | {"id": "2903118446207001000"},
        status="shipped",
        tracking_url="https://parcels.example/1",
    ),
    "bulk_actions": _listed(
        "bulk_sim_card_action",
        action_type="bulk_set_public_ips",
        settings={"sim_card_ids": [SIM_CARD]},
        sim_card_actions_summary=[
            {"status": "in-progress", "count": 1},
            {"status": "completed", "count": 20},
            {"status": "failed", "count": 3},
            {"status": "interrupted", "count": 4},
        ],
    ),
    "sim_card_actions": _listed(
        "sim_card_action",
        sim_card_id=SIM_CARD,
        action_type="enable",
        status={"value": "failed", "reason": "The data limit was exceeded."},
        settings=None,
    ),
    "group_actions": _listed(
        "sim_card_group_action",
        sim_card_group_id=OTHER,
        type="set_wireless_blocklist",
        status="in-progress",
        settings={"wireless_blocklist_id": ID},
    ),
    "ota_updates": _listed(
        "ota_update", sim_card_id=SIM_CARD, type="sim_card_network_preferences", status="completed"
    ),
}
# What the columns then hold.
STORED: dict[str, dict[str, Any]] = {
    "regions": {"product": "public_ips", "code": "dc2", "name": "Washington DC, US"} | AT,
    "blocklist_values": RECORDS["blocklist_values"] | NEVER,
    "addresses": ADDRESS | REST_OF_ADDRESS | {"address_book": True} | AT,
    "billing_groups": {"name": "Trackers", "organization_remote_id": OTHER, "deleted_at": None}
    | AT,
    "voice_connections": {
        "name": "Lifts",
        "active": True,
        "tags": ["a", "b"],
        "inbound_channel_limit": 3,
        "outbound_channel_limit": 4,
        "outbound_voice_profile_remote_id": "1293384261075731499",
        "webhook_event_url": "https://a.example/calls",
        "webhook_event_failover_url": "https://b.example/calls",
        "webhook_api_version": "2",
        "webhook_timeout_seconds": 25,
    }
    | AT,
    "gateways": {
        "name": "Depot",
        "network_remote_id": OTHER,
        "region_code": "dc2",
        "ip_range": "100.64.1.0/24",
        "status": "failed",
        "error_code": "7",
        "error_description": "No range was free.",
        "group_count": 2,
    }
    | AT,
    "blocklists": {"name": "Not at sea", "type": "mcc", "values": ["9", "901"]} | AT,
    "notifications": {
        "sim_card_remote_id": UUID(SIM_CARD),
        "threshold": "2.0 GB",
        "threshold_mb": Decimal(2048),
    }
    | AT,
    "orders": {
        "quantity": 23,
        "status": "shipped",
        "cost_amount": Decimal(33),
        "cost_currency": "USD",
        "tracking_url": "https://parcels.example/1",
        "address_remote_id": "2903118446207001000",
        "locality": "Austin",
        "country_code": "US",
    }
    | AT,
    "bulk_actions": {
        "action_type": "bulk_set_public_ips",
        "total_count": 28,
        "in_progress_count": 1,
        "completed_count": 20,
        "failed_count": 3,
        "interrupted_count": 4,
    }
    | AT,
    "sim_card_actions": {
        "sim_card_remote_id": UUID(SIM_CARD),
        "bulk_action_remote_id": None,
        "action_type": "enable",
        "status": "failed",
        "status_reason": "The data limit was exceeded.",
    }
    | AT,
    "group_actions": {
        "group_remote_id": UUID(OTHER),
        "type": "set_wireless_blocklist",
        "status": "in-progress",
    }
    | AT,
    "ota_updates": {
        "sim_card_remote_id": UUID(SIM_CARD),
        "type": "sim_card_network_preferences",
        "status": "completed",
    }
    | AT,
}
