"""The months of what happened: a partition each, made ahead of time, dropped when they are old."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

# The partitioned tables, and the column that says which month a row belongs to.
TABLES = {"fleet_event": "at", "fleet_dailyusage": "day"}
AHEAD = 2
LOCK_SECONDS = 5
_NAME = re.compile(r"_(\d{4})_(\d{2})$")
_made: set[tuple[str, str, date]] = set()


def month_of(day: date) -> date:
    """The first day of a month."""
    return day.replace(day=1)


def later(month: date, months: int) -> date:
    """A month so many months later, or earlier."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def make_months(now: datetime | None = None) -> None:
    """Make the partitions of this month and of the next two, where they are not there yet.

    What waits in the table's remainder for its month moves there. Cheap where nothing is to do.
    """
    first = month_of((now or timezone.now()).astimezone(UTC).date())
    database = str(connection.settings_dict["NAME"])
    for table in TABLES:
        for month in (later(first, n) for n in range(AHEAD + 1)):
            if (database, table, month) not in _made:
                make_month(table, month)
                _made.add((database, table, month))


def make_month(table: str, month: date) -> bool:
    """Make one month's partition; False where it is there already."""
    name, column, until = f"{table}_{month:%Y_%m}", TABLES[table], later(month, 1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0]:
            return False
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        # Two processes that make the same month at once do so one after the other.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
        # to_regclass would still say what this session found before the other one was done.
        cursor.execute(
            """
            SELECT 1 FROM pg_class WHERE relname = %s AND relnamespace =
                (SELECT relnamespace FROM pg_class WHERE oid = %s::regclass)
            """,
            [name, table],
        )
        if cursor.fetchone():
            return False
        cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY)")
        cursor.execute(
            f"""
            WITH moved AS (
                DELETE FROM {table}_rest WHERE {column} >= %s AND {column} < %s RETURNING *
            ) INSERT INTO {name} SELECT * FROM moved
            """,
            [_begin(month), _begin(until)],
        )
        cursor.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {name} "
            f"FOR VALUES FROM ('{_begin(month)}') TO ('{_begin(until)}')"
        )
    return True


def drop_old_months(now: datetime | None = None) -> list[str]:
    """Drop what is older than HISTORY_MONTHS; the names of what was dropped."""
    first = month_of((now or timezone.now()).astimezone(UTC).date())
    oldest = later(first, -settings.HISTORY_MONTHS)
    dropped = []
    for table, column in TABLES.items():
        for name in partitions(table):
            month = _NAME.search(name)
            if month and date(int(month[1]), int(month[2]), 1) < oldest:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
                    cursor.execute(f"DROP TABLE {name}")
                dropped.append(name)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}_rest WHERE {column} < %s", [_begin(oldest)])
    return dropped


def partitions(table: str) -> list[str]:
    """The names of a table's partitions, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = to_regclass(%s) ORDER BY c.relname
            """,
            [table],
        )
        return [str(row[0]) for row in cursor.fetchall()]


def history_begins(now: datetime | None = None) -> datetime:
    """From when on history is kept."""
    first = month_of((now or timezone.now()).astimezone(UTC).date())
    oldest = later(first, -settings.HISTORY_MONTHS)
    return datetime(oldest.year, oldest.month, 1, tzinfo=UTC)


def _begin(month: date) -> str:
    # With its zone, so that the session's own zone does not move the border of a timestamp.
    return f"{month:%Y-%m-%d} 00:00:00+00"
