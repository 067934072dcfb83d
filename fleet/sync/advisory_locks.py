"""Locks that end with the connection that holds them, so a killed worker leaves none behind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def lock_key(*name: object) -> int:
    """The number that PostgreSQL knows a named lock by."""
    digest = hashlib.blake2b(repr([str(part) for part in name]).encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


@contextmanager
def held_lock(*name: object) -> Iterator[bool]:
    """Hold the named lock for the block if it is free at once; yields whether it is held."""
    key = lock_key(*name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        held = bool(cursor.fetchone()[0])
    session = connection.connection
    try:
        yield held
    finally:
        # Where the connection was lost, the lock went with it.
        if held and connection.connection is session and not session.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
