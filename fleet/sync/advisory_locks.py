"""Locks that end with the connection that holds them, so a killed worker leaves none behind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def held_lock(*name: object) -> Iterator[bool]:
    """Hold the named lock for the block if it is free at once; yields whether it is held."""
    digest = hashlib.blake2b(repr([str(part) for part in name]).encode(), digest_size=8).digest()
    key = int.from_bytes(digest, signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        # Without a usable connection the lock went with it.
        if held and connection.connection and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
