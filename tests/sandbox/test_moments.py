"""Times that clients write."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import moments
from sandbox.clock import iso
from sandbox.problems import Problem

ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(timezones=ZONES)
DIGITS = st.text("0123456789", min_size=2, max_size=2)


@given(TIMES)
def test_every_time_is_read(moment: datetime) -> None:
    read = moments.seconds(moment.isoformat())
    exact = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    assert read == min(max(exact, moments.FIRST), moments.LAST)
    # And can be written, to be compared with what is stored.
    assert len(iso(read)) == 24


@given(TIMES, TIMES)
def test_written_times_are_in_order(one: datetime, other: datetime) -> None:
    first, second = (iso(moments.seconds(moment.isoformat())) for moment in (one, other))
    if moments.seconds(one.isoformat()) < moments.seconds(other.isoformat()) - 0.001:
        assert first < second


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01", "2026-03-01T00:00:00.000Z"),
        ("2026-03-01T05:06", "2026-03-01T05:06:00.000Z"),
        ("2026-03-01 05:06:07", "2026-03-01T05:06:07.000Z"),
        ("2026-03-01t05:06:07.1239z", "2026-03-01T05:06:07.124Z"),
        ("2026-03-01T05:06:07.123456789+0100", "2026-03-01T04:06:07.123Z"),
        ("2026-03-01T01:00:00-23:59", "2026-03-02T00:59:00.000Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
        ("0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59.000Z"),
    ],
)
def test_forms(text: str, expected: str) -> None:
    assert moments.filtered("filter[x]", text) == expected


@given(st.text() | st.builds("2026-{}-{}T{}:{}:{}+{}:{}".format, *[DIGITS] * 7))
def test_anything_else_is_a_problem(text: str) -> None:
    with suppress(Problem):
        moments.filtered("filter[x]", text)
    with suppress(Problem):
        moments.field(text, "/x")


@pytest.mark.parametrize("text", ["", "now", "2026", "2026-02-30", "٢٠٢٦-01-01", "20260101", "1e3"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(Problem) as caught:
        moments.filtered("filter[x]", text)
    assert caught.value.status == 422
    assert caught.value.error["source"] == {"parameter": "filter[x]"}
    with pytest.raises(Problem):
        moments.field(text, "/x")
