"""Buckets elsewhere, from which data can be migrated."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import any_text, path_id, word
from telnyx_api.fields import Field, nested
from telnyx_api.hidden import hide
from telnyx_api.resource import Page, Resource

PATH = "/storage/migration_sources"


class MigrationSourceProviderAuth(TypedDict, total=False):
    """Never to be logged."""

    access_key: str
    secret_access_key: str


class MigrationSource(TypedDict, total=False):
    """A record as the API sends it; the repr of ``provider_auth`` shows nothing."""

    bucket_name: str
    id: str
    provider: str
    provider_auth: MigrationSourceProviderAuth
    source_region: str


class MigrationSourceCoverage(TypedDict, total=False):
    """A provider and one of its regions."""

    provider: str
    source_region: str


class NewMigrationSource(TypedDict, total=False):
    """Fields of the request."""

    bucket_name: Required[str]
    provider: Required[str]
    provider_auth: Required[Mapping[str, Any]]
    source_region: str


PROVIDER_AUTH = {
    "access_key": Field(any_text),
    "secret_access_key": Field(any_text),
}
CREATE = {
    "bucket_name": Field(required=True),
    "provider": Field(word("aws", "telnyx"), required=True),
    "provider_auth": Field(nested(PROVIDER_AUTH), required=True, secret=True),
    "source_region": Field(any_text),
}


class MigrationSources(Resource):
    """/storage/migration_sources."""

    def page(self) -> Page[MigrationSource]:
        """All that the API gives; the specification offers no further pages."""
        page = self._whole(MigrationSource, PATH)
        for record in page.data:
            hide(record, "provider_auth")
        return page

    def list(self) -> Iterator[MigrationSource]:
        """All sources, fetched at once."""
        return iter(self.page().data)

    def create(self, **values: Unpack[NewMigrationSource]) -> MigrationSource:
        """A new source."""
        record = self._one(
            MigrationSource,
            "POST",
            PATH,
            body=fields.build(CREATE, values),
            hidden=fields.secrets(CREATE, values),
        )
        hide(record, "provider_auth")
        return record

    def retrieve(self, id: str) -> MigrationSource:
        """One source; raises errors.NotFound."""
        record = self._one(MigrationSource, "GET", _path(id))
        hide(record, "provider_auth")
        return record

    def delete(self, id: str) -> MigrationSource:
        """Delete a source."""
        record = self._one(MigrationSource, "DELETE", _path(id))
        hide(record, "provider_auth")
        return record

    def coverage(self) -> Sequence[MigrationSourceCoverage]:
        """The providers and regions from which the API can migrate."""
        return self._some(MigrationSourceCoverage, "GET", "/storage/migration_source_coverage")


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
