"""Single values of the API's records."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from fleet.sync.values import (
    BadValue,
    identifier,
    megabytes,
    moment,
    money,
    nested,
    objects,
    state,
    text,
    texts,
    truth,
    whole,
)

ID = "0f0e5b53-5b0c-4f0e-9d2f-3c1f9a6f0001"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("abc", "abc"),
        (None, ""),
        ("", ""),
        (5, "5"),
        (True, "True"),
        ("a\x00b\x00", "ab"),
        ({"a": 1}, "{'a': 1}"),
        ("é" * 600, "é" * 600),
    ],
)
def test_text(value: Any, stored: str) -> None:
    assert text({"f": value}, "f") == stored
    assert text({}, "f") == ""


@pytest.mark.parametrize("value", ["é" * 1001, "x" * 2001, "\ud800"])
def test_text_that_an_index_cannot_hold(value: str) -> None:
    with pytest.raises(BadValue, match=r"^f is ") as caught:
        text({"f": value}, "f")
    assert len(str(caught.value)) < 200


def test_text_without_an_index_has_any_length() -> None:
    assert len(text({"f": "x" * 9000}, "f", longest=None)) == 9000


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (None, None),
        ([], []),
        (["b", "a", "b", None, 7], ["7", "a", "b"]),
        (["a\x00"], ["a"]),
    ],
)
def test_texts(value: Any, stored: list[str] | None) -> None:
    assert texts({"f": value}, "f") == stored


@pytest.mark.parametrize("value", ["a,b", {"a": 1}, 5, ["x" * 2001]])
def test_bad_texts(value: Any) -> None:
    with pytest.raises(BadValue, match=r"^f is "):
        texts({"f": value}, "f")


def test_identifier() -> None:
    assert identifier({"f": ID}, "f") == UUID(ID)
    assert identifier({"f": None}, "f") is identifier({"f": ""}, "f") is identifier({}, "f") is None


@pytest.mark.parametrize("value", ["123", 5, [], {}, "x" * 36, True])
def test_bad_identifier(value: Any) -> None:
    with pytest.raises(BadValue, match="not a UUID"):
        identifier({"f": value}, "f")


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("2026-05-04T12:00:00.123Z", datetime(2026, 5, 4, 12, microsecond=123_000, tzinfo=UTC)),
        ("2026-05-04T12:00:00Z", datetime(2026, 5, 4, 12, tzinfo=UTC)),
        ("2026-05-04T14:00:00+02:00", datetime(2026, 5, 4, 12, tzinfo=UTC)),
        ("2026-05-04T12:00:00", datetime(2026, 5, 4, 12, tzinfo=UTC)),
        ("2026-05-04 12:00:00.123456+00:00", datetime(2026, 5, 4, 12, 0, 0, 123_456, UTC)),
        ("2026-05-04", datetime(2026, 5, 4, tzinfo=UTC)),
        (None, None),
        ("", None),
        # "Never", as some languages write it: no reader of ours could show it in its time zone.
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+05:30", None),
        ("9999-12-31T23:59:59-12:00", None),
    ],
)
def test_moment(value: str | None, stored: datetime | None) -> None:
    assert moment({"f": value}, "f") == stored


@pytest.mark.parametrize("value", ["yesterday", 1_777_777_777, [], {}, "2026-13-01T00:00:00Z"])
def test_bad_moment(value: Any) -> None:
    with pytest.raises(BadValue, match="not a time"):
        moment({"f": value}, "f")


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ({"amount": "2048.0", "unit": "MB"}, "2048"),
        ({"amount": "2.5", "unit": "GB"}, "2560"),
        ({"amount": "1", "unit": "TB"}, "1048576"),
        ({"amount": "512", "unit": "KB"}, "0.5"),
        ({"amount": 1048576, "unit": "b"}, "1"),
        ({"amount": "0.0000005", "unit": "MB"}, "0"),
        ({"amount": "7"}, "7"),
        ({"amount": 1.25, "unit": None}, "1.25"),
        ({"amount": "-3", "unit": "MB"}, "-3"),
        ({"amount": "99999999999999", "unit": "MB"}, "99999999999999"),
    ],
)
def test_megabytes(value: dict[str, Any], stored: str) -> None:
    assert megabytes({"f": value}, "f") == Decimal(stored)


@pytest.mark.parametrize("value", [None, {}, {"amount": None}, {"amount": "", "unit": "MB"}])
def test_no_megabytes(value: Any) -> None:
    assert megabytes({"f": value}, "f") is None


@pytest.mark.parametrize(
    "value",
    [
        "12 MB",
        5,
        [],
        {"amount": "many", "unit": "MB"},
        {"amount": "NaN", "unit": "MB"},
        {"amount": "sNaN", "unit": "MB"},
        {"amount": "Infinity", "unit": "MB"},
        {"amount": "1", "unit": "floppies"},
        {"amount": "1", "unit": {"a": 1}},
        {"amount": {"a": 1}, "unit": "MB"},
        {"amount": True, "unit": "MB"},
        # What the column, the precision and the exponent cannot hold.
        {"amount": "100000000000000", "unit": "MB"},
        {"amount": "99999999999999.9999999", "unit": "MB"},
        {"amount": "1e30", "unit": "MB"},
        {"amount": "1E+999999", "unit": "GB"},
    ],
)
def test_bad_megabytes(value: Any) -> None:
    with pytest.raises(BadValue, match=r"^f "):
        megabytes({"f": value}, "f")


def test_whole() -> None:
    assert whole({"f": 5}, "f") == 5
    assert whole({"f": None}, "f") is whole({}, "f") is None


@pytest.mark.parametrize("value", [True, 1.5, "5", 2**31, -(2**31), []])
def test_bad_whole(value: Any) -> None:
    with pytest.raises(BadValue, match="not a whole number"):
        whole({"f": value}, "f")


@pytest.mark.parametrize(
    ("value", "stored"),
    [(True, True), ("true", True), (False, False), (None, False), ("no", False), (1, False)],
)
def test_truth(value: Any, stored: bool) -> None:
    assert truth({"f": value}, "f") is stored


def test_nested() -> None:
    assert nested({"f": {"a": 1}}, "f") == {"a": 1}
    assert nested({"f": None}, "f") == nested({}, "f") == {}
    for broken in ("text", 5, [{}], False):
        with pytest.raises(BadValue, match=r"^f is .*not an object"):
            nested({"f": broken}, "f")


def test_objects() -> None:
    assert objects({"f": [{"a": 1}]}, "f") == [{"a": 1}]
    assert objects({"f": None}, "f") == objects({}, "f") == objects({"f": []}, "f") == []
    for broken in ("text", {}, [{}, 5], False):
        with pytest.raises(BadValue, match=r"^f is .*not a list of objects"):
            objects({"f": broken}, "f")


def test_state() -> None:
    assert state({"status": {"value": "on", "reason": "x"}}) == {"value": "on", "reason": "x"}
    assert state({"status": "on"}) == {"value": "on"}
    assert state({}) == {"value": None}


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ({"amount": "33.00", "currency": "USD"}, (Decimal(33), "USD")),
        ({"amount": 0.1, "currency": None}, (Decimal("0.1"), "")),
        ({"amount": "-2", "currency": "EUR"}, (Decimal(-2), "EUR")),
        ({"amount": None, "currency": "USD"}, (None, "USD")),
        ({}, (None, "")),
        (None, (None, "")),
    ],
)
def test_money(value: Any, stored: Any) -> None:
    assert money({"f": value}, "f") == stored


@pytest.mark.parametrize("value", ["5 USD", 5, {"amount": "much"}, {"amount": "1e20"}])
def test_money_that_cannot_be_stored(value: Any) -> None:
    with pytest.raises(BadValue, match=r"^f "):
        money({"f": value}, "f")
