"""Wireless detail records."""

from collections.abc import Iterator, Sequence
from typing import TypedDict, Unpack

from telnyx_api.money import Money
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/reports/wdrs"


class WdrDownlinkData(TypedDict, total=False):
    """``downlink_data`` of a Wdr."""

    amount: float
    unit: str


class WdrUplinkData(TypedDict, total=False):
    """``uplink_data`` of a Wdr."""

    amount: float
    unit: str


class Wdr(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    cost: Money
    created_at: str
    downlink_data: WdrDownlinkData
    duration_seconds: float
    id: str
    imsi: str
    mcc: str
    mnc: str
    phone_number: str
    rate: Money
    record_type: str
    sim_card_id: str
    sim_group_id: str
    sim_group_name: str
    uplink_data: WdrUplinkData


class WdrFilters(TypedDict, total=False):
    """Filters and order of the list."""

    start_date: str | None
    end_date: str | None
    id: str | None
    mcc: str | None
    mnc: str | None
    imsi: str | None
    sim_group_name: str | None
    sim_group_id: str | None
    sim_card_id: str | None
    phone_number: str | None
    sort: str | Sequence[str] | None


LIST = {
    "start_date": Parameter("start_date"),
    "end_date": Parameter("end_date"),
    "id": Parameter("id"),
    "mcc": Parameter("mcc"),
    "mnc": Parameter("mnc"),
    "imsi": Parameter("imsi"),
    "sim_group_name": Parameter("sim_group_name"),
    "sim_group_id": Parameter("sim_group_id"),
    "sim_card_id": Parameter("sim_card_id"),
    "phone_number": Parameter("phone_number"),
    "sort": Parameter("sort", "texts"),
}


class Wdrs(Resource):
    """/reports/wdrs."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[WdrFilters]
    ) -> Page[Wdr]:
        """One page; ``size`` is 1 to 250."""
        return self._page(Wdr, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[WdrFilters]
    ) -> Iterator[Page[Wdr]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(Wdr, PATH, page_size, parameters=LIST, given=filters)

    def list(self, page_size: int = LARGEST_PAGE, **filters: Unpack[WdrFilters]) -> Iterator[Wdr]:
        """All records that match, fetched page by page."""
        return records(self.pages(page_size, **filters))
