"""Stages records by COPY and merges them with one statement.

The statement writes only rows that differ and are not older than what is stored, and its answer
(old and new values) becomes events in the same transaction.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from accounts.models import TelnyxAccount
from fleet.models import Cause, Operation, SyncRun
from fleet.sync.advisory_locks import lock_key
from fleet.sync.resource import Mapped, ResourceSync


@dataclass
class MergeCounts:
    """What a merge wrote, in rows."""

    new: int = 0
    changed: int = 0

    def add(self, other: MergeCounts) -> None:
        """Sum up."""
        self.new += other.new
        self.changed += other.changed


@dataclass(frozen=True)
class Origin:
    """Why records are being merged, for the events."""

    cause: Cause
    run: SyncRun | None = None
    operation: Operation | None = None
    # The first sweep of a fleet would otherwise write an "added" event for every row.
    silent_additions: bool = False


def merge(
    sync: ResourceSync,
    account: TelnyxAccount,
    records: Sequence[Mapped],
    read_at: datetime,
    origin: Origin,
    *,
    with_details: bool = False,
) -> MergeCounts:
    """Merge records that the API gave at `read_at` (the time of asking) into the table.

    Of two records with one id the last counts. One transaction; nothing else writes remote
    columns.
    """
    unique = {record.remote_id: record for record in records}
    if not unique:
        return MergeCounts()
    statements = _statements(type(sync), with_details)
    parameters: dict[str, int | str | bool | datetime | None] = {
        "account": account.pk,
        "read_at": read_at,
        "cause": origin.cause,
        "run": origin.run.pk if origin.run else None,
        "operation": origin.operation.pk if origin.operation else None,
        "silent": origin.silent_additions,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        lock_table(sync.table, account)
        cursor.execute(statements.create)
        with cursor.copy(statements.copy) as copy:
            for record in unique.values():
                copy.write_row(
                    (record.remote_id, record.digest, record.raw.decode(), *record.values)
                )
        cursor.execute(statements.merge, parameters)
        new, changed = cursor.fetchone()
        cursor.execute(statements.clear)
    return MergeCounts(new, changed)


def lock_table(table: str, account: TelnyxAccount) -> None:
    """Let one transaction at a time write many rows of an account's table.

    Two that write the same rows, each in its own order, would otherwise end in a deadlock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key("merge", table, account.pk)])


@dataclass(frozen=True)
class _Statements:
    create: str
    copy: str
    merge: str
    clear: str


@functools.cache
def _statements(sync: type[ResourceSync], with_details: bool) -> _Statements:
    columns = sync.columns + (sync.detail_columns if with_details else ())
    stage = f"stage_{sync.table}{'_details' if with_details else ''}"
    staged = (("remote_id", "uuid"), ("digest", "bytea"), ("raw", "jsonb"), *columns)
    names = [name for name, _ in staged]
    has_group = any(name == "group_remote_id" for name in names)
    written = [name for name in names if name != "remote_id"]
    if has_group:
        written.append("group_id")
    sets = ", ".join(f"{name} = s.{name}" for name in written)
    details_at = ", detail_at = %(read_at)s" if with_details else ""
    insert_names = ["account_id", "remote_id", *written, "first_seen_at", "read_at"]
    insert_values = ["%(account)s", "s.remote_id", *(f"s.{name}" for name in written)]
    insert_values += ["%(read_at)s", "%(read_at)s"]
    if with_details:
        insert_names.append("detail_at")
        insert_values.append("%(read_at)s")
    else:
        for name, kind in sync.detail_columns:
            if kind == "text":
                insert_names.append(name)
                insert_values.append("''")
    source = f"SELECT s.* FROM {stage} s"
    if has_group:
        source = (
            f"SELECT s.*, g.id AS group_id FROM {stage} s LEFT JOIN fleet_group g "
            "ON g.account_id = %(account)s AND g.remote_id = s.group_remote_id"
        )
    differs = "t.digest IS DISTINCT FROM s.digest OR t.removed_at IS NOT NULL"
    if with_details:
        differs = "TRUE"
    tracked = [name for name in sync.tracked if name in dict(columns)]
    returned = "".join(f", old.{name} AS old_{name}, new.{name} AS new_{name}" for name in tracked)
    # Details that are read for the first time did not change.
    had_details = ", old.detail_at IS NOT NULL AS had_details" if with_details else ""
    merge_sql = f"""
        WITH merged AS (
            MERGE INTO {sync.table} t
            USING ({source}) s ON t.account_id = %(account)s AND t.remote_id = s.remote_id
            WHEN MATCHED AND ({differs})
                 AND GREATEST(t.read_at, t.removed_at) <= %(read_at)s
                 AND (t.remote_updated_at <= s.remote_updated_at) IS NOT FALSE
                THEN UPDATE SET {sets}, read_at = %(read_at)s, removed_at = NULL{details_at}
            WHEN NOT MATCHED
                THEN INSERT ({", ".join(insert_names)}) VALUES ({", ".join(insert_values)})
            RETURNING merge_action() AS action, new.id AS id,
                      old.removed_at AS old_removed_at{returned}{had_details}
        )
    """
    counts = (
        " SELECT count(*) FILTER (WHERE action = 'INSERT'), "
        "count(*) FILTER (WHERE action = 'UPDATE') FROM merged"
    )
    if tracked:
        kinds = dict(columns)
        pairs = ", ".join(
            f"('{n}', {_as_text(f'm.old_{n}', kinds[n])}, {_as_text(f'm.new_{n}', kinds[n])}, "
            f"{'m.had_details' if n in dict(sync.detail_columns) else 'TRUE'})"
            for n in tracked
        )
        merge_sql += f"""
            , written AS (
                INSERT INTO fleet_event
                    (account_id, sim_card_id, at, what, old, new, cause, sync_run_id, operation_id)
                SELECT %(account)s, m.id, %(read_at)s, e.what, e.old, e.new, %(cause)s, %(run)s,
                       %(operation)s
                FROM merged m CROSS JOIN LATERAL (VALUES
                    {pairs},
                    ('added', NULL, CASE WHEN m.action = 'INSERT' AND NOT %(silent)s
                                    THEN m.new_iccid END, TRUE),
                    ('returned', NULL, CASE WHEN m.old_removed_at IS NOT NULL
                                       THEN m.new_iccid END, TRUE)
                ) e (what, old, new, known)
                WHERE e.old IS DISTINCT FROM e.new AND e.known
                  AND (m.action = 'UPDATE' OR e.what = 'added')
            )
        """
    # The table lives as long as the connection: creating one a merge would swell the catalog.
    return _Statements(
        create=f"CREATE TEMPORARY TABLE IF NOT EXISTS {stage} ("
        + ", ".join(f"{name} {kind}" for name, kind in staged)
        + ") ON COMMIT DELETE ROWS",
        copy=f"COPY {stage} ({', '.join(names)}) FROM STDIN",
        merge=merge_sql + counts,
        clear=f"TRUNCATE {stage}",
    )


def _as_text(column: str, kind: str) -> str:
    return f"array_to_string({column}, ', ')" if kind.endswith("[]") else f"{column}::text"
