"""What a sweep saw, against what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.sync.connection import is_answer
from fleet.sync.merge import Origin, merge
from fleet.sync.resource import ResourceSync
from fleet.sync.runs import note_error
from fleet.sync.seen import Seen
from fleet.sync.statements import event_of
from fleet.sync.values import BadValue
from telnyx_api import Client, errors

# Of these one is enough to know that the others would fail, too.
CONCERNS_ALL = (
    *(errors.AuthenticationRefused, errors.ConnectionNotMade, errors.DeadlinePassed),
    *(errors.RateLimited, errors.RateLimitTimeout),
)
# So many others, with no answer between them, and the rest is left to the next sweep.
FAILURES_IN_A_ROW = 10


def is_gone(error: errors.TelnyxError) -> bool:
    """Whether the API itself says that it has no such thing; a proxy's 404 says nothing."""
    return isinstance(error, errors.NotFound) and bool(error.errors)


def remove_unseen(
    account: TelnyxAccount, sync: ResourceSync, seen: Seen, started: datetime, origin: Origin
) -> Iterator[int]:
    """Remove what a list that comes whole in one answer no longer has: it is itself the proof.

    Yields after each row how many it removed. The row's history stays.
    """
    for remote_id in seen.missing(started, None):
        yield mark_removed(account, sync, remote_id, started, origin)


def ask_again(
    account: TelnyxAccount,
    sync: ResourceSync,
    client: Client,
    remote_ids: Iterable[str],
    origin: Origin,
) -> Iterator[int]:
    """Ask by id for what a sweep did not see and store the answers; only a 404 removes a row.

    Yields after each row how many it removed. The row's history stays.
    """
    in_a_row = 0
    for remote_id in remote_ids:
        asked_at, problem = timezone.now(), ""
        try:
            mapped = sync.map(sync.retrieve(client, remote_id))
        except errors.TelnyxError as error:
            if is_gone(error):
                in_a_row = 0
                yield mark_removed(account, sync, remote_id, asked_at, origin)
                continue
            if isinstance(error, CONCERNS_ALL):
                raise
            # One that always fails, such as a SIM card moved to another account, must not hold up
            # the others.
            in_a_row = 0 if is_answer(error) else in_a_row + 1
            problem = str(error)
        except BadValue as error:
            # It exists, and that is all that was asked.
            in_a_row, problem = 0, str(error)
        else:
            in_a_row = 0
            merge(sync, account, [mapped], asked_at, origin)
        if problem and origin.run:
            note_error(origin.run, f"Asked whether it is still there: {problem}", remote_id)
        yield 0
        if in_a_row == FAILURES_IN_A_ROW:
            return


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
