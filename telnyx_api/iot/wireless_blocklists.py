"""Wireless blocklists: countries or networks that SIM cards of a group may not use."""

from collections.abc import Iterator, Sequence
from typing import Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, list_of, matching, path_id, text, word
from telnyx_api.fields import Field
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/wireless_blocklists"


class WirelessBlocklist(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    created_at: str
    id: str
    name: str
    record_type: str
    type: str
    updated_at: str
    values: list[str]


class WirelessBlocklistFilters(TypedDict, total=False):
    """Filters of the list."""

    filter_name: str | None
    filter_type: str | None
    filter_values: str | None


class NewWirelessBlocklist(TypedDict, total=False):
    """``values`` are codes of the ``type``: AT, 232 or 23201."""

    name: Required[str]
    type: Required[str]
    values: Required[Sequence[str]]


class WirelessBlocklistChanges(TypedDict, total=False):
    """What can be changed."""

    name: str
    values: Sequence[str]


class WirelessBlocklistChangesWithoutId(WirelessBlocklistChanges, total=False):
    """What can be changed; the type belongs to the older form."""

    type: str


LIST = {
    "filter_name": Parameter("filter[name]"),
    "filter_type": Parameter("filter[type]"),
    "filter_values": Parameter("filter[values]"),
}
CREATE = {
    "name": Field(required=True),
    "type": Field(word("country", "mcc", "plmn"), required=True),
    "values": Field(list_of(text, 1), required=True),
}
UPDATE = {
    "name": Field(any_text),
    "values": Field(list_of(text, 1)),
}
UPDATE_WITHOUT_ID = {**UPDATE, "type": Field(word("country", "mcc", "plmn"))}
CODES = {
    "country": matching(r"[A-Za-z]{2}", "two letters, as of ISO 3166"),
    "mcc": matching(r"[0-9]{3}", "three digits"),
    "plmn": matching(r"[0-9]{5,6}", "five or six digits"),
}


class WirelessBlocklists(Resource):
    """/wireless_blocklists."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[WirelessBlocklistFilters]
    ) -> Page[WirelessBlocklist]:
        """One page; ``size`` is 1 to 250."""
        return self._page(WirelessBlocklist, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[WirelessBlocklistFilters]
    ) -> Iterator[Page[WirelessBlocklist]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(WirelessBlocklist, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[WirelessBlocklistFilters]
    ) -> Iterator[WirelessBlocklist]:
        """All blocklists that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def create(self, **values: Unpack[NewWirelessBlocklist]) -> WirelessBlocklist:
        """A new blocklist."""
        body = fields.build(CREATE, values)
        check = list_of(CODES[values["type"]], 1)
        body["values"] = check("values", body["values"])
        return self._one(WirelessBlocklist, "POST", PATH, body=body)

    def retrieve(self, id: str) -> WirelessBlocklist:
        """One blocklist; raises errors.NotFound."""
        return self._one(WirelessBlocklist, "GET", _path(id))

    def update(self, id: str, **values: Unpack[WirelessBlocklistChanges]) -> WirelessBlocklist:
        """Change what is given and leave the rest."""
        return self._one(WirelessBlocklist, "PATCH", _path(id), body=fields.changes(UPDATE, values))

    def update_without_id(
        self, **values: Unpack[WirelessBlocklistChangesWithoutId]
    ) -> WirelessBlocklist:
        """Update in an older form, which named no blocklist in the path.

        How the API finds the blocklist is documented nowhere: only for where ``update`` is refused.
        """
        body = fields.changes(UPDATE_WITHOUT_ID, values)
        return self._one(WirelessBlocklist, "PATCH", PATH, body=body)

    def delete(self, id: str) -> WirelessBlocklist:
        """Delete a blocklist."""
        return self._one(WirelessBlocklist, "DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
