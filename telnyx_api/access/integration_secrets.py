"""Secrets that integrations use."""

from collections.abc import Iterator
from typing import Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, path_id, word
from telnyx_api.fields import Field
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/integration_secrets"


class IntegrationSecret(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    created_at: str
    id: str
    identifier: str
    record_type: str
    updated_at: str


class IntegrationSecretFilters(TypedDict, total=False):
    """Filters of the list."""

    filter_type: str | None


class NewIntegrationSecret(TypedDict, total=False):
    """``token`` with the type bearer, ``username`` and ``password`` with basic."""

    identifier: Required[str]
    password: str
    token: str
    type: Required[str]
    username: str


LIST = {
    "filter_type": Parameter("filter[type]", allowed=("bearer", "basic")),
}
CREATE = {
    "identifier": Field(required=True),
    "password": Field(any_text, secret=True),
    "token": Field(any_text, secret=True),
    "type": Field(word("bearer", "basic"), required=True),
    "username": Field(any_text),
}


class IntegrationSecrets(Resource):
    """/integration_secrets."""

    def page(
        self, number: int = 1, size: int = LARGEST_PAGE, **filters: Unpack[IntegrationSecretFilters]
    ) -> Page[IntegrationSecret]:
        """One page; ``size`` is 1 to 250."""
        return self._page(IntegrationSecret, PATH, number, size, parameters=LIST, given=filters)

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[IntegrationSecretFilters]
    ) -> Iterator[Page[IntegrationSecret]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(IntegrationSecret, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[IntegrationSecretFilters]
    ) -> Iterator[IntegrationSecret]:
        """All secrets that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def create(self, **values: Unpack[NewIntegrationSecret]) -> IntegrationSecret:
        """Store a secret, which the API never gives back."""
        return self._one(
            IntegrationSecret,
            "POST",
            PATH,
            body=fields.build(CREATE, values),
            hidden=fields.secrets(CREATE, values),
        )

    def delete(self, id: str) -> None:
        """Delete a secret."""
        self._nothing("DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
