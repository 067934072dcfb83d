"""Postal addresses."""

from collections.abc import Iterator
from typing import Any, Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, matching, path_id, truth
from telnyx_api.fields import Field
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/addresses"


class Address(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    address_book: bool
    administrative_area: str
    borough: str
    business_name: str
    country_code: str
    created_at: str
    customer_reference: str
    extended_address: str
    first_name: str
    id: str
    last_name: str
    locality: str
    neighborhood: str
    phone_number: str
    postal_code: str
    record_type: str
    street_address: str
    updated_at: str
    validate_address: bool


class AddressValidationSuggested(TypedDict, total=False):
    """``suggested`` of an AddressValidation."""

    administrative_area: str
    country_code: str
    extended_address: str
    locality: str
    postal_code: str
    street_address: str


class AddressValidation(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    errors: list[dict[str, Any]]
    record_type: str
    result: str
    suggested: AddressValidationSuggested


class AddressSuggestion(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    accepted: bool
    id: str
    record_type: str


class AddressFilters(TypedDict, total=False):
    """Filters and order of the list."""

    filter_address_book_eq: bool | None
    filter_customer_reference: str | None
    filter_customer_reference_contains: str | None
    filter_customer_reference_eq: str | None
    filter_street_address_contains: str | None
    filter_used_as_emergency: bool | None
    sort: str | None


class NewAddress(TypedDict, total=False):
    """Names may be empty where the business name is not, and the other way round."""

    address_book: bool
    administrative_area: str
    borough: str
    business_name: Required[str]
    country_code: Required[str]
    customer_reference: str
    extended_address: str
    first_name: Required[str]
    last_name: Required[str]
    locality: Required[str]
    neighborhood: str
    phone_number: str
    postal_code: str
    street_address: Required[str]
    validate_address: bool


class AddressToValidate(TypedDict, total=False):
    """Fields of the request."""

    administrative_area: str
    country_code: Required[str]
    extended_address: str
    locality: str
    postal_code: Required[str]
    street_address: Required[str]


LIST = {
    "filter_address_book_eq": Parameter("filter[address_book][eq]", "flag"),
    "filter_customer_reference": Parameter("filter[customer_reference]"),
    "filter_customer_reference_contains": Parameter("filter[customer_reference][contains]"),
    "filter_customer_reference_eq": Parameter("filter[customer_reference][eq]"),
    "filter_street_address_contains": Parameter("filter[street_address][contains]", shortest=3),
    "filter_used_as_emergency": Parameter("filter[used_as_emergency]", "flag"),
    "sort": Parameter(
        "sort", allowed=("created_at", "first_name", "last_name", "business_name", "street_address")
    ),
}
CREATE = {
    "address_book": Field(truth),
    "administrative_area": Field(any_text),
    "borough": Field(any_text),
    "business_name": Field(any_text, required=True),
    "country_code": Field(matching(r"[A-Za-z]{2}", "two letters, as of ISO 3166"), required=True),
    "customer_reference": Field(any_text),
    "extended_address": Field(any_text),
    "first_name": Field(any_text, required=True),
    "last_name": Field(any_text, required=True),
    "locality": Field(required=True),
    "neighborhood": Field(any_text),
    "phone_number": Field(any_text),
    "postal_code": Field(any_text),
    "street_address": Field(required=True),
    "validate_address": Field(truth),
}
VALIDATE = {
    "administrative_area": Field(any_text),
    "country_code": Field(matching(r"[A-Za-z]{2}", "two letters, as of ISO 3166"), required=True),
    "extended_address": Field(any_text),
    "locality": Field(any_text),
    "postal_code": Field(required=True),
    "street_address": Field(required=True),
}


class Addresses(Resource):
    """/addresses."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[AddressFilters]
    ) -> Page[Address]:
        """One page; ``size`` is 1 to 250."""
        return self._page(Address, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[AddressFilters]
    ) -> Iterator[Page[Address]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(Address, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[AddressFilters]
    ) -> Iterator[Address]:
        """All addresses that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def create(self, **values: Unpack[NewAddress]) -> Address:
        """A new address."""
        return self._one(Address, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> Address:
        """One address; raises errors.NotFound."""
        return self._one(Address, "GET", _path(id))

    def delete(self, id: str) -> Address:
        """Delete a address."""
        return self._one(Address, "DELETE", _path(id))

    def validate(self, **values: Unpack[AddressToValidate]) -> AddressValidation:
        """Whether an address is one, and which is meant."""
        return self._one(
            AddressValidation,
            "POST",
            f"{PATH}/actions/validate",
            body=fields.build(VALIDATE, values),
        )

    def accept_suggestions(self, id: str) -> AddressSuggestion:
        """Take over what the API suggests in place of the address."""
        return self._one(AddressSuggestion, "POST", f"{_path(id)}/actions/accept_suggestions")


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
