"""Usage of voice."""

from collections.abc import Sequence
from typing import Any, Required, TypedDict, Unpack

from telnyx_api.query import Parameter
from telnyx_api.resource import Resource

PATH = "/reports/cdr_usage_reports"


class CdrUsageReport(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    aggregation_type: str
    connections: list[int]
    created_at: str
    end_time: str
    id: str
    product_breakdown: str
    record_type: str
    report_url: str
    result: dict[str, Any]
    start_time: str
    status: str
    updated_at: str


class CdrUsageReportOptions(TypedDict, total=False):
    """Arguments of the request."""

    start_date: str | None
    end_date: str | None
    aggregation_type: Required[str]
    product_breakdown: Required[str]
    connections: Sequence[str] | None


SYNC = {
    "start_date": Parameter("start_date", "moment"),
    "end_date": Parameter("end_date", "moment"),
    "aggregation_type": Parameter(
        "aggregation_type",
        allowed=("NO_AGGREGATION", "CONNECTION", "TAG", "BILLING_GROUP"),
        required=True,
    ),
    "product_breakdown": Parameter(
        "product_breakdown",
        allowed=("NO_BREAKDOWN", "DID_VS_TOLL_FREE", "COUNTRY", "DID_VS_TOLL_FREE_PER_COUNTRY"),
        required=True,
    ),
    "connections": Parameter("connections", "texts"),
}


class CdrUsageReports(Resource):
    """/reports/cdr_usage_reports."""

    def sync(self, **options: Unpack[CdrUsageReportOptions]) -> CdrUsageReport:
        """The report, made while the request waits; that can take minutes."""
        return self._one(CdrUsageReport, "GET", f"{PATH}/sync", parameters=SYNC, given=options)
