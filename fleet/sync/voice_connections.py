"""Mobile voice connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.models import Resource
from fleet.sync.resource import ResourceSync
from fleet.sync.values import moment, nested, text, texts, truth, whole
from telnyx_api import Client, Page

# Other connections of the API carry credentials. The specification shows none here, but what it
# does not name is stored too.
_SECRET = ("password", "secret", "token", "credential", "private_key", "api_key")


class VoiceConnectionSync(ResourceSync):
    """Mobile voice connections. The specification calls their id a text, not a UUID."""

    name = Resource.VOICE_CONNECTIONS
    table = "fleet_voiceconnection"
    id_type = "text"
    subject = "name"
    undecoded = False
    tracked = ("name", "active")
    columns = (
        ("name", "text"),
        ("active", "boolean"),
        ("tags", "text[]"),
        ("inbound_channel_limit", "integer"),
        ("outbound_channel_limit", "integer"),
        ("outbound_voice_profile_remote_id", "text"),
        ("webhook_event_url", "text"),
        ("webhook_event_failover_url", "text"),
        ("webhook_api_version", "text"),
        ("webhook_timeout_seconds", "integer"),
        ("remote_created_at", "timestamptz"),
        ("remote_updated_at", "timestamptz"),
    )

    def page(self, client: Client, number: int) -> Page[Any]:
        """Fetch a page of the list."""
        return client.mobile_voice_connections.page(number=number, size=250)

    def retrieve(self, client: Client, remote_id: str) -> Any:
        """Fetch one connection."""
        return client.mobile_voice_connections.retrieve(remote_id)

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """The columns' values. Raises BadValue."""
        inbound, outbound = nested(record, "inbound"), nested(record, "outbound")
        return [
            text(record, "connection_name"),
            truth(record, "active"),
            texts(record, "tags") or [],
            whole(inbound, "channel_limit"),
            whole(outbound, "channel_limit"),
            text(outbound, "outbound_voice_profile_id"),
            text(record, "webhook_event_url", longest=None),
            text(record, "webhook_event_failover_url", longest=None),
            text(record, "webhook_api_version"),
            whole(record, "webhook_timeout_secs"),
            moment(record, "created_at"),
            moment(record, "updated_at"),
        ]

    def without_secrets(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """The record without what looks like one."""
        return {key: _without_secrets(item) for key, item in record.items() if not _is_secret(key)}

    def excerpt(self, record: Any) -> str:
        """The beginning of a record that could not be mapped, without secrets."""
        return super().excerpt(_without_secrets(record))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _without_secrets(item) for key, item in value.items() if not _is_secret(key)}
    return value


def _is_secret(key: Any) -> bool:
    return any(word in str(key).lower() for word in _SECRET)
