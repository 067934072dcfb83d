"""Detail records of all products."""

from collections.abc import Iterator, Sequence
from typing import Required, TypedDict, Unpack

from telnyx_api.query import Parameter
from telnyx_api.resource import Page, Resource, records

PATH = "/detail_records"
LARGEST_DETAIL_PAGE = 50
DATE_RANGE = "yesterday|today|tomorrow|(last|this|next)_(week|month)|last_[1-9][0-9]*_days"


class DetailRecord(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict.

    Those listed are of record type wireless, whose amounts of data are numbers of MB.
    """

    id: str
    record_type: str
    created_at: str
    closed_at: str
    sim_card_id: str
    sim_card_tags: str
    sim_group_id: str
    sim_group_name: str
    phone_number: str
    ip_address: str
    imsi: str
    mcc: str
    mnc: str
    uplink_data: float
    downlink_data: float
    data_unit: str
    data_rate: str
    data_cost: float
    currency: str


class DetailRecordFilters(TypedDict, total=False):
    """Filters and order of the list.

    ``filter_record_type`` is needed: wireless for data. ``filter_date_range``: such as today,
    this_month or last_N_days.
    """

    filter_date_range: str | None
    filter_record_type: Required[str]
    sort: str | Sequence[str] | None


LIST = {
    "filter_date_range": Parameter("filter[date_range]", pattern=DATE_RANGE),
    "filter_record_type": Parameter("filter[record_type]", required=True),
    "sort": Parameter("sort", "texts"),
}


class DetailRecords(Resource):
    """/detail_records."""

    def page(
        self,
        number: int = 1,
        size: int = LARGEST_DETAIL_PAGE,
        **filters: Unpack[DetailRecordFilters],
    ) -> Page[DetailRecord]:
        """One page; ``size`` is 1 to 50."""
        return self._page(
            DetailRecord,
            PATH,
            number,
            size,
            parameters=LIST,
            given=filters,
            largest=LARGEST_DETAIL_PAGE,
        )

    def pages(
        self, page_size: int = LARGEST_DETAIL_PAGE, **filters: Unpack[DetailRecordFilters]
    ) -> Iterator[Page[DetailRecord]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(
            DetailRecord,
            PATH,
            page_size,
            parameters=LIST,
            given=filters,
            largest=LARGEST_DETAIL_PAGE,
        )

    def list(
        self, page_size: int = LARGEST_DETAIL_PAGE, **filters: Unpack[DetailRecordFilters]
    ) -> Iterator[DetailRecord]:
        """All records that match, fetched page by page."""
        return records(self.pages(page_size, **filters))
