"""Billing groups."""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, path_id
from telnyx_api.fields import Field
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/billing_groups"


class BillingGroup(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    created_at: str
    deleted_at: str | None
    id: str
    name: str
    organization_id: str
    record_type: str
    updated_at: str


class NewBillingGroup(TypedDict, total=False):
    """Fields of the request."""

    name: str


class BillingGroupChanges(TypedDict, total=False):
    """What can be changed."""

    name: str


CREATE = {
    "name": Field(any_text),
}
UPDATE = {
    "name": Field(any_text),
}


class BillingGroups(Resource):
    """/billing_groups."""

    def page(self, number: int = 1, size: int = LARGEST_PAGE) -> Page[BillingGroup]:
        """One page; ``size`` is 1 to 250."""
        return self._page(BillingGroup, PATH, number, size)

    def pages(self, page_size: int = LARGEST_PAGE) -> Iterator[Page[BillingGroup]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(BillingGroup, PATH, page_size)

    def list(self, page_size: int = LARGEST_PAGE) -> Iterator[BillingGroup]:
        """All groups, fetched page by page."""
        return records(self.pages(page_size))

    def create(self, **values: Unpack[NewBillingGroup]) -> BillingGroup:
        """A new group."""
        return self._one(BillingGroup, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> BillingGroup:
        """One group; raises errors.NotFound."""
        return self._one(BillingGroup, "GET", _path(id))

    def update(self, id: str, **values: Unpack[BillingGroupChanges]) -> BillingGroup:
        """Change what is given and leave the rest."""
        return self._one(BillingGroup, "PATCH", _path(id), body=fields.changes(UPDATE, values))

    def delete(self, id: str) -> BillingGroup:
        """Delete a group."""
        return self._one(BillingGroup, "DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
