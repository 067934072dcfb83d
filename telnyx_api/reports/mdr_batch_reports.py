"""Files with the detail records of messages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, list_of, moment, path_id, texts, truth, whole, word
from telnyx_api.fields import Field, nested
from telnyx_api.resource import Page, Resource

PATH = "/legacy/reporting/batch_detail_records/messaging"


class MdrBatchReportFilter(TypedDict, total=False):
    """``filters`` of a MdrBatchReport."""

    billing_group: str
    cld: str
    cld_filter: str
    cli: str
    cli_filter: str
    filter_type: str
    tags_list: str


class MdrBatchReport(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    connections: list[int]
    created_at: str
    directions: list[str]
    end_date: str
    filters: list[MdrBatchReportFilter]
    id: str
    profiles: list[str]
    record_type: str
    record_types: list[str]
    report_name: str
    report_url: str
    start_date: str
    status: str
    updated_at: str


class NewMdrBatchReport(TypedDict, total=False):
    """Fields of the request."""

    connections: Sequence[int]
    directions: Sequence[int]
    end_time: Required[str]
    filters: Sequence[Mapping[str, Any]]
    include_message_body: bool
    managed_accounts: Sequence[str]
    profiles: Sequence[str]
    record_types: Sequence[int]
    report_name: str
    select_all_managed_accounts: bool
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
    "connections": Field(list_of(whole(0))),
    "directions": Field(list_of(whole(0))),
    "end_time": Field(moment, required=True),
    "filters": Field(list_of(nested(FILTERS))),
    "include_message_body": Field(truth),
    "managed_accounts": Field(texts),
    "profiles": Field(texts),
    "record_types": Field(list_of(whole(0))),
    "report_name": Field(any_text),
    "select_all_managed_accounts": Field(truth),
    "start_time": Field(moment, required=True),
    "timezone": Field(any_text),
}


class MdrBatchReports(Resource):
    """/legacy/reporting/batch_detail_records/messaging."""

    def page(self) -> Page[MdrBatchReport]:
        """All that the API gives; the specification offers no further pages."""
        return self._whole(MdrBatchReport, PATH)

    def list(self) -> Iterator[MdrBatchReport]:
        """All reports, fetched at once."""
        return iter(self.page().data)

    def create(self, **values: Unpack[NewMdrBatchReport]) -> MdrBatchReport:
        """A new report."""
        return self._one(MdrBatchReport, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> MdrBatchReport:
        """One report; raises errors.NotFound."""
        return self._one(MdrBatchReport, "GET", _path(id))

    def delete(self, id: str) -> MdrBatchReport:
        """Delete a report."""
        return self._one(MdrBatchReport, "DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
