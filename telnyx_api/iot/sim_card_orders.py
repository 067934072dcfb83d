"""Orders of physical SIM cards."""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import path_id, whole
from telnyx_api.fields import Field
from telnyx_api.money import Money
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/sim_card_orders"


class SimCardOrderOrderAddress(TypedDict, total=False):
    """Where the order goes, as it was when it was made."""

    administrative_area: str
    business_name: str
    country_code: str
    extended_address: str
    first_name: str
    id: str
    last_name: str
    locality: str
    postal_code: str
    street_address: str


class SimCardOrder(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    cost: Money
    created_at: str
    id: str
    order_address: SimCardOrderOrderAddress
    quantity: int
    record_type: str
    status: str
    tracking_url: str
    updated_at: str


class SimCardOrderPreview(TypedDict, total=False):
    """What an order would cost."""

    quantity: int
    record_type: str
    shipping_cost: Money
    sim_cards_cost: Money
    total_cost: Money


class SimCardOrderFilters(TypedDict, total=False):
    """Filters of the list."""

    filter_address_administrative_area: str | None
    filter_address_country_code: str | None
    filter_address_extended_address: str | None
    filter_address_id: str | None
    filter_address_locality: str | None
    filter_address_postal_code: str | None
    filter_address_street_address: str | None
    filter_cost_amount: str | None
    filter_cost_currency: str | None
    filter_created_at: str | None
    filter_quantity: int | None
    filter_updated_at: str | None


LIST = {
    "filter_address_administrative_area": Parameter("filter[address.administrative_area]"),
    "filter_address_country_code": Parameter("filter[address.country_code]"),
    "filter_address_extended_address": Parameter("filter[address.extended_address]"),
    "filter_address_id": Parameter("filter[address.id]"),
    "filter_address_locality": Parameter("filter[address.locality]"),
    "filter_address_postal_code": Parameter("filter[address.postal_code]"),
    "filter_address_street_address": Parameter("filter[address.street_address]"),
    "filter_cost_amount": Parameter("filter[cost.amount]"),
    "filter_cost_currency": Parameter("filter[cost.currency]"),
    "filter_created_at": Parameter("filter[created_at]", "moment"),
    "filter_quantity": Parameter("filter[quantity]", "number"),
    "filter_updated_at": Parameter("filter[updated_at]", "moment"),
}
CREATE = {
    "address_id": Field(required=True),
    "quantity": Field(whole(1), required=True),
}
PREVIEW = {
    "address_id": Field(required=True),
    "quantity": Field(whole(1), required=True),
}


class SimCardOrders(Resource):
    """/sim_card_orders."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[SimCardOrderFilters]
    ) -> Page[SimCardOrder]:
        """One page; ``size`` is 1 to 250."""
        return self._page(SimCardOrder, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardOrderFilters]
    ) -> Iterator[Page[SimCardOrder]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(SimCardOrder, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[SimCardOrderFilters]
    ) -> Iterator[SimCardOrder]:
        """All orders that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def retrieve(self, id: str) -> SimCardOrder:
        """One order; raises errors.NotFound."""
        return self._one(SimCardOrder, "GET", _path(id))

    def create(self, address_id: str, quantity: int) -> SimCardOrder:
        """Order physical SIM cards, which costs money; never sent twice."""
        return self._one(
            SimCardOrder,
            "POST",
            PATH,
            body=fields.build(CREATE, {"address_id": address_id, "quantity": quantity}),
            once=True,
        )

    def preview(self, address_id: str, quantity: int) -> SimCardOrderPreview:
        """What such an order would cost; nothing is ordered."""
        return self._one(
            SimCardOrderPreview,
            "POST",
            "/sim_card_order_preview",
            body=fields.build(PREVIEW, {"address_id": address_id, "quantity": quantity}),
        )


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
