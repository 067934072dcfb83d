"""SIM card groups."""

from collections.abc import Iterator, Mapping
from typing import TypedDict, Unpack

from telnyx_api.arguments import path_id, text
from telnyx_api.data_amount import DataAmount, checked_limit
from telnyx_api.iot.sim_card_group_actions import SimCardGroupAction
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, given_fields, records
from telnyx_api.unset import UNSET, Unset

PATH = "/sim_card_groups"


class SimCardGroup(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict.

    ``sim_card_count`` comes with lists only.
    """

    id: str
    record_type: str
    name: str
    default: bool
    data_limit: DataAmount | None
    consumed_data: DataAmount
    private_wireless_gateway_id: str | None
    wireless_blocklist_id: str | None
    sim_card_count: int
    created_at: str
    updated_at: str


class SimCardGroupFilters(TypedDict, total=False):
    """Filters of the list."""

    filter_name: str | None
    filter_private_wireless_gateway_id: str | None
    filter_wireless_blocklist_id: str | None


LIST = {
    "filter_name": Parameter("filter[name]"),
    "filter_private_wireless_gateway_id": Parameter("filter[private_wireless_gateway_id]"),
    "filter_wireless_blocklist_id": Parameter("filter[wireless_blocklist_id]"),
}
RETRIEVE = {"include_iccids": Parameter("include_iccids", "flag")}


class SimCardGroups(Resource):
    """/sim_card_groups."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[SimCardGroupFilters]
    ) -> Page[SimCardGroup]:
        """One page; ``size`` is 1 to 250."""
        return self._page(SimCardGroup, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardGroupFilters]
    ) -> Iterator[Page[SimCardGroup]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(SimCardGroup, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardGroupFilters]
    ) -> Iterator[SimCardGroup]:
        """All groups that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def retrieve(self, id: str, include_iccids: bool | None = None) -> SimCardGroup:
        """One group; raises errors.NotFound."""
        given = {"include_iccids": include_iccids}
        return self._one(SimCardGroup, "GET", _path(id), parameters=RETRIEVE, given=given)

    def create(
        self, name: str, *, data_limit: DataAmount | Mapping[str, str] | Unset = UNSET
    ) -> SimCardGroup:
        """A new group."""
        body = given_fields(name=text("name", name), data_limit=_limit(data_limit))
        return self._one(SimCardGroup, "POST", PATH, body=body)

    def update(
        self,
        id: str,
        *,
        name: str | Unset = UNSET,
        data_limit: DataAmount | Mapping[str, str] | Unset | None = UNSET,
    ) -> SimCardGroup:
        """Change what is given. None for ``data_limit`` is sent as null, an undocumented value."""
        name = name if name is UNSET else text("name", name)
        body = given_fields(name=name, data_limit=_limit(data_limit))
        return self._one(SimCardGroup, "PATCH", _path(id), body=body)

    def delete(self, id: str) -> SimCardGroup:
        """Delete a group; raises errors.NotEmptyGroup or errors.DefaultGroup where it cannot be."""
        return self._one(SimCardGroup, "DELETE", _path(id))

    def set_private_wireless_gateway(
        self, id: str, private_wireless_gateway_id: str
    ) -> SimCardGroupAction:
        """Ask for a gateway; the action is followed through client.sim_card_group_actions."""
        gateway = text("private_wireless_gateway_id", private_wireless_gateway_id)
        body = {"private_wireless_gateway_id": gateway}
        return self._act(id, "set_private_wireless_gateway", body)

    def remove_private_wireless_gateway(self, id: str) -> SimCardGroupAction:
        """Ask for no gateway."""
        return self._act(id, "remove_private_wireless_gateway")

    def set_wireless_blocklist(self, id: str, wireless_blocklist_id: str) -> SimCardGroupAction:
        """Ask for a blocklist."""
        body = {"wireless_blocklist_id": text("wireless_blocklist_id", wireless_blocklist_id)}
        return self._act(id, "set_wireless_blocklist", body)

    def remove_wireless_blocklist(self, id: str) -> SimCardGroupAction:
        """Ask for no blocklist."""
        return self._act(id, "remove_wireless_blocklist")

    def _act(
        self, id: str, action: str, body: Mapping[str, str] | Unset = UNSET
    ) -> SimCardGroupAction:
        return self._one(SimCardGroupAction, "POST", f"{_path(id)}/actions/{action}", body=body)


def _limit(value: object) -> object:
    return value if value is UNSET or value is None else checked_limit("data_limit", value)


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
