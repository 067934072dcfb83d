"""Migrations of data from a bucket elsewhere: found, copied at a steady pace, and complete.

What is in the bucket is made up from its name: the same bucket always holds the same amount.
"""

from __future__ import annotations

from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import DAY, iso
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.identifiers import random_id
from sandbox.iot.migration_sources import bucket, is_running, running_migrations
from sandbox.paging import Page, data_response, list_response
from sandbox.problems import association_missing, not_found, refused

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# Seconds at speed 1 until the source is looked at, and until all of it is found (our choice).
PENDING_SECONDS, CHECKING_SECONDS = 10.0, 30.0
# Copying takes this many seconds at speed 1 (our choice).
SHORTEST, LONGEST = 240.0, 900.0
# How often a migration that keeps up with its source looks there again, in seconds (our choice).
REFRESH_SECONDS = 600.0
# A migration out of a bucket whose name starts so ends in an error, so that somebody can see one.
FAILING_NAME = "fail"


def collection(state: State) -> Collection:
    """The stored migrations."""
    return Collection(
        state,
        "migrations",
        [
            Column("source_id", lambda migration: migration["source_id"]),
            Column("status", lambda migration: migration["status"]),
        ],
    )


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when a migration goes on."""
    sandbox.schedule.on("storage_migration", lambda subject, due: _go_on(sandbox, subject, due))


def fill(sandbox: Sandbox, random: Random, day: float) -> None:
    """The one that brought the archive here, long complete."""
    sources, _ = sandbox.migration_sources.page(EVERYTHING, 0, 1)
    if not sources:
        return
    source = orjson.loads(sources[0])
    begin = day - random.uniform(60, 80) * DAY
    size, seconds = _contents(source["bucket_name"])
    migration = _document(random_id(random), source, "fieldworks-archive", "us-central-1", begin)
    migration.update(
        status="complete",
        bytes_to_migrate=size,
        bytes_migrated=size,
        eta=iso(begin + seconds),
        last_copy=iso(begin + seconds),
    )
    sandbox.migrations.insert(migration)


def _contents(name: str) -> tuple[int, float]:
    """Bytes in a bucket, and the seconds at speed 1 that copying them takes."""
    digest = sha256(name.encode()).digest()
    share = int.from_bytes(digest[:4]) / 2**32
    return int(2**31 * 40 ** (share * 1.5)), SHORTEST + (LONGEST - SHORTEST) * share


def _document(
    identifier: str, source: dict[str, Any], target: str, region: str, at: float
) -> dict[str, Any]:
    return {
        "id": identifier,
        "source_id": source["id"],
        "target_bucket_name": target,
        "target_region": region,
        "refresh": False,
        "status": "pending",
        "bytes_to_migrate": 0,
        "bytes_migrated": 0,
        "speed": 0,
        "eta": None,
        "last_copy": None,
        "created_at": iso(at),
    }


def _go_on(sandbox: Sandbox, identifier: str, due: float) -> None:
    migration = sandbox.migrations.get(identifier)
    if migration is None or not is_running(migration.listed):
        return
    listed, hidden = migration.listed, migration.hidden
    if listed["status"] == "complete":
        listed["last_copy"] = iso(due)
        _plan(sandbox, identifier, due, REFRESH_SECONDS)
    elif listed["status"] == "pending":
        listed["status"] = "checking"
        _plan(sandbox, identifier, due, CHECKING_SECONDS)
    elif hidden["bucket_name"].lower().startswith(FAILING_NAME):
        listed["status"] = "error"
    elif listed["status"] == "checking":
        size, seconds = _contents(hidden["bucket_name"])
        ends = sandbox.clock.after(seconds, due)
        hidden["began"], hidden["ends"] = due, ends
        listed.update(
            status="migrating",
            bytes_to_migrate=size,
            speed=max(1, int(size / max(ends - due, 0.001))),
            eta=iso(ends),
        )
        sandbox.schedule.add(ends, "storage_migration", identifier)
    else:
        listed.update(
            status="complete",
            bytes_migrated=listed["bytes_to_migrate"],
            speed=0,
            last_copy=iso(due),
        )
        if listed["refresh"]:
            _plan(sandbox, identifier, due, REFRESH_SECONDS)
    sandbox.migrations.save(migration)


def _plan(sandbox: Sandbox, identifier: str, at: float, seconds: float) -> None:
    sandbox.schedule.add(sandbox.clock.after(seconds, at), "storage_migration", identifier)


def _shown(migration: Record, now: float) -> dict[str, Any]:
    """With how far it has come at ``now`` (Unix seconds)."""
    listed, hidden = migration.listed, migration.hidden
    if listed["status"] != "migrating":
        return listed
    span = max(hidden["ends"] - hidden["began"], 0.001)
    share = min(max((now - hidden["began"]) / span, 0.0), 1.0)
    done = int(listed["bytes_to_migrate"] * share)
    return {**listed, "bytes_migrated": done, "last_copy": iso(now) if done else None}


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    migration = sandbox.migrations.get(request.path_params["id"])
    if migration is None:
        raise not_found()
    return sandbox, migration


async def list_migrations(request: Request) -> Response:
    """GET /storage/migrations, newest first and all at once (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    now, size = sandbox.clock.now(), max(1, len(sandbox.migrations))
    items, total = sandbox.migrations.page(EVERYTHING, 0, size)
    shown = []
    for item in items:
        migration = sandbox.migrations.get(orjson.loads(item)["id"])
        if migration is not None:
            shown.append(orjson.dumps(_shown(migration, now)))
    return list_response(shown, total, Page(1, size))


async def create_migration(request: Request) -> Response:
    """POST /storage/migrations; 200 (specification). It starts at once.

    One migration at a time from a source into a bucket (our choice).
    """
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    source_id = bodies.required_text(body, "source_id")
    bodies.required_text(body, "target_bucket_name")
    target = bucket(body["target_bucket_name"], "/target_bucket_name")
    region = bodies.required_text(body, "target_region")
    refresh = bodies.truth(body, "refresh", False)
    source = sandbox.migration_sources.get(source_id)
    if source is None:
        raise association_missing("/source_id", "migration source")
    running = running_migrations(sandbox, source_id)
    if any(other["target_bucket_name"] == target for other in running):
        raise refused("10036", "A migration of the same data is still running.")
    now = sandbox.clock.now()
    migration = _document(sandbox.new_id(), source.listed, target, region, now)
    migration["refresh"] = refresh
    sandbox.migrations.insert(migration, hidden={"bucket_name": source.listed["bucket_name"]})
    _plan(sandbox, migration["id"], now, PENDING_SECONDS)
    return data_response(migration)


async def get_migration(request: Request) -> Response:
    """GET /storage/migrations/{id}."""
    sandbox, migration = _known(request)
    return data_response(_shown(migration, sandbox.clock.now()))


async def stop_migration(request: Request) -> Response:
    """POST /storage/migrations/{id}/actions/stop: what was copied stays (our choice)."""
    sandbox, migration = _known(request)
    if not is_running(migration.listed):
        raise refused("10027", f"The migration is {migration.listed['status']} already.")
    migration.listed = {
        **_shown(migration, sandbox.clock.now()),
        "status": "stopped",
        "speed": 0,
        "eta": None,
    }
    sandbox.migrations.save(migration)
    return data_response(migration.listed)


PATH = "/storage/migrations"
routes = [
    Route(PATH, list_migrations, methods=["GET"]),
    Route(PATH, create_migration, methods=["POST"]),
    Route(f"{PATH}/{{id}}", get_migration, methods=["GET"]),
    Route(f"{PATH}/{{id}}/actions/stop", stop_migration, methods=["POST"]),
]
