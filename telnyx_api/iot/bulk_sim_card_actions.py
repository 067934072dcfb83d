"""Bulk SIM card actions: one request, an action for each of many SIM cards."""

from collections.abc import Iterator
from typing import Any, TypedDict, Unpack

from telnyx_api.arguments import path_id
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/bulk_sim_card_actions"


class BulkSimCardActionSimCardActionsSummary(TypedDict, total=False):
    """How many of the actions have this status."""

    count: int
    status: str


class BulkSimCardAction(TypedDict, total=False):
    """A record as the API sends it; the summary is absent from the answer to the request."""

    action_type: str
    created_at: str
    id: str
    record_type: str
    settings: dict[str, Any]
    sim_card_actions_summary: list[BulkSimCardActionSimCardActionsSummary]
    updated_at: str


class BulkSimCardActionFilters(TypedDict, total=False):
    """Filters of the list."""

    filter_action_type: str | None


LIST = {
    "filter_action_type": Parameter(
        "filter[action_type]",
        allowed=("bulk_disable_voice", "bulk_enable_voice", "bulk_set_public_ips"),
    ),
}


class BulkSimCardActions(Resource):
    """/bulk_sim_card_actions: read only; bulk actions begin at the SIM cards."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[BulkSimCardActionFilters]
    ) -> Page[BulkSimCardAction]:
        """One page; ``size`` is 1 to 250."""
        return self._page(BulkSimCardAction, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[BulkSimCardActionFilters]
    ) -> Iterator[Page[BulkSimCardAction]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(BulkSimCardAction, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[BulkSimCardActionFilters]
    ) -> Iterator[BulkSimCardAction]:
        """All bulk actions that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def retrieve(self, id: str) -> BulkSimCardAction:
        """One bulk action; raises errors.NotFound."""
        return self._one(BulkSimCardAction, "GET", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
