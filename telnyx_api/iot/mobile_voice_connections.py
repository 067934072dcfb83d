"""Mobile voice connections. The specification writes the version a second time in their path."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, path_id, texts, truth, whole, word
from telnyx_api.fields import Field, nested
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/v2/mobile_voice_connections"


class MobileVoiceConnectionInbound(TypedDict, total=False):
    """``inbound`` of a MobileVoiceConnection."""

    channel_limit: int | None


class MobileVoiceConnectionOutbound(TypedDict, total=False):
    """``outbound`` of a MobileVoiceConnection."""

    channel_limit: int | None
    outbound_voice_profile_id: str | None


class MobileVoiceConnection(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    active: bool
    connection_name: str
    created_at: str
    id: str
    inbound: MobileVoiceConnectionInbound
    outbound: MobileVoiceConnectionOutbound
    record_type: str
    tags: list[str]
    updated_at: str
    webhook_api_version: str | None
    webhook_event_failover_url: str | None
    webhook_event_url: str | None
    webhook_timeout_secs: int | None


class MobileVoiceConnectionFilters(TypedDict, total=False):
    """Filters and order of the list."""

    filter_connection_name_contains: str | None
    sort: str | None


class NewMobileVoiceConnection(TypedDict, total=False):
    """Fields of the request."""

    active: bool
    connection_name: str
    inbound: Mapping[str, Any]
    outbound: Mapping[str, Any]
    tags: Sequence[str]
    webhook_api_version: str
    webhook_event_failover_url: str | None
    webhook_event_url: str | None
    webhook_timeout_secs: int | None


class MobileVoiceConnectionChanges(TypedDict, total=False):
    """What can be changed."""

    active: bool
    connection_name: str
    inbound: Mapping[str, Any]
    outbound: Mapping[str, Any]
    tags: Sequence[str]
    webhook_api_version: str
    webhook_event_failover_url: str | None
    webhook_event_url: str | None
    webhook_timeout_secs: int


LIST = {
    "filter_connection_name_contains": Parameter("filter[connection_name][contains]"),
    "sort": Parameter("sort"),
}
INBOUND = {
    "channel_limit": Field(whole(0)),
}
OUTBOUND = {
    "channel_limit": Field(whole(0)),
    "outbound_voice_profile_id": Field(),
}
CREATE = {
    "active": Field(truth),
    "connection_name": Field(any_text),
    "inbound": Field(nested(INBOUND)),
    "outbound": Field(nested(OUTBOUND)),
    "tags": Field(texts),
    "webhook_api_version": Field(word("1", "2")),
    "webhook_event_failover_url": Field(any_text, null=True),
    "webhook_event_url": Field(any_text, null=True),
    "webhook_timeout_secs": Field(whole(0), null=True),
}
UPDATE = {
    "active": Field(truth),
    "connection_name": Field(any_text),
    "inbound": Field(nested(INBOUND)),
    "outbound": Field(nested(OUTBOUND)),
    "tags": Field(texts),
    "webhook_api_version": Field(word("1", "2")),
    "webhook_event_failover_url": Field(any_text, null=True),
    "webhook_event_url": Field(any_text, null=True),
    "webhook_timeout_secs": Field(whole(0)),
}


class MobileVoiceConnections(Resource):
    """/v2/mobile_voice_connections."""

    def page(
        self,
        number: int = 1,
        size: int = LARGEST_PAGE,
        **filters: Unpack[MobileVoiceConnectionFilters],
    ) -> Page[MobileVoiceConnection]:
        """One page; ``size`` is 1 to 250."""
        return self._page(MobileVoiceConnection, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[MobileVoiceConnectionFilters]
    ) -> Iterator[Page[MobileVoiceConnection]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(MobileVoiceConnection, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[MobileVoiceConnectionFilters]
    ) -> Iterator[MobileVoiceConnection]:
        """All connections that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def create(self, **values: Unpack[NewMobileVoiceConnection]) -> MobileVoiceConnection:
        """A new connection."""
        return self._one(MobileVoiceConnection, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> MobileVoiceConnection:
        """One connection; raises errors.NotFound."""
        return self._one(MobileVoiceConnection, "GET", _path(id))

    def update(
        self, id: str, **values: Unpack[MobileVoiceConnectionChanges]
    ) -> MobileVoiceConnection:
        """Change what is given and leave the rest."""
        return self._one(
            MobileVoiceConnection, "PATCH", _path(id), body=fields.changes(UPDATE, values)
        )

    def delete(self, id: str) -> MobileVoiceConnection:
        """Delete a connection."""
        return self._one(MobileVoiceConnection, "DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
