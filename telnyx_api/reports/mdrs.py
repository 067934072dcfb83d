"""Message detail records."""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from telnyx_api.query import Parameter
from telnyx_api.resource import Page, Resource

PATH = "/reports/mdrs"


class Mdr(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    cld: str
    cli: str
    cost: str
    created_at: str
    currency: str
    direction: str
    id: str
    message_type: str
    parts: float
    profile_name: str
    rate: str
    record_type: str
    status: str


class MdrFilters(TypedDict, total=False):
    """Filters and order of the list."""

    start_date: str | None
    end_date: str | None
    id: str | None
    direction: str | None
    profile: str | None
    cld: str | None
    cli: str | None
    status: str | None
    message_type: str | None


LIST = {
    "start_date": Parameter("start_date"),
    "end_date": Parameter("end_date"),
    "id": Parameter("id"),
    "direction": Parameter("direction", allowed=("INBOUND", "OUTBOUND")),
    "profile": Parameter("profile"),
    "cld": Parameter("cld"),
    "cli": Parameter("cli"),
    "status": Parameter(
        "status",
        allowed=(
            "GW_TIMEOUT",
            "DELIVERED",
            "DLR_UNCONFIRMED",
            "DLR_TIMEOUT",
            "RECEIVED",
            "GW_REJECT",
            "FAILED",
        ),
    ),
    "message_type": Parameter("message_type", allowed=("SMS", "MMS")),
}


class Mdrs(Resource):
    """/reports/mdrs."""

    def page(self, **filters: Unpack[MdrFilters]) -> Page[Mdr]:
        """All that the API gives; the specification offers no further pages."""
        return self._whole(Mdr, PATH, parameters=LIST, given=filters)

    def list(self, **filters: Unpack[MdrFilters]) -> Iterator[Mdr]:
        """All records, fetched at once."""
        return iter(self.page(**filters).data)
