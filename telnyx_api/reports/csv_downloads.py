"""Lists of phone numbers as CSV."""

from collections.abc import Iterator, Sequence
from typing import TypedDict, Unpack

from telnyx_api.arguments import path_id
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/phone_numbers/csv_downloads"


class CsvDownload(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    id: str
    record_type: str
    status: str
    url: str


class CsvDownloadOptions(TypedDict, total=False):
    """Arguments of the request."""

    csv_format: str | None
    filter_billing_group_id: str | None
    filter_connection_id: str | None
    filter_customer_reference: str | None
    filter_emergency_address_id: str | None
    filter_has_bundle: bool | None
    filter_phone_number: str | None
    filter_status: str | Sequence[str] | None
    filter_tag: str | None
    filter_voice_connection_name_contains: str | None
    filter_voice_connection_name_ends_with: str | None
    filter_voice_connection_name_eq: str | None
    filter_voice_connection_name_starts_with: str | None
    filter_voice_usage_payment_method: str | None


CREATE = {
    "csv_format": Parameter("csv_format", allowed=("V1", "V2")),
    "filter_billing_group_id": Parameter("filter[billing_group_id]"),
    "filter_connection_id": Parameter("filter[connection_id]"),
    "filter_customer_reference": Parameter("filter[customer_reference]"),
    "filter_emergency_address_id": Parameter("filter[emergency_address_id]"),
    "filter_has_bundle": Parameter("filter[has_bundle]", "flag"),
    "filter_phone_number": Parameter("filter[phone_number]", shortest=3),
    "filter_status": Parameter("filter[status]", "texts"),
    "filter_tag": Parameter("filter[tag]"),
    "filter_voice_connection_name_contains": Parameter(
        "filter[voice.connection_name][contains]", shortest=3
    ),
    "filter_voice_connection_name_ends_with": Parameter(
        "filter[voice.connection_name][ends_with]", shortest=3
    ),
    "filter_voice_connection_name_eq": Parameter("filter[voice.connection_name][eq]"),
    "filter_voice_connection_name_starts_with": Parameter(
        "filter[voice.connection_name][starts_with]", shortest=3
    ),
    "filter_voice_usage_payment_method": Parameter(
        "filter[voice.usage_payment_method]", allowed=("pay-per-minute", "channel")
    ),
}


class CsvDownloads(Resource):
    """/phone_numbers/csv_downloads."""

    def page(self, number: int = 1, size: int = LARGEST_PAGE) -> Page[CsvDownload]:
        """One page; ``size`` is 1 to 250."""
        return self._page(CsvDownload, PATH, number, size)

    def pages(self, page_size: int = LARGEST_PAGE) -> Iterator[Page[CsvDownload]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(CsvDownload, PATH, page_size)

    def list(self, page_size: int = LARGEST_PAGE) -> Iterator[CsvDownload]:
        """All downloads, fetched page by page."""
        return records(self.pages(page_size))

    def create(self, **options: Unpack[CsvDownloadOptions]) -> CsvDownload:
        """A new list of phone numbers as CSV, of all that match."""
        return self._only(CsvDownload, "POST", PATH, parameters=CREATE, given=options)

    def retrieve(self, id: str) -> CsvDownload:
        """One download; raises errors.NotFound."""
        return self._only(CsvDownload, "GET", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
