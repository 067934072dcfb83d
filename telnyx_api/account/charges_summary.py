"""Monthly charges in sum."""

from typing import Any, TypedDict

from telnyx_api.arguments import check_span
from telnyx_api.query import Parameter
from telnyx_api.resource import Resource

PATH = "/charges_summary"
LONGEST = 31


class ChargesSummarySummaryAdjustment(TypedDict, total=False):
    """``adjustments`` of a ChargesSummarySummary."""

    amount: str
    description: str
    event_date: str


class ChargesSummarySummary(TypedDict, total=False):
    """Lines are comparative or simple, which their ``type`` tells."""

    adjustments: list[ChargesSummarySummaryAdjustment]
    lines: list[dict[str, Any]]


class ChargesSummaryTotal(TypedDict, total=False):
    """``total`` of a ChargesSummary."""

    credits: str
    existing_mrc: str
    grand_total: str
    ledger_adjustments: str
    new_mrc: str
    new_otc: str
    other: str


class ChargesSummary(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    currency: str
    end_date: str
    start_date: str
    summary: ChargesSummarySummary
    total: ChargesSummaryTotal
    user_email: str
    user_id: str


RETRIEVE = {
    "start_date": Parameter("start_date", "day", required=True),
    "end_date": Parameter("end_date", "day", required=True),
}


class ChargesSummaries(Resource):
    """/charges_summary."""

    def retrieve(self, start_date: str, end_date: str) -> ChargesSummary:
        """Charges of at most 31 days in sum; ``end_date`` is not included."""
        check_span(start_date, end_date, LONGEST)
        return self._one(
            ChargesSummary,
            "GET",
            PATH,
            parameters=RETRIEVE,
            given={"start_date": start_date, "end_date": end_date},
        )
