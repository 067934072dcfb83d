"""Files with wireless detail records."""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, path_id
from telnyx_api.fields import Field
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/wireless/detail_records_reports"


class WirelessDetailRecordsReport(TypedDict, total=False):
    """A record as the API sends it; ``report_url`` is None until it is complete."""

    created_at: str
    end_time: str
    id: str
    record_type: str
    report_url: str | None
    start_time: str
    status: str
    updated_at: str


class NewWirelessDetailRecordsReport(TypedDict, total=False):
    """Fields of the request."""

    end_time: str
    start_time: str


CREATE = {
    "end_time": Field(any_text),
    "start_time": Field(any_text),
}


class WirelessDetailRecordsReports(Resource):
    """/wireless/detail_records_reports."""

    def page(self, number: int = 1, size: int = LARGEST_PAGE) -> Page[WirelessDetailRecordsReport]:
        """One page; ``size`` is 1 to 250."""
        return self._page(WirelessDetailRecordsReport, PATH, number, size)

    def pages(self, page_size: int = LARGEST_PAGE) -> Iterator[Page[WirelessDetailRecordsReport]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(WirelessDetailRecordsReport, PATH, page_size)

    def list(self, page_size: int = LARGEST_PAGE) -> Iterator[WirelessDetailRecordsReport]:
        """All reports, fetched page by page."""
        return records(self.pages(page_size))

    def create(
        self, **values: Unpack[NewWirelessDetailRecordsReport]
    ) -> WirelessDetailRecordsReport:
        """A new report."""
        return self._one(
            WirelessDetailRecordsReport, "POST", PATH, body=fields.build(CREATE, values)
        )

    def retrieve(self, id: str) -> WirelessDetailRecordsReport:
        """One report; raises errors.NotFound."""
        return self._one(WirelessDetailRecordsReport, "GET", _path(id))

    def delete(self, id: str) -> WirelessDetailRecordsReport:
        """Delete a report."""
        return self._one(WirelessDetailRecordsReport, "DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
