"""SIM card actions: what the API does to a SIM card after a request, and how far it got."""

from collections.abc import Iterator
from typing import Any, TypedDict, Unpack

from telnyx_api.arguments import path_id
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/sim_card_actions"
ACTION_TYPES = (
    "enable",
    "enable_standby_sim_card",
    "disable",
    "set_standby",
    "remove_public_ip",
    "set_public_ip",
)
FILTER_STATUSES = ("in-progress", "completed", "failed")


class SimCardActionStatus(TypedDict, total=False):
    """``value``: in-progress, completed, failed, interrupted; ``reason`` for the last two."""

    value: str
    reason: str | None


class SimCardAction(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    id: str
    record_type: str
    sim_card_id: str
    action_type: str
    status: SimCardActionStatus
    settings: dict[str, Any] | None
    created_at: str
    updated_at: str


class SimCardActionFilters(TypedDict, total=False):
    """Filters of the list. The specification lets nobody filter by ``interrupted``."""

    filter_sim_card_id: str | None
    filter_status: str | None
    filter_bulk_sim_card_action_id: str | None
    filter_action_type: str | None


LIST = {
    "filter_sim_card_id": Parameter("filter[sim_card_id]"),
    "filter_status": Parameter("filter[status]", allowed=FILTER_STATUSES),
    "filter_bulk_sim_card_action_id": Parameter("filter[bulk_sim_card_action_id]"),
    "filter_action_type": Parameter("filter[action_type]", allowed=ACTION_TYPES),
}


class SimCardActions(Resource):
    """/sim_card_actions: read only; the actions themselves begin at the SIM cards."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[SimCardActionFilters]
    ) -> Page[SimCardAction]:
        """One page; ``size`` is 1 to 250."""
        return self._page(SimCardAction, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardActionFilters]
    ) -> Iterator[Page[SimCardAction]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(SimCardAction, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardActionFilters]
    ) -> Iterator[SimCardAction]:
        """All actions that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def retrieve(self, id: str) -> SimCardAction:
        """One action; raises errors.NotFound."""
        return self._one(SimCardAction, "GET", f"{PATH}/{path_id('id', id)}")
