"""Private wireless gateways."""

from collections.abc import Iterator
from typing import Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, path_id
from telnyx_api.fields import Field
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/private_wireless_gateways"


class PrivateWirelessGatewayAssignedResource(TypedDict, total=False):
    """``assigned_resources`` of a PrivateWirelessGateway."""

    count: int
    record_type: str


class PrivateWirelessGatewayStatus(TypedDict, total=False):
    """``value``: provisioning, provisioned, failed, decommissioning; the error with failed."""

    error_code: str | None
    error_description: str | None
    value: str


class PrivateWirelessGateway(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    assigned_resources: list[PrivateWirelessGatewayAssignedResource]
    created_at: str
    id: str
    ip_range: str | None
    name: str
    network_id: str
    record_type: str
    region_code: str | None
    status: PrivateWirelessGatewayStatus
    updated_at: str


class PrivateWirelessGatewayFilters(TypedDict, total=False):
    """Filters of the list."""

    filter_name: str | None
    filter_ip_range: str | None
    filter_region_code: str | None
    filter_created_at: str | None
    filter_updated_at: str | None


class NewPrivateWirelessGateway(TypedDict, total=False):
    """Fields of the request."""

    name: Required[str]
    network_id: Required[str]
    region_code: str


LIST = {
    "filter_name": Parameter("filter[name]"),
    "filter_ip_range": Parameter("filter[ip_range]"),
    "filter_region_code": Parameter("filter[region_code]"),
    "filter_created_at": Parameter("filter[created_at]"),
    "filter_updated_at": Parameter("filter[updated_at]"),
}
CREATE = {
    "name": Field(required=True),
    "network_id": Field(required=True),
    "region_code": Field(any_text),
}


class PrivateWirelessGateways(Resource):
    """/private_wireless_gateways."""

    def page(
        self,
        number: int = 1,
        size: int = LARGEST_PAGE,
        **filters: Unpack[PrivateWirelessGatewayFilters],
    ) -> Page[PrivateWirelessGateway]:
        """One page; ``size`` is 1 to 250."""
        return self._page(
            PrivateWirelessGateway, PATH, number, size, parameters=LIST, given=filters
        )

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[PrivateWirelessGatewayFilters]
    ) -> Iterator[Page[PrivateWirelessGateway]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(PrivateWirelessGateway, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[PrivateWirelessGatewayFilters]
    ) -> Iterator[PrivateWirelessGateway]:
        """All gateways that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def create(self, **values: Unpack[NewPrivateWirelessGateway]) -> PrivateWirelessGateway:
        """A new gateway."""
        return self._one(PrivateWirelessGateway, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> PrivateWirelessGateway:
        """One gateway; raises errors.NotFound."""
        return self._one(PrivateWirelessGateway, "GET", _path(id))

    def delete(self, id: str) -> PrivateWirelessGateway:
        """Delete a gateway."""
        return self._one(PrivateWirelessGateway, "DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
