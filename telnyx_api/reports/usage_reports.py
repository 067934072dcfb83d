"""Usage of any product by any dimension."""

from collections.abc import Iterator, Sequence
from typing import Any, Required, TypedDict, Unpack

from telnyx_api.arguments import check_span
from telnyx_api.query import Parameter
from telnyx_api.resource import Page, Resource, records

PATH = "/usage_reports"
LONGEST = 31
LARGEST_USAGE_PAGE = 5000

UsageRow = dict[str, Any]
"""The product, the dimensions as texts and the metrics as numbers, as they were asked for."""


class UsageReportOptionsRecordType(TypedDict, total=False):
    """``record_types`` of a UsageReportOptions."""

    product_dimensions: list[str]
    product_metrics: list[str]
    record_type: str


class UsageReportOptions(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    product: str
    product_dimensions: list[str]
    product_metrics: list[str]
    record_types: list[UsageReportOptionsRecordType]


class UsageReportFilters(TypedDict, total=False):
    """What to report: ``product``, ``dimensions`` and ``metrics`` are needed.

    At most 31 days; the end is not included.
    """

    product: Required[str]
    dimensions: Required[str | Sequence[str]]
    metrics: Required[str | Sequence[str]]
    start_date: str | None
    end_date: str | None
    date_range: str | None
    filter: str | None
    managed_accounts: bool | None
    sort: str | Sequence[str] | None


LIST = {
    "product": Parameter("product", required=True),
    "dimensions": Parameter("dimensions", "texts", required=True),
    "metrics": Parameter("metrics", "texts", required=True),
    "start_date": Parameter("start_date"),
    "end_date": Parameter("end_date"),
    "date_range": Parameter("date_range"),
    "filter": Parameter("filter"),
    "managed_accounts": Parameter("managed_accounts", "flag"),
    "sort": Parameter("sort", "texts"),
}
OPTIONS = {
    "product": Parameter("product"),
}
CSV = {**LIST, "format": Parameter("format", allowed=("csv",))}


class UsageReports(Resource):
    """/usage_reports."""

    def page(
        self, number: int = 1, size: int = LARGEST_USAGE_PAGE, **filters: Unpack[UsageReportFilters]
    ) -> Page[UsageRow]:
        """One page; ``size`` is 1 to 5000."""
        check_span(filters.get("start_date"), filters.get("end_date"), LONGEST)
        return self._page(
            UsageRow, PATH, number, size, parameters=LIST, given=filters, largest=LARGEST_USAGE_PAGE
        )

    def pages(
        self, page_size: int = LARGEST_USAGE_PAGE, **filters: Unpack[UsageReportFilters]
    ) -> Iterator[Page[UsageRow]]:
        """All pages, each fetched when it is asked for."""
        check_span(filters.get("start_date"), filters.get("end_date"), LONGEST)
        return self._pages(
            UsageRow, PATH, page_size, parameters=LIST, given=filters, largest=LARGEST_USAGE_PAGE
        )

    def list(
        self, page_size: int = LARGEST_USAGE_PAGE, **filters: Unpack[UsageReportFilters]
    ) -> Iterator[UsageRow]:
        """All rows that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def csv(self, **filters: Unpack[UsageReportFilters]) -> str:
        """All rows as CSV."""
        check_span(filters.get("start_date"), filters.get("end_date"), LONGEST)
        given = {"format": "csv", **filters}
        return self._text("text/csv", "GET", PATH, parameters=CSV, given=given)

    def options(self, product: str | None = None) -> Sequence[UsageReportOptions]:
        """What can be asked for, of one product or of all."""
        return self._some(
            UsageReportOptions,
            "GET",
            f"{PATH}/options",
            parameters=OPTIONS,
            given={"product": product},
        )
