"""Buckets elsewhere, from which data can be migrated."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.identifiers import random_id
from sandbox.paging import Page, data_response, list_response
from sandbox.problems import missing, not_found, refused, wrong_type, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

PROVIDERS = ("aws", "telnyx")
RUNNING = ("pending", "checking", "migrating")
# Regions from which can be migrated (our choice; the specification names none).
COVERAGE = (
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-north-1",
    "ap-southeast-2",
)
# Nobody gets the keys of a bucket back (our choice; the specification does not say).
CONCEALED = "********"


def collection(state: State) -> Collection:
    """The stored sources, without their keys."""
    return Collection(
        state, "migration_sources", [Column("bucket_name", lambda source: source["bucket_name"])]
    )


def fill(sandbox: Sandbox, random: Random, _day: float) -> None:
    """An archive that was migrated once; :mod:`sandbox.iot.migrations` has the migration."""
    source = _document(random_id(random), "aws", "fieldworks-archive", "eu-central-1")
    sandbox.migration_sources.insert(source)


def _document(identifier: str, provider: str, bucket: str, region: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "provider": provider,
        "provider_auth": {"access_key": CONCEALED, "secret_access_key": CONCEALED},
        "bucket_name": bucket,
        "source_region": region,
    }


def whole_list(collection: Collection) -> Response:
    """A list without pages, newest first; its ``meta`` says so."""
    total = max(1, len(collection))
    items, count = collection.page(EVERYTHING, 0, total)
    return list_response(items, count, Page(1, total))


def bucket(value: Any, pointer: str) -> str:
    """The name of a bucket: one that fits no bucket can only be a mistake."""
    name = bodies.text(value, pointer)
    if re.search(r"[\s/\\\x00-\x1f]", name):
        raise wrong_value(pointer, "The name of a bucket has no blanks and no slashes.")
    return name


def is_running(migration: dict[str, Any]) -> bool:
    """One that keeps up with its source goes on after it is complete (specification)."""
    return migration["status"] in RUNNING or (
        migration["status"] == "complete" and migration["refresh"]
    )


def running_migrations(sandbox: Sandbox, source_id: str) -> list[dict[str, Any]]:
    """The migrations out of a source that are not over."""
    possible = EVERYTHING.also("c.source_id = ?", source_id).also(
        "c.status NOT IN ('error', 'stopped')"
    )
    found = [sandbox.migrations.get(identifier) for identifier in sandbox.migrations.ids(possible)]
    return [known.listed for known in found if known is not None and is_running(known.listed)]


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    source = sandbox.migration_sources.get(request.path_params["id"])
    if source is None:
        raise not_found()
    return sandbox, source


async def list_coverage(_request: Request) -> Response:
    """GET /storage/migration_source_coverage."""
    shown = [
        b'{"provider":"aws","source_region":"' + region.encode() + b'"}' for region in COVERAGE
    ]
    return list_response(shown, len(shown), Page(1, len(shown)))


async def list_sources(request: Request) -> Response:
    """GET /storage/migration_sources, newest first and all at once (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    return whole_list(sandbox.migration_sources)


async def create_source(request: Request) -> Response:
    """POST /storage/migration_sources; 200 (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    provider = bodies.required_text(body, "provider")
    if provider not in PROVIDERS:
        raise wrong_value("/provider", f"The provider is one of {', '.join(PROVIDERS)}.", "10032")
    bodies.required_text(body, "bucket_name")
    name = bucket(body["bucket_name"], "/bucket_name")
    auth = body.get("provider_auth")
    if auth is None:
        raise missing("/provider_auth")
    if not isinstance(auth, dict):
        raise wrong_type("/provider_auth", "an object")
    for key in ("access_key", "secret_access_key"):
        if key in auth and not isinstance(auth[key], str):
            raise wrong_type(f"/provider_auth/{key}", "a string")
    region = body.get("source_region", "")
    if not isinstance(region, str):
        raise wrong_type("/source_region", "a string")
    source = _document(sandbox.new_id(), provider, name, region)
    sandbox.migration_sources.insert(source)
    return data_response(source)


async def get_source(request: Request) -> Response:
    """GET /storage/migration_sources/{id}."""
    return data_response(_known(request)[1].listed)


async def delete_source(request: Request) -> Response:
    """DELETE /storage/migration_sources/{id}: not while a migration runs (our choice)."""
    sandbox, source = _known(request)
    if running_migrations(sandbox, source.listed["id"]):
        raise refused("10021", "A migration from this source is still running.")
    sandbox.migration_sources.remove(source)
    return data_response(source.listed)


PATH = "/storage/migration_sources"
routes = [
    Route("/storage/migration_source_coverage", list_coverage, methods=["GET"]),
    Route(PATH, list_sources, methods=["GET"]),
    Route(PATH, create_source, methods=["POST"]),
    Route(f"{PATH}/{{id}}", get_source, methods=["GET"]),
    Route(f"{PATH}/{{id}}", delete_source, methods=["DELETE"]),
]
