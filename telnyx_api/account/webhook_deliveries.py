"""Deliveries of webhooks, with their attempts."""

from collections.abc import Iterator, Sequence
from typing import Any, TypedDict, Unpack

from telnyx_api.arguments import path_id
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/webhook_deliveries"


class WebhookDeliveryAttemptHttpRequest(TypedDict, total=False):
    """``request`` of a WebhookDeliveryAttemptHttp."""

    headers: list[list[str]]
    url: str


class WebhookDeliveryAttemptHttpResponse(TypedDict, total=False):
    """``response`` of a WebhookDeliveryAttemptHttp."""

    body: str
    headers: list[list[str]]
    status: int


class WebhookDeliveryAttemptHttp(TypedDict, total=False):
    """What was sent and what came back."""

    request: WebhookDeliveryAttemptHttpRequest
    response: WebhookDeliveryAttemptHttpResponse


class WebhookDeliveryAttempt(TypedDict, total=False):
    """``attempts`` of a WebhookDelivery."""

    errors: list[int]
    finished_at: str
    http: WebhookDeliveryAttemptHttp
    started_at: str
    status: str


class WebhookDeliveryWebhook(TypedDict, total=False):
    """``webhook`` of a WebhookDelivery."""

    event_type: str
    id: str
    occurred_at: str
    payload: dict[str, Any]
    record_type: str


class WebhookDelivery(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    attempts: list[WebhookDeliveryAttempt]
    finished_at: str
    id: str
    record_type: str
    started_at: str
    status: str
    user_id: str
    webhook: WebhookDeliveryWebhook


class WebhookDeliveryFilters(TypedDict, total=False):
    """Filters of the list."""

    filter_attempts_contains: str | None
    filter_event_type: str | Sequence[str] | None
    filter_finished_at_gte: str | None
    filter_finished_at_lte: str | None
    filter_started_at_gte: str | None
    filter_started_at_lte: str | None
    filter_status_eq: str | None
    filter_webhook_contains: str | None


LIST = {
    "filter_attempts_contains": Parameter("filter[attempts][contains]"),
    "filter_event_type": Parameter("filter[event_type]", "texts"),
    "filter_finished_at_gte": Parameter("filter[finished_at][gte]"),
    "filter_finished_at_lte": Parameter("filter[finished_at][lte]"),
    "filter_started_at_gte": Parameter("filter[started_at][gte]"),
    "filter_started_at_lte": Parameter("filter[started_at][lte]"),
    "filter_status_eq": Parameter("filter[status][eq]", allowed=("delivered", "failed")),
    "filter_webhook_contains": Parameter("filter[webhook][contains]"),
}


class WebhookDeliveries(Resource):
    """/webhook_deliveries."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[WebhookDeliveryFilters]
    ) -> Page[WebhookDelivery]:
        """One page; ``size`` is 1 to 250."""
        return self._page(WebhookDelivery, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[WebhookDeliveryFilters]
    ) -> Iterator[Page[WebhookDelivery]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(WebhookDelivery, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[WebhookDeliveryFilters]
    ) -> Iterator[WebhookDelivery]:
        """All deliveries that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def retrieve(self, id: str) -> WebhookDelivery:
        """One delivery; raises errors.NotFound."""
        return self._one(WebhookDelivery, "GET", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
