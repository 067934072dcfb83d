"""What a sweep saw, against what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.sync.merge import Origin, merge
from fleet.sync.resource import Digested, ResourceSync
from fleet.sync.statements import event_of
from fleet.sync.values import BadValue
from telnyx_api import Client, errors

# Each costs one call; the rest waits for the next sweep.
CONFIRMED_A_SWEEP = 500


class Seen:
    """The ids that a pass has seen, kept in the database so that memory does not grow."""

    def __init__(self, sync: ResourceSync) -> None:
        self.table = sync.table
        self.id_type = sync.id_type
        self.name = f"seen_{sync.table}"
        self.rows = 0

    def __enter__(self) -> Seen:
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMPORARY TABLE IF NOT EXISTS {self.name} (remote_id {self.id_type})"
            )
        self.clear()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.rows = 0
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {self.name}")

    def add(self, remote_ids: Sequence[UUID | str]) -> None:
        """Note ids."""
        if not remote_ids:
            return
        self.rows += len(remote_ids)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self.name} SELECT unnest(%s::{self.id_type}[])", [_array(remote_ids)]
            )

    def distinct(self) -> int:
        """How many different ids were seen."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(DISTINCT remote_id) FROM {self.name}")
            return int(cursor.fetchone()[0])

    def differing(self, account: TelnyxAccount, batch: Sequence[Digested]) -> list[Digested]:
        """Those of a batch that are new, differ from the stored digest, or count as removed."""
        if not batch:
            return []
        digests = ",".join(rf'"\\x{record.digest.hex()}"' for record in batch)
        with connection.cursor() as cursor:
            cursor.execute(
                # OFFSET 0 keeps the planner from one walk over the whole account for each batch.
                f"""
                SELECT asked.place
                FROM unnest(%s::{self.id_type}[], %s::bytea[])
                     WITH ORDINALITY AS asked (remote_id, digest, place)
                LEFT JOIN LATERAL (
                    SELECT digest FROM {self.table}
                    WHERE account_id = %s AND remote_id = asked.remote_id AND removed_at IS NULL
                    OFFSET 0
                ) t ON TRUE
                WHERE t.digest IS DISTINCT FROM asked.digest
                ORDER BY asked.place
                """,
                [_array([record.remote_id for record in batch]), f"{{{digests}}}", account.pk],
            )
            return [batch[place - 1] for (place,) in cursor.fetchall()]

    def missing(self, account: TelnyxAccount, before: datetime, limit: int) -> list[str]:
        """Ids of stored rows, read before the pass began, that the pass did not see."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT t.remote_id FROM {self.table} t
                WHERE t.account_id = %s AND t.removed_at IS NULL AND t.read_at < %s
                  AND NOT EXISTS (SELECT FROM {self.name} s WHERE s.remote_id = t.remote_id)
                ORDER BY t.id LIMIT %s
                """,
                [account.pk, before, limit],
            )
            return [str(row[0]) for row in cursor.fetchall()]


def _array(remote_ids: Sequence[UUID | str]) -> str:
    # One text is written several times faster than an array value by value.
    return f"{{{','.join(map(str, remote_ids))}}}"


def is_gone(error: errors.TelnyxError) -> bool:
    """Whether the API itself says that it has no such thing; a proxy's 404 says nothing."""
    return isinstance(error, errors.NotFound) and bool(error.errors)


def confirm_removals(
    account: TelnyxAccount,
    sync: ResourceSync,
    client: Client,
    seen: Seen,
    started: datetime,
    origin: Origin,
) -> Iterator[int]:
    """Ask by id for what a complete sweep did not see; only a 404 removes a row.

    Yields after each API call how many rows it removed. The row's history stays.
    """
    for remote_id in seen.missing(account, started, CONFIRMED_A_SWEEP):
        asked_at = timezone.now()
        try:
            mapped = sync.map(sync.retrieve(client, remote_id))
        except errors.NotFound as error:
            if not is_gone(error):
                raise
            yield mark_removed(account, sync, remote_id, asked_at, origin)
            continue
        except BadValue:
            # It exists, and that is all that was asked.
            yield 0
            continue
        merge(sync, account, [mapped], asked_at, origin)
        yield 0


def mark_removed(
    account: TelnyxAccount, sync: ResourceSync, remote_id: str, asked_at: datetime, origin: Origin
) -> int:
    """Mark a row as gone at the API, unless a newer answer showed it; 1 where it was marked."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {sync.table} SET removed_at = %s
            WHERE account_id = %s AND remote_id = %s AND removed_at IS NULL AND read_at <= %s
            RETURNING id, {sync.subject}
            """,
            [asked_at, account.pk, remote_id, asked_at],
        )
        row = cursor.fetchone()
        if row and sync.tracked:
            values = event_of(type(sync), "%(row)s", "%(subject)s")
            cursor.execute(
                f"""
                INSERT INTO fleet_event (account_id, resource, sim_card_id, row_id, subject, at,
                                         what, old, cause, sync_run_id, operation_id, person_id)
                VALUES (%(account)s, {values}, %(at)s, 'removed', 'present', %(cause)s, %(run)s,
                        %(operation)s, %(person)s)
                """,
                origin.parameters
                | {"account": account.pk, "row": row[0], "subject": row[1], "at": asked_at},
            )
    return 1 if row else 0
