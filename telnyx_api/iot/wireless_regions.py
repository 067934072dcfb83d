"""Regions in which a product can be had."""

from collections.abc import Iterator
from typing import Required, TypedDict, Unpack

from telnyx_api.query import Parameter
from telnyx_api.resource import Page, Resource

PATH = "/wireless/regions"


class WirelessRegion(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    code: str
    inserted_at: str
    name: str
    updated_at: str


class WirelessRegionFilters(TypedDict, total=False):
    """Filters and order of the list."""

    product: Required[str]


LIST = {
    "product": Parameter("product", required=True),
}


class WirelessRegions(Resource):
    """/wireless/regions."""

    def page(self, **filters: Unpack[WirelessRegionFilters]) -> Page[WirelessRegion]:
        """All that the API gives; the specification offers no further pages."""
        return self._whole(WirelessRegion, PATH, parameters=LIST, given=filters)

    def list(self, **filters: Unpack[WirelessRegionFilters]) -> Iterator[WirelessRegion]:
        """All regions, fetched at once."""
        return iter(self.page(**filters).data)
