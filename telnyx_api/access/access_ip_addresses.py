"""IP addresses from which the account may be used."""

from collections.abc import Iterator
from typing import Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, path_id
from telnyx_api.fields import Field
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/access_ip_address"


class AccessIpAddress(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    created_at: str
    description: str
    id: str
    ip_address: str
    source: str
    status: str
    updated_at: str
    user_id: str


class AccessIpAddressFilters(TypedDict, total=False):
    """Filters of the list."""

    filter_created_at: str | None
    filter_created_at_gt: str | None
    filter_created_at_gte: str | None
    filter_created_at_lt: str | None
    filter_created_at_lte: str | None
    filter_ip_address: str | None
    filter_ip_source: str | None


class NewAccessIpAddress(TypedDict, total=False):
    """Fields of the request."""

    description: str
    ip_address: Required[str]


LIST = {
    "filter_created_at": Parameter("filter[created_at]", "moment"),
    "filter_created_at_gt": Parameter("filter[created_at][gt]", "moment"),
    "filter_created_at_gte": Parameter("filter[created_at][gte]", "moment"),
    "filter_created_at_lt": Parameter("filter[created_at][lt]", "moment"),
    "filter_created_at_lte": Parameter("filter[created_at][lte]", "moment"),
    "filter_ip_address": Parameter("filter[ip_address]"),
    "filter_ip_source": Parameter("filter[ip_source]"),
}
CREATE = {
    "description": Field(any_text),
    "ip_address": Field(required=True),
}


class AccessIpAddresses(Resource):
    """/access_ip_address."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[AccessIpAddressFilters]
    ) -> Page[AccessIpAddress]:
        """One page; ``size`` is 1 to 250."""
        return self._page(AccessIpAddress, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[AccessIpAddressFilters]
    ) -> Iterator[Page[AccessIpAddress]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(AccessIpAddress, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[AccessIpAddressFilters]
    ) -> Iterator[AccessIpAddress]:
        """All addresses that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def create(self, **values: Unpack[NewAccessIpAddress]) -> AccessIpAddress:
        """A new address."""
        return self._bare(AccessIpAddress, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> AccessIpAddress:
        """One address; raises errors.NotFound."""
        return self._bare(AccessIpAddress, "GET", _path(id))

    def delete(self, id: str) -> AccessIpAddress:
        """Delete a address."""
        return self._bare(AccessIpAddress, "DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
