"""Whatever the headers say is read, or ignored; nothing breaks on it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telnyx_api import rate_limit_headers

NOON = "Sat, 21 Nov 2026 12:00:00 GMT"
NOON_EPOCH = 1795262400


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "3"}, 3),
        ({"RETRY-AFTER": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan", "x-ratelimit-reset": "2"}, 2),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "Sat, 21 Nov 2026 12:00:07 GMT", "Date": NOON}, 7),
        ({"Retry-After": "Sat, 21 Nov 2026 11:00:00 GMT", "Date": NOON}, 0),
        ({"X-RateLimit-Reset": "5"}, 5),
        ({"x-ratelimit-reset": str(NOON_EPOCH + 9), "date": NOON}, 9),
        ({"x-ratelimit-reset": str(1000 * (NOON_EPOCH + 9)), "date": NOON}, 9),
        ({"x-ratelimit-reset": str(NOON_EPOCH - 9), "date": NOON}, 0),
    ],
)
def test_seconds_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert rate_limit_headers.seconds_to_wait(headers) == seconds


@pytest.mark.parametrize(
    ("limit", "reset", "rate"),
    [("5", "1", 5), ("5", "0.4", 5), ("5", "30", None), ("5", None, None), ("0", "1", None)],
)
def test_a_limit_is_a_rate_only_in_a_window_of_a_second(
    limit: str, reset: str | None, rate: float | None
) -> None:
    headers = {"x-ratelimit-limit": limit} | ({"x-ratelimit-reset": reset} if reset else {})
    assert rate_limit_headers.stated_rate(headers) == rate


@given(
    name=st.sampled_from(["Retry-After", "x-ratelimit-reset", "x-ratelimit-limit", "Date"]),
    text=st.text()
    | st.integers().map(str)
    | st.floats().map(str)
    | st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT")),
)
def test_nothing_breaks_it(name: str, text: str) -> None:
    headers = {"Retry-After": NOON, name: text}
    seconds = rate_limit_headers.seconds_to_wait(headers)
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))
    rate = rate_limit_headers.stated_rate(headers)
    assert rate is None or rate > 0
    rate_limit_headers.nothing_remains(headers)
