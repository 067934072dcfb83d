"""The ids that a sweep has seen, in the database: memory does not grow, and a sweep can resume."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from fleet.models import SyncRun
from fleet.sync.resource import Digested, ResourceSync
from fleet.sync.runs import kept_table

# Lists longer than this keep what they saw in a table that outlives the process.
KEEP_FROM = 5_000


class Seen:
    """The ids that one run has seen."""

    def __init__(self, sync: ResourceSync, run: SyncRun) -> None:
        self.table, self.id_type = sync.table, sync.id_type
        self.account_id, self.group = run.account_id, run.group_remote_id
        self.kept = kept_table(run)
        self.name = f"seen_{sync.table}"

    def begin(self, expected: int | None) -> None:
        """Begin with nothing."""
        with connection.cursor() as cursor:
            if expected is not None and expected > KEEP_FROM:
                self.name = self.kept
                # Unlogged: quick, and gone after a crash of the database, which is noticed.
                cursor.execute(
                    f"CREATE UNLOGGED TABLE IF NOT EXISTS {self.name} (remote_id {self.id_type})"
                )
            else:
                cursor.execute(
                    f"CREATE TEMPORARY TABLE IF NOT EXISTS {self.name} (remote_id {self.id_type})"
                )
            cursor.execute(f"TRUNCATE {self.name}")

    def go_on(self) -> None:
        """Go on with what a stopped run has seen."""
        self.name = self.kept

    def end(self) -> None:
        """Forget everything."""
        with connection.cursor() as cursor:
            if self.name == self.kept:
                cursor.execute(f"DROP TABLE IF EXISTS {self.name}")
            else:
                cursor.execute(f"TRUNCATE {self.name}")

    def add(self, remote_ids: Sequence[str]) -> None:
        """Note ids."""
        if not remote_ids:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self.name} SELECT unnest(%s::{self.id_type}[])",
                [self._array(remote_ids)],
            )

    def distinct(self) -> int:
        """How many different ids were seen."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(DISTINCT remote_id) FROM {self.name}")
            return int(cursor.fetchone()[0])

    def add_and_compare(self, batch: Sequence[Digested]) -> tuple[list[Digested], list[Digested]]:
        """Note a batch; answers those of it that are new, and those that differ from their row.

        A row that counts as removed differs.
        """
        new: list[Digested] = []
        changed: list[Digested] = []
        if not batch:
            return new, changed
        with connection.cursor() as cursor:
            cursor.execute(
                # OFFSET 0 keeps the planner from one walk over the whole account for each batch.
                f"""
                WITH asked AS MATERIALIZED (
                    SELECT remote_id, place,
                           substring(%(digests)s::bytea FROM place::int * 16 - 15 FOR 16) AS digest
                    FROM unnest(%(ids)s::{self.id_type}[]) WITH ORDINALITY a (remote_id, place)
                ), added AS (
                    INSERT INTO {self.name} SELECT remote_id FROM asked
                )
                SELECT asked.place, t.id IS NULL
                FROM asked LEFT JOIN LATERAL (
                    SELECT id, digest, removed_at FROM {self.table}
                    WHERE account_id = %(account)s AND remote_id = asked.remote_id
                    OFFSET 0
                ) t ON TRUE
                WHERE t.digest IS DISTINCT FROM asked.digest OR t.removed_at IS NOT NULL
                ORDER BY asked.place
                """,
                {
                    "ids": self._array([record.remote_id for record in batch]),
                    "digests": b"".join([record.digest for record in batch]),
                    "account": self.account_id,
                },
            )
            for place, is_new in cursor.fetchall():
                (new if is_new else changed).append(batch[place - 1])
        return new, changed

    def missing(self, before: datetime, limit: int | None) -> list[str]:
        """Ids of stored rows, read before the run began, that the run did not see.

        Where there are more, others each time: some may always fail when they are asked for.
        """
        of_group = "AND t.group_remote_id = %(group)s" if self.group else ""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT t.remote_id FROM {self.table} t
                WHERE t.account_id = %(account)s AND t.removed_at IS NULL
                  AND t.read_at < %(before)s {of_group}
                  AND NOT EXISTS (SELECT FROM {self.name} s WHERE s.remote_id = t.remote_id)
                ORDER BY random() LIMIT %(limit)s
                """,
                {
                    "account": self.account_id,
                    "before": before,
                    "group": self.group,
                    "limit": limit,
                },
            )
            return [str(row[0]) for row in cursor.fetchall()]

    def unstored(self) -> int:
        """How many of the ids that were seen have no row."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT count(DISTINCT s.remote_id) FROM {self.name} s WHERE NOT EXISTS (
                    SELECT FROM {self.table} t
                    WHERE t.account_id = %s AND t.remote_id = s.remote_id
                )
                """,
                [self.account_id],
            )
            return int(cursor.fetchone()[0])

    def stored(self) -> int:
        """How many rows are stored, whether seen or not."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {self.table} WHERE account_id = %s AND removed_at IS NULL",
                [self.account_id],
            )
            return int(cursor.fetchone()[0])

    def unseen_open(self, condition: str, limit: int) -> list[str]:
        """Ids of stored rows that will still change, which the run did not see."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT t.remote_id FROM {self.table} t
                WHERE t.account_id = %s AND t.removed_at IS NULL AND {condition}
                  AND NOT EXISTS (SELECT FROM {self.name} s WHERE s.remote_id = t.remote_id)
                ORDER BY random() LIMIT %s
                """,
                [self.account_id, limit],
            )
            return [str(row[0]) for row in cursor.fetchall()]

    def _array(self, remote_ids: Sequence[str]) -> str | list[str]:
        # One text is written several times faster than an array value by value.
        return f"{{{','.join(remote_ids)}}}" if self.id_type == "uuid" else list(remote_ids)
