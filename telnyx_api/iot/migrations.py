"""Migrations of data from a bucket elsewhere."""

from collections.abc import Iterator
from typing import Required, TypedDict, Unpack

from telnyx_api import fields
from telnyx_api.arguments import path_id, truth
from telnyx_api.fields import Field
from telnyx_api.resource import Page, Resource

PATH = "/storage/migrations"


class Migration(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    bytes_migrated: int
    bytes_to_migrate: int
    created_at: str
    eta: str
    id: str
    last_copy: str
    refresh: bool
    source_id: str
    speed: int
    status: str
    target_bucket_name: str
    target_region: str


class NewMigration(TypedDict, total=False):
    """Fields of the request."""

    refresh: bool
    source_id: Required[str]
    target_bucket_name: Required[str]
    target_region: Required[str]


CREATE = {
    "refresh": Field(truth),
    "source_id": Field(required=True),
    "target_bucket_name": Field(required=True),
    "target_region": Field(required=True),
}


class Migrations(Resource):
    """/storage/migrations."""

    def page(self) -> Page[Migration]:
        """All that the API gives; the specification offers no further pages."""
        return self._whole(Migration, PATH)

    def list(self) -> Iterator[Migration]:
        """All migrations, fetched at once."""
        return iter(self.page().data)

    def create(self, **values: Unpack[NewMigration]) -> Migration:
        """A new migration."""
        return self._one(Migration, "POST", PATH, body=fields.build(CREATE, values))

    def retrieve(self, id: str) -> Migration:
        """One migration; raises errors.NotFound."""
        return self._one(Migration, "GET", _path(id))

    def stop(self, id: str) -> Migration:
        """Stop a migration."""
        return self._one(Migration, "POST", f"{_path(id)}/actions/stop")


def _path(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"
