"""Stages records by COPY and merges them with one statement (fleet/sync/statements.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat

import psycopg
from django.db import IntegrityError, connection, transaction

from accounts.models import TelnyxAccount
from fleet.models import Cause, Operation, SyncRun
from fleet.sync import copy_text
from fleet.sync.advisory_locks import lock_key
from fleet.sync.resource import Mapped, ResourceSync
from fleet.sync.statements import BY_INDEX, statements


@dataclass
class MergeCounts:
    """What a merge wrote, in rows."""

    new: int = 0
    changed: int = 0
    # Of both, those that count otherwise beside the lists' filters.
    counted: int = 0

    def add(self, other: MergeCounts) -> None:
        """Sum up."""
        self.new += other.new
        self.changed += other.changed
        self.counted += other.counted


@dataclass(frozen=True)
class Origin:
    """Why records are being merged, for the events."""

    cause: Cause
    run: SyncRun | None = None
    operation: Operation | None = None
    person_id: int | None = None
    # The first sweep of a fleet would otherwise write an "added" event for every row.
    silent_additions: bool = False

    @property
    def parameters(self) -> dict[str, int | str | bool | datetime | None]:
        """For the statements."""
        return {
            "cause": self.cause,
            "run": self.run.pk if self.run else None,
            "operation": self.operation.pk if self.operation else None,
            "person": self.person_id,
            "silent": self.silent_additions,
        }


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
    sql = statements(type(sync), with_details)
    parameters = origin.parameters | {"account": account.pk, "read_at": read_at}
    with transaction.atomic(), connection.cursor() as cursor:
        lock_table(sync.table, account)
        cursor.execute(sql.create)
        with cursor.copy(sql.copy) as copy:
            copy.write("".join([f"{record.line}\n" for record in unique.values()]))
        cursor.execute(BY_INDEX)
        cursor.execute(sql.merge, parameters)
        new, changed, counted = cursor.fetchone()
        cursor.execute(sql.clear)
    return MergeCounts(new, changed, counted)


def insert(
    sync: ResourceSync,
    account: TelnyxAccount,
    records: Sequence[Mapped],
    read_at: datetime,
    origin: Origin,
) -> MergeCounts:
    """Write records that were not stored a moment ago, of a first sweep: no events, no stage.

    Where one of them has come in between, all are merged instead.
    """
    assert origin.silent_additions
    unique = {record.remote_id: record for record in records}
    if not unique:
        return MergeCounts()
    empty = [name for name, kind in sync.detail_columns if kind == "text"]
    names = ["remote_id", "digest", "raw", *(name for name, _ in sync.columns)]
    names += [reference.row_column for reference in sync.references]
    names += ["account_id", "first_seen_at", "read_at", *empty]
    last = f"{account.pk}\t{read_at}\t{read_at}" + "\t" * len(empty)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            lock_table(sync.table, account)
            rows = _rows_referred_to(sync, account, list(unique.values()))
            with cursor.copy(f"COPY {sync.table} ({', '.join(names)}) FROM STDIN") as copy:
                copy.write(
                    "".join(
                        [
                            f"{record.line}\t{''.join(map(_id, referred))}{last}\n"
                            for record, referred in zip(unique.values(), rows, strict=True)
                        ]
                    )
                )
    except (IntegrityError, psycopg.IntegrityError):
        # Django does not translate what ends a COPY.
        return merge(sync, account, records, read_at, origin)
    return MergeCounts(len(unique), 0, len(unique))


def _id(row: int | None) -> str:
    return f"{copy_text.NULL if row is None else row}\t"


def _rows_referred_to(
    sync: ResourceSync, account: TelnyxAccount, records: Sequence[Mapped]
) -> Iterable[tuple[int | None, ...]]:
    """For each record our rows of its references, None where they have not been seen yet."""
    columns = [name for name, _ in sync.columns]
    found = []
    for reference in sync.references:
        place = columns.index(reference.column)
        wanted = [record.values[place] for record in records]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT remote_id, id FROM {reference.table} "
                "WHERE account_id = %s AND remote_id = ANY(%s)",
                [account.pk, [value for value in set(wanted) if value is not None]],
            )
            rows = dict(cursor.fetchall())
        found.append([rows.get(value) for value in wanted])
    return zip(*found, strict=True) if found else repeat((), len(records))


def lock_table(table: str, account: TelnyxAccount) -> None:
    """Let one transaction at a time write many rows of an account's table.

    Two that write the same rows, each in its own order, would otherwise end in a deadlock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key("merge", table, account.pk)])


def resolve_references(sync: ResourceSync, others: Sequence[ResourceSync], account_id: int) -> int:
    """Give rows that were seen before the rows they refer to, those rows; the number of them."""
    resolved = 0
    for other in others:
        for reference in other.references:
            if reference.table != sync.table:
                continue
            row, column = reference.row_column, reference.column
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(%s)",
                    [lock_key("merge", other.table, account_id)],
                )
                cursor.execute(
                    f"""
                    UPDATE {other.table} t SET {row} = p.id FROM {sync.table} p
                    WHERE t.account_id = %(account)s AND p.account_id = %(account)s
                      AND t.{row} IS NULL AND t.{column} = p.remote_id
                    """,
                    {"account": account_id},
                )
                resolved += cursor.rowcount
    return resolved
