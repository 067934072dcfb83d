"""Gives a sandbox something of every resource, and asks things of it as somebody else would."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import requests as http

from tests.fleet.api import listed
from tests.sandbox_process import SandboxProcess


def ask(sandbox: SandboxProcess, method: str, path: str, **body: Any) -> dict[str, Any]:
    """A request beside the dashboard; the record of the answer."""
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    address = f"{sandbox.base_url}/{path}"
    answer = http.request(method, address, json=body or None, headers=headers, timeout=10)
    assert answer.ok, answer.text
    record: dict[str, Any] = answer.json()["data"]
    return record


def populate(sandbox: SandboxProcess) -> dict[str, dict[str, Any]]:
    """Two of everything that a new sandbox has none of; the newer one by resource."""
    made: dict[str, dict[str, Any]] = {}
    cards = [card["id"] for card in listed(sandbox, "sim_cards") if card["sim_card_group_id"]]
    groups = [group["id"] for group in listed(sandbox, "sim_card_groups")]
    address = listed(sandbox, "addresses")[0]["id"]
    for number in (1, 2):
        name = f"Number {number}"
        made["billing_groups"] = ask(sandbox, "POST", "billing_groups", name=name)
        made["voice_connections"] = ask(
            sandbox,
            "POST",
            "v2/mobile_voice_connections",
            connection_name=name,
            tags=["b", "a"],
            webhook_event_url="https://a.example/calls",
        )
        made["gateways"] = ask(
            sandbox, "POST", "private_wireless_gateways", name=name, network_id=str(uuid4())
        )
        made["blocklists"] = ask(
            sandbox, "POST", "wireless_blocklists", name=name, type="country", values=["FR", "DE"]
        )
        made["notifications"] = ask(
            sandbox,
            "POST",
            "sim_card_data_usage_notifications",
            sim_card_id=cards[number],
            threshold={"amount": "1.5", "unit": "GB"},
        )
        made["orders"] = ask(
            sandbox, "POST", "sim_card_orders", address_id=address, quantity=number
        )
        made["bulk_actions"] = ask(
            sandbox,
            "POST",
            "sim_cards/actions/bulk_set_public_ips",
            sim_card_ids=cards[2 * number : 2 * number + 2],
        )
        made["group_actions"] = ask(
            sandbox,
            "POST",
            f"sim_card_groups/{groups[number]}/actions/set_wireless_blocklist",
            wireless_blocklist_id=made["blocklists"]["id"],
        )
    return made


def connect_group(sandbox: SandboxProcess, gateway_id: str) -> None:
    """Give a group a gateway, which has to be provisioned."""
    group = listed(sandbox, "sim_card_groups")[0]["id"]
    path = f"sim_card_groups/{group}/actions/set_private_wireless_gateway"
    ask(sandbox, "POST", path, private_wireless_gateway_id=gateway_id)


def settled(sandbox: SandboxProcess) -> bool:
    """Whether nothing is on its way: no action, no order, no gateway."""
    on_the_way = {"in-progress", "pending", "processing", "ready_to_ship", "shipped"}
    on_the_way |= {"provisioning", "decommissioning"}
    paths = ("sim_card_actions", "sim_card_group_actions", "sim_card_orders")
    for path in (*paths, "private_wireless_gateways"):
        for record in listed(sandbox, path):
            status = record["status"]
            if (status["value"] if isinstance(status, dict) else status) in on_the_way:
                return False
    return True
