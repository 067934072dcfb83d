"""Monthly charges by phone number."""

from typing import TypedDict

from telnyx_api.arguments import check_span
from telnyx_api.query import Parameter
from telnyx_api.resource import Resource

PATH = "/charges_breakdown"
LONGEST = 31


class ChargesBreakdownResultService(TypedDict, total=False):
    """``services`` of a ChargesBreakdownResult."""

    cost: str
    cost_type: str
    name: str


class ChargesBreakdownResult(TypedDict, total=False):
    """``results`` of a ChargesBreakdown."""

    charge_type: str
    service_owner_email: str
    service_owner_user_id: str
    services: list[ChargesBreakdownResultService]
    tn: str


class ChargesBreakdown(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    currency: str
    end_date: str
    results: list[ChargesBreakdownResult]
    start_date: str
    user_email: str
    user_id: str


RETRIEVE = {
    "start_date": Parameter("start_date", "day", required=True),
    "end_date": Parameter("end_date", "day"),
}
CSV = {**RETRIEVE, "format": Parameter("format", allowed=("csv",))}


class ChargesBreakdowns(Resource):
    """/charges_breakdown."""

    def retrieve(self, start_date: str, end_date: str | None = None) -> ChargesBreakdown:
        """Charges by number and service of at most 31 days; ``end_date`` is not included."""
        check_span(start_date, end_date, LONGEST)
        return self._one(
            ChargesBreakdown,
            "GET",
            PATH,
            parameters=RETRIEVE,
            given={"start_date": start_date, "end_date": end_date},
        )

    def csv(self, start_date: str, end_date: str | None = None) -> str:
        """The same as CSV."""
        check_span(start_date, end_date, LONGEST)
        given = {"start_date": start_date, "end_date": end_date, "format": "csv"}
        return self._text("text/csv", "GET", PATH, parameters=CSV, given=given)
