"""From the API's records to rows: whatever comes, it maps or is a BadValue."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import TelnyxAccount
from fleet.models import Cause
from fleet.sync.merge import Origin, merge
from fleet.sync.registry import SYNCS
from fleet.sync.resource import Mapped
from fleet.sync.values import BadValue
from tests.fleet.records import group, sim_card

TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "\x00",
        "a\x00b",
        "\\u0000",
        "\\\\u0000\x00",
        "NaN",
        "1e999",
        "0001-01-01T00:00:00Z",
        "x" * 3000,
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
AMOUNTS = st.fixed_dictionaries({"amount": JSON, "unit": st.sampled_from(["MB", "GB", None, "x"])})


def _records(base: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Real records of which some fields hold anything, and anything at all."""
    changed = st.dictionaries(st.sampled_from(sorted(base)) | TEXTS, JSON | AMOUNTS, max_size=5)
    return st.builds(lambda changes: base | changes, changed) | JSON


def _mapped(resource: str, record: Any, details: bool) -> Mapped | None:
    try:
        return SYNCS[resource].map(record, with_details=details)
    except BadValue:
        return None


def _any_record_maps_and_merges(account: TelnyxAccount, resource: str, record: Any) -> None:
    # Only SIM cards have details.
    for details in (False, True)[: 1 + (resource == "sim_cards")]:
        mapped = _mapped(resource, record, details)
        if mapped is None:
            assert isinstance(SYNCS[resource].excerpt(record), str)
            continue
        assert b"\x00" not in mapped.raw
        orjson.loads(mapped.raw)
        # Not only the mapping: PostgreSQL must take the row too.
        now = timezone.now()
        origin = Origin(Cause.SWEEP)
        merge(SYNCS[resource], account, [mapped], now, origin, with_details=details)


UNHURRIED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.django_db
@UNHURRIED
@given(record=_records(sim_card() | {"current_device_location": {"latitude": "1"}}))
def test_any_sim_card_maps_or_is_a_bad_value(account: TelnyxAccount, record: Any) -> None:
    _any_record_maps_and_merges(account, "sim_cards", record)


@pytest.mark.django_db
@UNHURRIED
@given(record=_records(group()))
def test_any_group_maps_or_is_a_bad_value(account: TelnyxAccount, record: Any) -> None:
    _any_record_maps_and_merges(account, "groups", record)


@pytest.mark.parametrize("record", [None, [], "text", 5, {}, {"id": None}, {"id": "5"}])
def test_without_an_id_there_is_no_row(record: Any) -> None:
    with pytest.raises(BadValue):
        SYNCS["sim_cards"].map(record)


def test_a_record_that_is_no_json_is_a_bad_value() -> None:
    for value in (2**70, {1: 2}, object(), "\ud800"):
        with pytest.raises(BadValue, match="no JSON"):
            SYNCS["sim_cards"].map(sim_card(novelty=value))


def test_what_is_unknown_stays_in_raw() -> None:
    record = sim_card(status={"value": "quarantined", "reason": "why"}, radio={"generation": "5G"})
    mapped = SYNCS["sim_cards"].map(record)
    raw = orjson.loads(mapped.raw)
    assert raw["radio"] == {"generation": "5G"}
    assert raw["status"] == {"value": "quarantined", "reason": "why"}
    assert {"quarantined", "why"} <= {v for v in mapped.values if isinstance(v, str)}


def test_a_status_may_come_as_a_bare_text() -> None:
    assert "enabled" in SYNCS["sim_cards"].map(sim_card() | {"status": "enabled"}).values


def test_a_backslash_before_u0000_is_no_nul() -> None:
    mapped = SYNCS["sim_cards"].map(sim_card(note="\\u0000", other="a\x00b"))
    raw = orjson.loads(mapped.raw)
    assert (raw["note"], raw["other"]) == ("\\u0000", "ab")


def test_codes_are_never_kept_wherever_they_stand() -> None:
    codes = {"pin1": "1234", "puk1": "87654321"}
    record = sim_card(
        pin_puk_codes=codes,
        nested={"pin_puk_codes": codes, "list": [{"pin_puk_codes": codes}]},
    )
    for details in (False, True):
        mapped = SYNCS["sim_cards"].map(record, with_details=details)
        assert b"1234" not in mapped.raw
        assert b"87654321" not in mapped.raw
    assert record["pin_puk_codes"] == codes, "the record itself is left alone"
    for broken in (record | {"created_at": "never"}, [record], {"data": record}):
        assert "87654321" not in SYNCS["sim_cards"].excerpt(broken)


def test_an_excerpt_is_short_whatever_it_is_of() -> None:
    assert len(SYNCS["sim_cards"].excerpt({"a": "x" * 10_000})) == 2_000
    assert "no JSON" in SYNCS["sim_cards"].excerpt({"a": object()})


@given(st.randoms(use_true_random=False))
def test_the_order_of_tags_and_keys_is_no_change(shuffler: random.Random) -> None:
    record = sim_card(tags=["a", "b", "c", "d"], authorized_imeis=["1", "2", "3"])
    items = list(record.items())
    shuffler.shuffle(items)
    shuffled = dict(items)
    for name in ("tags", "authorized_imeis"):
        shuffled[name] = shuffler.sample(record[name], len(record[name]))
    sync = SYNCS["sim_cards"]
    first, second = (sync.map_digested(sync.digest(r)) for r in (record, shuffled))
    assert (first.digest, first.raw, first.values) == (second.digest, second.raw, second.values)


def test_another_tag_is_a_change() -> None:
    record = sim_card()
    first = SYNCS["sim_cards"].digest(record)
    assert first.digest != SYNCS["sim_cards"].digest(record | {"tags": ["site:A"]}).digest


def test_list_and_detail_of_a_sim_card_are_stored_as_one() -> None:
    record = sim_card()
    detail = record | {
        "current_imei": "356789012345678",
        "current_mcc": "262",
        "current_mnc": "01",
        "ipv4": "100.64.0.1",
        "ipv6": None,
        "live_data_session": "connected",
        "current_device_location": {"latitude": "52.5", "longitude": "13.4"},
        "sim_card_group": group(),
        "pin_puk_codes": None,
    }
    mapped = SYNCS["sim_cards"].map(detail, with_details=True)
    assert mapped.raw == SYNCS["sim_cards"].map(record).raw
    assert SYNCS["sim_cards"].digest(detail).digest == SYNCS["sim_cards"].digest(record).digest
    assert {"356789012345678", "262", "connected"} <= {str(value) for value in mapped.values}
