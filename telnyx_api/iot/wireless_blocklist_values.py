"""What a wireless blocklist of a type can hold."""

from collections.abc import Iterator
from typing import Required, TypedDict, Unpack

from telnyx_api.query import Parameter
from telnyx_api.resource import Page, Resource

PATH = "/wireless_blocklist_values"


class WirelessBlocklistValue(TypedDict, total=False):
    """A country, or a network."""

    code: str
    name: str


class WirelessBlocklistValueFilters(TypedDict, total=False):
    """Filters and order of the list."""

    type: Required[str]


LIST = {
    "type": Parameter(
        "type",
        allowed=("country", "mcc", "plmn"),
        required=True,
    ),
}


class WirelessBlocklistValues(Resource):
    """/wireless_blocklist_values."""

    def page(
        self, **filters: Unpack[WirelessBlocklistValueFilters]
    ) -> Page[WirelessBlocklistValue]:
        """All that the API gives; the specification offers no further pages."""
        return self._whole(WirelessBlocklistValue, PATH, parameters=LIST, given=filters)

    def list(
        self, **filters: Unpack[WirelessBlocklistValueFilters]
    ) -> Iterator[WirelessBlocklistValue]:
        """All values, fetched at once."""
        return iter(self.page(**filters).data)
