"""Usage of number lookup."""

from collections.abc import Iterator, Sequence
from typing import TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import day, path_id, texts, word
from telnyx_api.fields import Field
from telnyx_api.resource import Page, Resource

PATH = "/legacy/reporting/usage_reports/number_lookup"


class NumberLookupUsageReportResultAggregation(TypedDict, total=False):
    """``aggregations`` of a NumberLookupUsageReportResult."""

    currency: str
    total_cost: float
    total_dips: int
    type: str


class NumberLookupUsageReportResult(TypedDict, total=False):
    """``result`` of a NumberLookupUsageReport."""

    aggregations: list[NumberLookupUsageReportResultAggregation]
    record_type: str
    user_id: str


class NumberLookupUsageReport(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    aggregation_type: str
    created_at: str
    end_date: str
    id: str
    managed_accounts: list[str]
    record_type: str
    report_url: str
    result: list[NumberLookupUsageReportResult]
    start_date: str
    status: str
    updated_at: str


class NewNumberLookupUsageReport(TypedDict, total=False):
    """Fields of the request."""

    aggregation_type: str
    end_date: str
    managed_accounts: Sequence[str]
    start_date: str


CREATE = {
    "aggregation_type": Field(word("ALL", "BY_ORGANIZATION_MEMBER"), name="aggregationType"),
    "end_date": Field(day, name="endDate"),
    "managed_accounts": Field(texts, name="managedAccounts"),
    "start_date": Field(day, name="startDate"),
}


class NumberLookupUsageReports(Resource):
    """/legacy/reporting/usage_reports/number_lookup."""

    def page(self) -> Page[NumberLookupUsageReport]:
        """All that the API gives; the specification offers no further pages."""
        return self._whole(NumberLookupUsageReport, PATH)

    def list(self) -> Iterator[NumberLookupUsageReport]:
        """All reports, fetched at once."""
        return iter(self.page().data)

    def create(self, **values: Unpack[NewNumberLookupUsageReport]) -> NumberLookupUsageReport:
        """A new report."""
        return self._one(NumberLookupUsageReport, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> NumberLookupUsageReport:
        """One report; raises errors.NotFound."""
        return self._one(NumberLookupUsageReport, "GET", _path(id))

    def delete(self, id: str) -> None:
        """Delete a report."""
        self._nothing("DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
