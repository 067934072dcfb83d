"""Usage of messaging, in the older form."""

from collections.abc import Iterator, Sequence
from typing import Any, Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import moment, path_id, texts, truth, whole
from telnyx_api.fields import Field
from telnyx_api.resource import LARGEST_PAGE, LEGACY_PAGING, Page, Resource, records

PATH = "/legacy/reporting/usage_reports/messaging"


class LegacyMdrUsageReport(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    aggregation_type: int
    connections: list[str]
    created_at: str
    end_time: str
    id: str
    profiles: list[str]
    record_type: str
    report_url: str
    result: dict[str, Any]
    start_time: str
    status: int
    updated_at: str


class NewLegacyMdrUsageReport(TypedDict, total=False):
    """Fields of the request."""

    aggregation_type: Required[int]
    end_time: str
    managed_accounts: Sequence[str]
    profiles: Sequence[str]
    select_all_managed_accounts: bool
    start_time: str


CREATE = {
    "aggregation_type": Field(whole(0), required=True),
    "end_time": Field(moment),
    "managed_accounts": Field(texts),
    "profiles": Field(texts),
    "select_all_managed_accounts": Field(truth),
    "start_time": Field(moment),
}


class LegacyMdrUsageReports(Resource):
    """/legacy/reporting/usage_reports/messaging."""

    def page(self, number: int = 1, size: int = LARGEST_PAGE) -> Page[LegacyMdrUsageReport]:
        """One page; ``size`` is 1 to 250."""
        return self._page(LegacyMdrUsageReport, PATH, number, size, paging=LEGACY_PAGING)

    def pages(self, page_size: int = LARGEST_PAGE) -> Iterator[Page[LegacyMdrUsageReport]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(LegacyMdrUsageReport, PATH, page_size, paging=LEGACY_PAGING)

    def list(self, page_size: int = LARGEST_PAGE) -> Iterator[LegacyMdrUsageReport]:
        """All reports, fetched page by page."""
        return records(self.pages(page_size))

    def create(self, **values: Unpack[NewLegacyMdrUsageReport]) -> LegacyMdrUsageReport:
        """A new report."""
        return self._one(LegacyMdrUsageReport, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> LegacyMdrUsageReport:
        """One report; raises errors.NotFound."""
        return self._one(LegacyMdrUsageReport, "GET", _path(id))

    def delete(self, id: str) -> LegacyMdrUsageReport:
        """Delete a report."""
        return self._one(LegacyMdrUsageReport, "DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
