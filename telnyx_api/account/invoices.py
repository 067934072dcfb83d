"""Invoices."""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from telnyx_api.arguments import path_id
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/invoices"


class Invoice(TypedDict, total=False):
    """A record as the API sends it; ``download_url`` only where it was asked for (action link)."""

    download_url: str
    file_id: str
    invoice_id: str
    paid: bool
    period_end: str
    period_start: str
    url: str


class InvoiceFilters(TypedDict, total=False):
    """Filters and order of the list."""

    sort: str | None


LIST = {
    "sort": Parameter("sort", allowed=("period_start", "-period_start")),
}
RETRIEVE = {
    "action": Parameter("action", allowed=("json", "link")),
}


class Invoices(Resource):
    """/invoices."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[InvoiceFilters]
    ) -> Page[Invoice]:
        """One page; ``size`` is 1 to 250."""
        return self._page(Invoice, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[InvoiceFilters]
    ) -> Iterator[Page[Invoice]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(Invoice, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[InvoiceFilters]
    ) -> Iterator[Invoice]:
        """All invoices that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def retrieve(self, id: str, action: str | None = None) -> Invoice:
        """One invoice; raises errors.NotFound."""
        return self._one(Invoice, "GET", _path(id), parameters=RETRIEVE, given={"action": action})


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
