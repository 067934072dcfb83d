"""Ledger reports by billing group."""

from typing import TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import path_id, whole
from telnyx_api.fields import Field
from telnyx_api.resource import Resource

PATH = "/ledger_billing_group_reports"


class LedgerBillingGroupReport(TypedDict, total=False):
    """A record as the API sends it; ``report_url`` is None until it is complete."""

    created_at: str
    id: str
    organization_id: str
    record_type: str
    report_url: str | None
    status: str
    updated_at: str


class NewLedgerBillingGroupReport(TypedDict, total=False):
    """Fields of the request."""

    month: int
    year: int


CREATE = {
    "month": Field(whole(1, 12)),
    "year": Field(whole(1)),
}


class LedgerBillingGroupReports(Resource):
    """/ledger_billing_group_reports."""

    def create(self, **values: Unpack[NewLedgerBillingGroupReport]) -> LedgerBillingGroupReport:
        """A new report."""
        return self._one(LedgerBillingGroupReport, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> LedgerBillingGroupReport:
        """One report; raises errors.NotFound."""
        return self._one(LedgerBillingGroupReport, "GET", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
