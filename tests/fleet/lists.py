"""Every list of a sandbox, asked without Simfleet, by the name that the resource has here."""

from __future__ import annotations

from typing import Any

import requests as http

from tests.fleet.api import listed
from tests.sandbox_process import SandboxProcess

PATHS = {
    "addresses": "addresses",
    "billing_groups": "billing_groups",
    "voice_connections": "v2/mobile_voice_connections",
    "gateways": "private_wireless_gateways",
    "blocklists": "wireless_blocklists",
    "groups": "sim_card_groups",
    "sim_cards": "sim_cards",
    "notifications": "sim_card_data_usage_notifications",
    "orders": "sim_card_orders",
    "bulk_actions": "bulk_sim_card_actions",
    "sim_card_actions": "sim_card_actions",
    "group_actions": "sim_card_group_actions",
    "ota_updates": "ota_updates",
}
# Lists that come one kind at a time: the path, the parameter, its values.
KINDS = {
    "regions": ("wireless/regions", "product", ("public_ips", "private_wireless_gateways")),
    "blocklist_values": ("wireless_blocklist_values", "type", ("country", "mcc", "plmn")),
}


def all_listed(sandbox: SandboxProcess) -> dict[str, list[dict[str, Any]]]:
    """All records by resource; those of KINDS with their kind."""
    return {resource: of_kinds(sandbox, resource) for resource in KINDS} | {
        resource: listed(sandbox, path) for resource, path in PATHS.items()
    }


def of_kinds(sandbox: SandboxProcess, resource: str) -> list[dict[str, Any]]:
    """All records of a list that comes one kind at a time."""
    path, parameter, kinds = KINDS[resource]
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    records = []
    for kind in kinds:
        query = {parameter: kind, "page[size]": "250"}
        answer = http.get(f"{sandbox.base_url}/{path}", query, headers=headers, timeout=10)
        records += [{**record, parameter: kind} for record in answer.json()["data"]]
    return records
