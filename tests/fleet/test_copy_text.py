"""What is written for COPY is what PostgreSQL reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fleet.sync.copy_text import line, writers

# PostgreSQL has no NUL, and UTF-8 no surrogates.
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"))
KATHMANDU = timezone(timedelta(hours=5, minutes=45))
ODD = st.text("\\\t\n\r\"'{},.Nn \x01\x0b\x7f\u2028é🙂")
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), TEXTS, ODD),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(TEXTS, inner)),
    max_leaves=5,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.one_of(TEXTS, ODD),
    "text[]": st.lists(st.one_of(TEXTS, ODD, st.just("NULL"))),
    "boolean": st.booleans(),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False, places=6),
    "timestamptz": st.datetimes(
        datetime(1900, 1, 1),  # noqa: DTZ001
        datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, KATHMANDU]),
    ),
    "uuid": st.uuids(),
    "bytea": st.binary(),
    "jsonb": JSON,
}
KINDS = list(VALUES)
ROWS = st.lists(st.tuples(*(st.one_of(st.none(), VALUES[kind]) for kind in KINDS)), max_size=4)
WORST = ("\\N", ["\\N", "", '"', "NULL", "a\\"], None, Decimal("0E-6"), None, None, b"\\", "\\.")


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ROWS)
@example([WORST, ("\\.", [], *[None] * 6)])
@pytest.mark.django_db
def test_rows_come_back_as_they_were(rows: list[tuple[Any, ...]]) -> None:
    how = writers(KINDS)
    place = KINDS.index("jsonb")
    lines = []
    for row in rows:
        written = list(row)
        if written[place] is not None:
            written[place] = orjson.dumps(written[place]).decode()
        lines.append(line(written, how) + "\n")
    columns = ", ".join(f"c{n} {kind}" for n, kind in enumerate(KINDS))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE copied (n serial, {columns})")
        names = ", ".join(f"c{n}" for n in range(len(KINDS)))
        with cursor.copy(f"COPY copied ({names}) FROM STDIN") as copy:
            copy.write("".join(lines))
        json = f"c{place}"
        cursor.execute(f"SELECT {names.replace(json, f'{json}::text')} FROM copied ORDER BY n")
        found = cursor.fetchall()
        cursor.execute("DROP TABLE copied")
    read = []
    for row in found:
        values = [bytes(value) if isinstance(value, memoryview) else value for value in row]
        if values[place] is not None:
            values[place] = orjson.loads(values[place])
        read.append(tuple(values))
    assert read == rows
