"""Providers of single sign-on."""

from collections.abc import Iterator, Mapping
from typing import Any, Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, path_id, truth, word
from telnyx_api.fields import Field, nested
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records

PATH = "/authentication_providers"


class AuthenticationProviderSettings(TypedDict, total=False):
    """``settings`` of an AuthenticationProvider."""

    assertion_consumer_service_url: str
    idp_attribute_names: dict[str, Any]
    idp_cert_fingerprint: str
    idp_cert_fingerprint_algorithm: str
    idp_certificate: str
    idp_entity_id: str
    idp_slo_target_url: str
    idp_sso_target_url: str
    name_identifier_format: str
    provision_groups: bool
    service_provider_entity_id: str
    service_provider_login_url: str


class AuthenticationProvider(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    activated_at: str
    active: bool
    created_at: str
    id: str
    name: str
    organization_id: str
    record_type: str
    settings: AuthenticationProviderSettings
    short_name: str
    updated_at: str


class AuthenticationProviderFilters(TypedDict, total=False):
    """Filters and order of the list."""

    sort: str | None


class NewAuthenticationProvider(TypedDict, total=False):
    """Fields of the request."""

    active: bool
    name: Required[str]
    settings: Required[Mapping[str, Any]]
    settings_url: str
    short_name: Required[str]


class AuthenticationProviderChanges(TypedDict, total=False):
    """What can be changed."""

    active: bool
    name: str
    settings: Mapping[str, Any]
    settings_url: str
    short_name: str


LIST = {
    "sort": Parameter(
        "sort",
        allowed=(
            "name",
            "-name",
            "short_name",
            "-short_name",
            "active",
            "-active",
            "created_at",
            "-created_at",
            "updated_at",
            "-updated_at",
        ),
    ),
}
SETTINGS = {
    "idp_cert_fingerprint": Field(required=True),
    "idp_cert_fingerprint_algorithm": Field(word("sha1", "sha256", "sha384", "sha512")),
    "idp_entity_id": Field(required=True),
    "idp_sso_target_url": Field(required=True),
}
CREATE = {
    "active": Field(truth),
    "name": Field(required=True),
    "settings": Field(nested(SETTINGS), required=True),
    "settings_url": Field(),
    "short_name": Field(required=True),
}
UPDATE = {
    "active": Field(truth),
    "name": Field(any_text),
    "settings": Field(nested(SETTINGS)),
    "settings_url": Field(),
    "short_name": Field(any_text),
}


class AuthenticationProviders(Resource):
    """/authentication_providers."""

    def page(
        self,
        number: int = 1,
        size: int = LARGEST_PAGE,
        **filters: Unpack[AuthenticationProviderFilters],
    ) -> Page[AuthenticationProvider]:
        """One page; ``size`` is 1 to 250."""
        return self._page(
            AuthenticationProvider, PATH, number, size, parameters=LIST, given=filters
        )

    def pages(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[AuthenticationProviderFilters]
    ) -> Iterator[Page[AuthenticationProvider]]:
        """All pages, each fetched when it is asked for."""
        return self._pages(AuthenticationProvider, PATH, page_size, parameters=LIST, given=filters)

    def list(
        self, page_size: int = LARGEST_PAGE, **filters: Unpack[AuthenticationProviderFilters]
    ) -> Iterator[AuthenticationProvider]:
        """All providers that match, fetched page by page."""
        return records(self.pages(page_size, **filters))

    def create(self, **values: Unpack[NewAuthenticationProvider]) -> AuthenticationProvider:
        """A new provider."""
        return self._one(AuthenticationProvider, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> AuthenticationProvider:
        """One provider; raises errors.NotFound."""
        return self._one(AuthenticationProvider, "GET", _path(id))

    def update(
        self, id: str, **values: Unpack[AuthenticationProviderChanges]
    ) -> AuthenticationProvider:
        """Change what is given and leave the rest."""
        return self._one(
            AuthenticationProvider, "PATCH", _path(id), body=fields.changes(UPDATE, values)
        )

    def delete(self, id: str) -> AuthenticationProvider:
        """Delete a provider."""
        return self._one(AuthenticationProvider, "DELETE", _path(id))


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
