"""What a sweep saw, against what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.sync.merge import Origin, merge
from fleet.sync.resource import ResourceSync
from fleet.sync.seen import Seen
from fleet.sync.statements import event_of
from fleet.sync.values import BadValue
from telnyx_api import Client, errors

# Each costs one call; the rest waits for the next sweep.
CONFIRMED_A_SWEEP = 500


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

    A list that comes whole in one answer is itself the proof. Yields after each row how many it
    removed. The row's history stays.
    """
    if sync.comes_whole:
        for remote_id in seen.missing(started, None):
            yield mark_removed(account, sync, remote_id, started, origin)
        return
    yield from ask_again(account, sync, client, seen.missing(started, CONFIRMED_A_SWEEP), origin)


def ask_again(
    account: TelnyxAccount,
    sync: ResourceSync,
    client: Client,
    remote_ids: Iterable[str],
    origin: Origin,
) -> Iterator[int]:
    """Ask by id and store the answers; a 404 removes the row. Yields the number of rows removed."""
    for remote_id in remote_ids:
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
