"""Notifications that a SIM card has used so much data."""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import path_id
from telnyx_api.data_amount import DataAmount, checked_limit
from telnyx_api.fields import Field
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/sim_card_data_usage_notifications"


class SimCardDataUsageNotification(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    created_at: str
    id: str
    record_type: str
    sim_card_id: str
    threshold: DataAmount
    updated_at: str


class SimCardDataUsageNotificationFilters(TypedDict, total=False):
    """Filters of the list."""

    filter_sim_card_id: str | None


class SimCardDataUsageNotificationChanges(TypedDict, total=False):
    """What can be changed."""

    sim_card_id: str
    threshold: DataAmount


LIST = {
    "filter_sim_card_id": Parameter("filter[sim_card_id]"),
}
CREATE = {
    "sim_card_id": Field(required=True),
    "threshold": Field(checked_limit, required=True),
}
UPDATE = {
    "sim_card_id": Field(),
    "threshold": Field(checked_limit),
}


class SimCardDataUsageNotifications(Resource):
    """/sim_card_data_usage_notifications."""

    def page(
        self,
        number: int = 1,
        size: int = LARGEST_PAGE,
        **filters: Unpack[SimCardDataUsageNotificationFilters],
    ) -> Page[SimCardDataUsageNotification]:
        """One page; ``size`` is 1 to 250."""
        return self._page(
            SimCardDataUsageNotification, PATH, number, size, parameters=LIST, given=filters
        )

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardDataUsageNotificationFilters]
    ) -> Iterator[Page[SimCardDataUsageNotification]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(
            SimCardDataUsageNotification, PATH, page_size, parameters=LIST, given=filters
        )

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardDataUsageNotificationFilters]
    ) -> Iterator[SimCardDataUsageNotification]:
        """All notifications that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def create(self, sim_card_id: str, threshold: DataAmount) -> SimCardDataUsageNotification:
        """A new notification."""
        return self._one(
            SimCardDataUsageNotification,
            "POST",
            PATH,
            body=fields.build(CREATE, {"sim_card_id": sim_card_id, "threshold": threshold}),
        )

    def retrieve(self, id: str) -> SimCardDataUsageNotification:
        """One notification; raises errors.NotFound."""
        return self._one(SimCardDataUsageNotification, "GET", _path(id))

    def update(
        self, id: str, **values: Unpack[SimCardDataUsageNotificationChanges]
    ) -> SimCardDataUsageNotification:
        """Change what is given and leave the rest."""
        return self._one(
            SimCardDataUsageNotification, "PATCH", _path(id), body=fields.changes(UPDATE, values)
        )

    def delete(self, id: str) -> SimCardDataUsageNotification:
        """Delete a notification."""
        return self._one(SimCardDataUsageNotification, "DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
