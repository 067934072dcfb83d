"""SIM cards."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import TelnyxAccount
from fleet.models import Resource
from fleet.sync.resource import Reference, ResourceSync, as_json
from fleet.sync.values import identifier, megabytes, moment, text, texts, truth
from telnyx_api import Client, Page


class SimCardSync(ResourceSync):
    """SIM cards."""

    name = Resource.SIM_CARDS
    table = "fleet_simcard"
    subject = "iccid"
    counter = "consumed_mb"
    counted = ("type", "status", "group_remote_id", "voice_enabled", "tags")
    references = (Reference("group_remote_id", "group_id", "fleet_group"),)
    columns = (
        ("iccid", "text"),
        ("imsi", "text"),
        ("msisdn", "text"),
        ("eid", "text"),
        ("type", "text"),
        ("status", "text"),
        ("status_reason", "text"),
        ("group_remote_id", "uuid"),
        ("tags", "text[]"),
        ("authorized_imeis", "text[]"),
        ("data_limit_mb", "numeric"),
        ("consumed_mb", "numeric"),
        ("voice_enabled", "boolean"),
        ("actions_in_progress", "boolean"),
        ("esim_installation_status", "text"),
        ("version", "text"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )
    detail_columns = (
        ("imei", "text"),
        ("mcc", "text"),
        ("mnc", "text"),
        ("ipv4", "text"),
        ("ipv6", "text"),
        ("live_data_session", "text"),
        ("location", "jsonb"),
    )
    tracked = (
        "status",
        "group_remote_id",
        "tags",
        "authorized_imeis",
        "data_limit_mb",
        "voice_enabled",
        "esim_installation_status",
        "iccid",
        "imsi",
        "msisdn",
        "imei",
        "mcc",
        "mnc",
        "ipv4",
        "ipv6",
    )
    dropped = frozenset(
        {
            "current_device_location",
            "current_imei",
            "current_mcc",
            "current_mnc",
            "ipv4",
            "ipv6",
            "live_data_session",
            "sim_card_group",
        }
    )

    group_remote_id: UUID | None = None

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        if self.group_remote_id:
            group = str(self.group_remote_id)
            return client.sim_cards.page(number=number, size=250, filter_sim_card_group_id=group)
        return client.sim_cards.page(number=number, size=250)

    def of_group(self, group_remote_id: UUID) -> SimCardSync:
        """Only the SIM cards of one group."""
        sync = copy(self)
        sync.group_remote_id = group_remote_id
        return sync

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one SIM card with its details."""
        return client.sim_cards.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        # Most answers give {"value", "reason"}; a bare text is tolerated (behaviour, section 1).
        status = record.get("status")
        state = status if isinstance(status, Mapping) else {"value": status}
        return [
            text(record, "iccid"),
            text(record, "imsi"),
            text(record, "msisdn"),
            text(record, "eid"),
            text(record, "type"),
            text(state, "value"),
            text(state, "reason", longest=None),
            identifier(record, "sim_card_group_id"),
            texts(record, "tags") or [],
            texts(record, "authorized_imeis") or None,
            megabytes(record, "data_limit") or None,
            megabytes(record, "current_billing_period_consumed_data"),
            truth(record, "voice_enabled"),
            truth(record, "actions_in_progress"),
            text(record, "esim_installation_status"),
            text(record, "version"),
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]

    def after_sweep(self, account: TelnyxAccount) -> None:
        """Sort what is new into the search index, so that searches need not read a list."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('sim_card_search')")
            cursor.execute("SELECT gin_clean_pending_list('sim_card_tags')")

    def detail_values(self, record: Mapping[str, Any]) -> list[Any]:
        """The detail columns' values."""
        location = record.get("current_device_location")
        return [
            text(record, "current_imei"),
            text(record, "current_mcc"),
            text(record, "current_mnc"),
            text(record, "ipv4"),
            text(record, "ipv6"),
            text(record, "live_data_session"),
            as_json(location).decode() if isinstance(location, dict) else None,
        ]
