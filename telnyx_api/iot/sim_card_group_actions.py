"""SIM card group actions: what the API does to a group after a request."""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from telnyx_api.arguments import path_id
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/sim_card_group_actions"


class SimCardGroupActionSettings(TypedDict, total=False):
    """``settings`` of a SimCardGroupAction."""

    private_wireless_gateway_id: str


class SimCardGroupAction(TypedDict, total=False):
    """A record as the API sends it; its ``status`` is a plain text."""

    created_at: str
    id: str
    record_type: str
    settings: SimCardGroupActionSettings
    sim_card_group_id: str
    status: str
    type: str
    updated_at: str


class SimCardGroupActionFilters(TypedDict, total=False):
    """Filters of the list."""

    filter_sim_card_group_id: str | None
    filter_status: str | None
    filter_type: str | None


LIST = {
    "filter_sim_card_group_id": Parameter("filter[sim_card_group_id]"),
    "filter_status": Parameter("filter[status]", allowed=("in-progress", "completed", "failed")),
    "filter_type": Parameter(
        "filter[type]",
        allowed=(
            "set_private_wireless_gateway",
            "remove_private_wireless_gateway",
            "set_wireless_blocklist",
            "remove_wireless_blocklist",
        ),
    ),
}


class SimCardGroupActions(Resource):
    """/sim_card_group_actions: read only; the actions begin at the groups."""

    def page(
        self,
        number: int = 1,
        size: int = LARGEST_PAGE,
        **filters: Unpack[SimCardGroupActionFilters],
    ) -> Page[SimCardGroupAction]:
        """One page; ``size`` is 1 to 250."""
        return self._page(SimCardGroupAction, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardGroupActionFilters]
    ) -> Iterator[Page[SimCardGroupAction]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(SimCardGroupAction, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardGroupActionFilters]
    ) -> Iterator[SimCardGroupAction]:
        """All actions that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def retrieve(self, id: str) -> SimCardGroupAction:
        """One action; raises errors.NotFound."""
        return self._one(SimCardGroupAction, "GET", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
