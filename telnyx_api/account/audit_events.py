"""Audit events: who changed what."""

from collections.abc import Iterator
from typing import Any, TypedDict, Unpack

from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/audit_events"


AuditEventChange = TypedDict(
    "AuditEventChange",
    {"field": str, "from": Any, "to": Any},
    total=False,
)


class AuditEvent(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    alternate_resource_id: str | None
    change_made_by: str
    change_type: str
    changes: list[AuditEventChange] | None
    created_at: str
    id: str
    organization_id: str
    record_type: str
    resource_id: str
    user_id: str


class AuditEventFilters(TypedDict, total=False):
    """Filters and order of the list."""

    filter_created_after: str | None
    filter_created_before: str | None
    sort: str | None


LIST = {
    "filter_created_after": Parameter("filter[created_after]", "moment"),
    "filter_created_before": Parameter("filter[created_before]", "moment"),
    "sort": Parameter("sort", allowed=("asc", "desc")),
}


class AuditEvents(Resource):
    """/audit_events."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[AuditEventFilters]
    ) -> Page[AuditEvent]:
        """One page; ``size`` is 1 to 250."""
        return self._page(AuditEvent, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[AuditEventFilters]
    ) -> Iterator[Page[AuditEvent]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(AuditEvent, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[AuditEventFilters]
    ) -> Iterator[AuditEvent]:
        """All events that match, fetched page by page."""
        return records(self.pages(page_size, **filters))
