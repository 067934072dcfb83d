"""Events of calls."""

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict, Unpack

from telnyx_api.errors import InvalidArgument
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/call_events"
OCCURRED_AT = "filter_occurred_at"


class CallEvent(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    call_leg_id: str
    call_session_id: str
    event_timestamp: str
    metadata: dict[str, Any]
    name: str
    record_type: str
    type: str


class CallEventFilters(TypedDict, total=False):
    """Filters of the list, and its cursors."""

    filter_application_name_contains: str | None
    filter_application_session_id: str | None
    filter_connection_id: str | None
    filter_failed: bool | None
    filter_from: str | None
    filter_leg_id: str | None
    filter_name: str | None
    filter_occurred_at_eq: str | None
    filter_occurred_at_gt: str | None
    filter_occurred_at_gte: str | None
    filter_occurred_at_lt: str | None
    filter_occurred_at_lte: str | None
    filter_outbound_outbound_voice_profile_id: str | None
    filter_product: str | None
    filter_status: str | None
    filter_to: str | None
    filter_type: str | None
    page_after: str | None
    page_before: str | None
    page_limit: int | None


LIST = {
    "filter_application_name_contains": Parameter("filter[application_name][contains]", shortest=3),
    "filter_application_session_id": Parameter("filter[application_session_id]"),
    "filter_connection_id": Parameter("filter[connection_id]"),
    "filter_failed": Parameter("filter[failed]", "flag"),
    "filter_from": Parameter("filter[from]"),
    "filter_leg_id": Parameter("filter[leg_id]"),
    "filter_name": Parameter("filter[name]"),
    "filter_occurred_at_eq": Parameter("filter[occurred_at][eq]"),
    "filter_occurred_at_gt": Parameter("filter[occurred_at][gt]"),
    "filter_occurred_at_gte": Parameter("filter[occurred_at][gte]"),
    "filter_occurred_at_lt": Parameter("filter[occurred_at][lt]"),
    "filter_occurred_at_lte": Parameter("filter[occurred_at][lte]"),
    "filter_outbound_outbound_voice_profile_id": Parameter(
        "filter[outbound.outbound_voice_profile_id]"
    ),
    "filter_product": Parameter("filter[product]", allowed=("call_control", "fax", "texml")),
    "filter_status": Parameter("filter[status]", allowed=("init", "in_progress", "completed")),
    "filter_to": Parameter("filter[to]"),
    "filter_type": Parameter("filter[type]", allowed=("command", "webhook")),
    "page_after": Parameter("page[after]"),
    "page_before": Parameter("page[before]"),
    "page_limit": Parameter("page[limit]", "number", highest=250),
}


class CallEvents(Resource):
    """/call_events."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[CallEventFilters]
    ) -> Page[CallEvent]:
        """One page; ``size`` is 1 to 250."""
        _check_occurred_at(filters)
        return self._page(CallEvent, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[CallEventFilters]
    ) -> Iterator[Page[CallEvent]]:
        """All pages, each fetched when it is asked for."""
        _check_occurred_at(filters)
        return self._pages(CallEvent, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[CallEventFilters]
    ) -> Iterator[CallEvent]:
        """All events that match, fetched page by page."""
        return records(self.pages(page_size, **filters))


def _check_occurred_at(filters: Mapping[str, object]) -> None:
    """The specification allows one of them at a time."""
    given = [name for name, value in filters.items() if value is not None and OCCURRED_AT in name]
    if len(given) > 1:
        raise InvalidArgument(given[1], filters[given[1]], f"left out beside {given[0]}")
