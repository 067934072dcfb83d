"""Over-the-air updates of SIM cards."""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from telnyx_api.arguments import path_id
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/ota_updates"


class OtaUpdateOperatorPreference(TypedDict, total=False):
    """A network operator, and when it is tried."""

    mobile_network_operator_id: str
    mobile_network_operator_name: str
    priority: int


class OtaUpdateSettings(TypedDict, total=False):
    """What the update sets."""

    mobile_network_operators_preferences: list[OtaUpdateOperatorPreference]


class OtaUpdate(TypedDict, total=False):
    """A record as the API sends it; only ``retrieve`` gives its settings."""

    settings: OtaUpdateSettings
    created_at: str
    id: str
    record_type: str
    sim_card_id: str
    status: str
    type: str
    updated_at: str


class OtaUpdateFilters(TypedDict, total=False):
    """Filters of the list."""

    filter_sim_card_id: str | None
    filter_status: str | None
    filter_type: str | None


LIST = {
    "filter_sim_card_id": Parameter("filter[sim_card_id]"),
    "filter_status": Parameter("filter[status]", allowed=("in-progress", "completed", "failed")),
    "filter_type": Parameter("filter[type]", allowed=("sim_card_network_preferences",)),
}


class OtaUpdates(Resource):
    """/ota_updates: read only."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[OtaUpdateFilters]
    ) -> Page[OtaUpdate]:
        """One page; ``size`` is 1 to 250."""
        return self._page(OtaUpdate, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[OtaUpdateFilters]
    ) -> Iterator[Page[OtaUpdate]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(OtaUpdate, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[OtaUpdateFilters]
    ) -> Iterator[OtaUpdate]:
        """All updates that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def retrieve(self, id: str) -> OtaUpdate:
        """One update; raises errors.NotFound."""
        return self._one(OtaUpdate, "GET", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
