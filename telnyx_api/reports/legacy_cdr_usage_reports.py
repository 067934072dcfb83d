"""Usage of voice, in the older form."""

from collections.abc import Iterator, Sequence
from typing import Any, Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import list_of, moment, path_id, texts, truth, whole
from telnyx_api.fields import Field
from telnyx_api.resource import LARGEST_PAGE, LEGACY_PAGING, Page, Resource, records

PATH = "/legacy/reporting/usage_reports/voice"


class LegacyCdrUsageReport(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    aggregation_type: int
    connections: list[str]
    created_at: str
    end_time: str
    id: str
    product_breakdown: int
    record_type: str
    report_url: str
    result: dict[str, Any]
    start_time: str
    status: int
    updated_at: str


class NewLegacyCdrUsageReport(TypedDict, total=False):
    """Fields of the request."""

    aggregation_type: int
    connections: Sequence[int]
    end_time: Required[str]
    managed_accounts: Sequence[str]
    product_breakdown: int
    select_all_managed_accounts: bool
    start_time: Required[str]


CREATE = {
    "aggregation_type": Field(whole(0)),
    "connections": Field(list_of(whole(0))),
    "end_time": Field(moment, required=True),
    "managed_accounts": Field(texts),
    "product_breakdown": Field(whole(0)),
    "select_all_managed_accounts": Field(truth),
    "start_time": Field(moment, required=True),
}


class LegacyCdrUsageReports(Resource):
    """/legacy/reporting/usage_reports/voice."""

    def page(self, number: int = 1, size: int = LARGEST_PAGE) -> Page[LegacyCdrUsageReport]:
        """One page; ``size`` is 1 to 250."""
        return self._page(LegacyCdrUsageReport, PATH, number, size, paging=LEGACY_PAGING)

    def pages(self, page_size: int = LARGEST_PAGE) -> Iterator[Page[LegacyCdrUsageReport]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(LegacyCdrUsageReport, PATH, page_size, paging=LEGACY_PAGING)

    def list(self, page_size: int = LARGEST_PAGE) -> Iterator[LegacyCdrUsageReport]:
        """All reports, fetched page by page."""
        return records(self.pages(page_size))

    def create(self, **values: Unpack[NewLegacyCdrUsageReport]) -> LegacyCdrUsageReport:
        """A new report."""
        return self._one(LegacyCdrUsageReport, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> LegacyCdrUsageReport:
        """One report; raises errors.NotFound."""
        return self._one(LegacyCdrUsageReport, "GET", _path(id))

    def delete(self, id: str) -> LegacyCdrUsageReport:
        """Delete a report."""
        return self._one(LegacyCdrUsageReport, "DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
