"""What a wireless blocklist of a type can hold."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Required, TypedDict, Unpack

from telnyx_api.arguments import between
from telnyx_api.query import Parameter
from telnyx_api.resource import Page, Resource, records

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
    "number": Parameter("page[number]", "number"),
}


class WirelessBlocklistValues(Resource):
    """/wireless_blocklist_values."""

    def page(
        self, number: int = 1, **filters: Unpack[WirelessBlocklistValueFilters]
    ) -> Page[WirelessBlocklistValue]:
        """One page of the size that the API chooses.

        The specification gives the answer totals, but no parameter to ask for a further page: the
        one of every other list is sent from the second page on.
        """
        number = between("number", number, 1)
        given = dict(filters) if number == 1 else {**filters, "number": number}
        page = self._whole(WirelessBlocklistValue, PATH, parameters=LIST, given=given)
        return replace(page, number=number)

    def pages(
        self, **filters: Unpack[WirelessBlocklistValueFilters]
    ) -> Iterator[Page[WirelessBlocklistValue]]:
        """All pages, as many as the first says there are, each fetched when it is asked for."""
        page = self.page(**filters)
        yield page
        last = page.total_pages or 1
        while page.data and page.number < last:
            page = self.page(page.number + 1, **filters)
            yield page

    def list(
        self, **filters: Unpack[WirelessBlocklistValueFilters]
    ) -> Iterator[WirelessBlocklistValue]:
        """All values, fetched page by page."""
        return records(self.pages(**filters))
