"""Usage of messaging."""

from collections.abc import Iterator, Sequence
from typing import Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, moment, path_id, word
from telnyx_api.fields import Field
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/reports/mdr_usage_reports"


class MdrUsageReportResult(TypedDict, total=False):
    """``result`` of a MdrUsageReport."""

    carrier_passthrough_fee: str
    connection: str
    cost: str
    currency: str
    delivered: str
    direction: str
    message_type: str
    parts: str
    product: str
    profile_id: str
    received: str
    sent: str
    tags: str
    tn_type: str


class MdrUsageReport(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    aggregation_type: str
    connections: list[int]
    created_at: str
    end_date: str
    id: str
    profiles: str
    record_type: str
    report_url: str
    result: list[MdrUsageReportResult]
    start_date: str
    status: str
    updated_at: str


class NewMdrUsageReport(TypedDict, total=False):
    """Fields of the request."""

    aggregation_type: Required[str]
    end_date: Required[str]
    profiles: str
    start_date: Required[str]


class MdrUsageReportOptions(TypedDict, total=False):
    """Arguments of the request."""

    start_date: str | None
    end_date: str | None
    aggregation_type: Required[str]
    profiles: str | Sequence[str] | None


CREATE = {
    "aggregation_type": Field(word("NO_AGGREGATION", "PROFILE", "TAGS"), required=True),
    "end_date": Field(moment, required=True),
    "profiles": Field(any_text),
    "start_date": Field(moment, required=True),
}
SYNC = {
    "start_date": Parameter("start_date", "moment"),
    "end_date": Parameter("end_date", "moment"),
    "aggregation_type": Parameter(
        "aggregation_type",
        allowed=("NO_AGGREGATION", "PROFILE", "TAGS"),
        required=True,
    ),
    "profiles": Parameter("profiles", "texts"),
}


class MdrUsageReports(Resource):
    """/reports/mdr_usage_reports."""

    def page(self, number: int = 1, size: int = LARGEST_PAGE) -> Page[MdrUsageReport]:
        """One page; ``size`` is 1 to 250."""
        return self._page(MdrUsageReport, PATH, number, size)

    def pages(self, page_size: int = LARGEST_PAGE) -> Iterator[Page[MdrUsageReport]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(MdrUsageReport, PATH, page_size)

    def list(self, page_size: int = LARGEST_PAGE) -> Iterator[MdrUsageReport]:
        """All reports, fetched page by page."""
        return records(self.pages(page_size))

    def create(self, **values: Unpack[NewMdrUsageReport]) -> MdrUsageReport:
        """A new report."""
        return self._one(MdrUsageReport, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> MdrUsageReport:
        """One report; raises errors.NotFound."""
        return self._one(MdrUsageReport, "GET", _path(id))

    def delete(self, id: str) -> MdrUsageReport:
        """Delete a report."""
        return self._one(MdrUsageReport, "DELETE", _path(id))

    def sync(self, **options: Unpack[MdrUsageReportOptions]) -> MdrUsageReport:
        """The report, made while the request waits; that can take minutes."""
        return self._one(MdrUsageReport, "GET", f"{PATH}/sync", parameters=SYNC, given=options)


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
