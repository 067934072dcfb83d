"""Files with the detail records of calls."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, list_of, moment, path_id, texts, truth, whole, word
from telnyx_api.fields import Field, nested
from telnyx_api.resource import Page, Resource

PATH = "/legacy/reporting/batch_detail_records/voice"


class CdrBatchReportFilter(TypedDict, total=False):
    """``filters`` of a CdrBatchReport."""

    billing_group: str
    cld: str
    cld_filter: str
    cli: str
    cli_filter: str
    filter_type: str
    tags_list: str


class CdrBatchReport(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    call_types: list[int]
    connections: list[int]
    created_at: str
    end_time: str
    filters: list[CdrBatchReportFilter]
    id: str
    managed_accounts: list[str]
    record_type: str
    record_types: list[int]
    report_name: str
    report_url: str
    retry: int
    source: str
    start_time: str
    status: int
    timezone: str
    updated_at: str


CdrFields = TypedDict(
    "CdrFields",
    {
        "Billing": list[str],
        "Interaction Data": list[str],
        "Number Information": list[str],
        "Telephony Data": list[str],
    },
    total=False,
)


class NewCdrBatchReport(TypedDict, total=False):
    """Fields of the request."""

    call_types: Sequence[int]
    connections: Sequence[int]
    end_time: Required[str]
    fields: Sequence[str]
    filters: Sequence[Mapping[str, Any]]
    include_all_metadata: bool
    managed_accounts: Sequence[str]
    record_types: Sequence[int]
    report_name: str
    select_all_managed_accounts: bool
    source: str
    start_time: Required[str]
    timezone: str


FILTERS = {
    "billing_group": Field(any_text),
    "cld": Field(any_text),
    "cld_filter": Field(word("contains", "starts_with", "ends_with")),
    "cli": Field(any_text),
    "cli_filter": Field(word("contains", "starts_with", "ends_with")),
    "filter_type": Field(word("and", "or")),
    "tags_list": Field(any_text),
}
CREATE = {
    "call_types": Field(list_of(whole(0))),
    "connections": Field(list_of(whole(0))),
    "end_time": Field(moment, required=True),
    "fields": Field(texts),
    "filters": Field(list_of(nested(FILTERS))),
    "include_all_metadata": Field(truth),
    "managed_accounts": Field(texts),
    "record_types": Field(list_of(whole(0))),
    "report_name": Field(any_text),
    "select_all_managed_accounts": Field(truth),
    "source": Field(any_text),
    "start_time": Field(moment, required=True),
    "timezone": Field(any_text),
}


class CdrBatchReports(Resource):
    """/legacy/reporting/batch_detail_records/voice."""

    def page(self) -> Page[CdrBatchReport]:
        """All that the API gives; the specification offers no further pages."""
        return self._whole(CdrBatchReport, PATH)

    def list(self) -> Iterator[CdrBatchReport]:
        """All reports, fetched at once."""
        return iter(self.page().data)

    def create(self, **values: Unpack[NewCdrBatchReport]) -> CdrBatchReport:
        """A new report."""
        return self._one(CdrBatchReport, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> CdrBatchReport:
        """One report; raises errors.NotFound."""
        return self._one(CdrBatchReport, "GET", _path(id))

    def delete(self, id: str) -> CdrBatchReport:
        """Delete a report."""
        return self._one(CdrBatchReport, "DELETE", _path(id))

    def available_fields(self) -> CdrFields:
        """The fields that a report can have, by subject."""
        return self._bare(CdrFields, "GET", f"{PATH}/fields")


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
