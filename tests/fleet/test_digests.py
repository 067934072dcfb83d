"""What a sweep takes for unchanged without decoding it, and what it writes where it may be so."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import TelnyxAccount
from fleet.models import DailyUsage, Event, SimCard, SyncRun, SyncState
from fleet.sync.digests import digest_of_bytes
from fleet.sync.registry import SYNCS
from fleet.sync.resource import Digested
from fleet.sync.values import BadValue
from telnyx_api import Page
from tests.fleet.api import run_sweep
from tests.fleet.records import iso, row, sim_card, store

SYNC = SYNCS["sim_cards"]
KIND = type(SYNC)

# Texts that look like the JSON around them.
TEXTS = st.text(st.sampled_from('a1[]{},:"\\ é'), max_size=4) | st.sampled_from(
    [",", "[", "]", ":[", 'a":[', "x[", "", "site:1"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | TEXTS,
    lambda inner: (
        st.lists(TEXTS, max_size=4)
        | st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=12,
)
RECORDS = st.dictionaries(TEXTS, VALUES, max_size=5)


def _in_order(value: Any, key: str = "") -> Any:
    """A value with the arrays in order that are known by their bytes alone."""
    if isinstance(value, dict):
        return {name: _in_order(item, name) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    plain = all(isinstance(item, str) and not set(item) & {'"', "\\"} for item in value)
    word = key[-1:].isascii() and key[-1:].isalnum()
    return sorted(value) if plain and word else [_in_order(item) for item in value]


def _shuffled(value: Any, shuffler: random.Random) -> Any:
    if isinstance(value, dict):
        return {name: _shuffled(item, shuffler) for name, item in value.items()}
    if isinstance(value, list):
        return shuffler.sample([_shuffled(item, shuffler) for item in value], len(value))
    return value


@settings(max_examples=400)
@given(RECORDS, RECORDS, st.randoms(use_true_random=False))
@example({"k": ["x[", ",", 1, ",", 2, "]"]}, {"k": ["x[", ",", 2, ",", 1, "]"]}, random.Random(1))
@example({"a": ":[", ",": 1, "]": 2}, {"a": ":[", ",": 2, "]": 1}, random.Random(1))
def test_bytes_have_one_digest_if_only_texts_in_arrays_are_in_another_order(
    record: dict[str, Any], other: dict[str, Any], shuffler: random.Random
) -> None:
    mine = orjson.dumps(record)
    for another in (other, _shuffled(record, shuffler), _in_order(record)):
        same = orjson.dumps(_in_order(record)) == orjson.dumps(_in_order(another))
        assert (digest_of_bytes(mine) == digest_of_bytes(orjson.dumps(another))) == same


def _digested(record: Any) -> Digested | None:
    try:
        return SYNC.digest(record)
    except BadValue:
        return None


IDS = st.sampled_from(
    [
        "9a3c4d8e-0d8f-4b06-9a57-0a6c2ad3c0a1",
        "9A3C4D8E-0D8F-4B06-9A57-0A6C2AD3C0A1",
        "9a3c4d8e0d8f4b069a570a6c2ad3c0a1",
        "not one",
        "",
        None,
        5,
        ["9a3c4d8e-0d8f-4b06-9a57-0a6c2ad3c0a1"],
    ]
)


@given(IDS, RECORDS, st.booleans())
def test_an_undecoded_record_has_the_id_of_the_decoded_one(
    id: Any, others: dict[str, Any], first: bool
) -> None:
    inner = {"inner": {"id": "00000000-0000-4000-8000-000000000000"}}
    record = {"id": id, **inner, **others} if first else {**inner, **others, "id": id}
    undecoded, decoded = _digested(orjson.dumps(record)), _digested(record)
    assert (undecoded and undecoded.remote_id) == (decoded and decoded.remote_id)
    assert SYNC.id_of(orjson.dumps(record)) == SYNC.id_of(record)


def test_of_two_ids_in_one_record_the_last_counts() -> None:
    one, two = sim_card()["id"], sim_card()["id"]
    found = SYNC.digest(f'{{"id":"{one}","id":"{two}"}}'.encode())
    assert found.remote_id == SYNC.map_digested(found).remote_id == two


@pytest.mark.parametrize("record", [b"[]", b"null", b'"text"', b"5", b"{}", b'{"id":"\xff"}', b"{"])
def test_bytes_without_an_id_are_a_bad_value(record: bytes) -> None:
    with pytest.raises(BadValue):
        SYNC.digest(record)
    assert SYNC.id_of(record) is None


class Listed:
    """The API's list of SIM cards in memory, written as `write` does."""

    def __init__(self, cards: list[dict[str, Any]]) -> None:
        self.cards = cards
        self.write: Callable[[dict[str, Any]], bytes] = orjson.dumps

    def page(self, sync: Any, client: Any, number: int) -> Page[Any]:
        """Three a page."""
        data = [self.write(card) for card in self.cards[3 * number - 3 : 3 * number]]
        pages = max(1, -(-len(self.cards) // 3))
        return Page(data, number, 3, pages, len(self.cards), timezone.now())


@pytest.fixture
def api(live: TelnyxAccount, monkeypatch: pytest.MonkeyPatch) -> Listed:
    """A list of seven, which was swept once."""
    listed = Listed([sim_card(tags=["a", "b", "c"]) for _ in range(7)])
    monkeypatch.setattr(KIND, "page", lambda *given: listed.page(*given))
    assert run_sweep(live).new == 7
    return listed


def _versions() -> dict[int, str]:
    """The version of each row, which no write leaves as it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text || ctid::text FROM fleet_simcard")
        return dict(cursor.fetchall())


def _sweep(account: TelnyxAccount, changed: int = 0) -> SyncRun:
    run = run_sweep(account)
    assert (run.state, run.error_count) == (SyncState.COMPLETE, 0)
    assert (run.new, run.changed, run.removed) == (0, changed, 0)
    return run


def test_an_api_that_shuffles_texts_causes_no_writes(api: Listed, live: TelnyxAccount) -> None:
    before = _versions()
    shuffler = random.Random(4)
    api.write = lambda card: orjson.dumps(_shuffled(card, shuffler))
    for _ in range(3):
        _sweep(live)
    assert _versions() == before


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(shuffler=st.randoms(use_true_random=False), spaced=st.booleans(), escaped=st.booleans())
@pytest.mark.django_db(transaction=True)
def test_however_the_same_is_written_only_the_digest_is(
    api: Listed, live: TelnyxAccount, shuffler: random.Random, spaced: bool, escaped: bool
) -> None:
    keys = list(api.cards[0])
    shuffler.shuffle(keys)
    separators = (", ", " : ") if spaced else (",", ":")

    def write(card: dict[str, Any]) -> bytes:
        text = json.dumps({key: card[key] for key in keys}, separators=separators)
        return (text.replace('"a"', '"\\u0061"') if escaped else text).encode()

    fields = [field.attname for field in SimCard._meta.concrete_fields if field.name != "digest"]
    before = list(SimCard.objects.order_by("pk").values(*fields))
    events, usage = Event.objects.count(), DailyUsage.objects.count()
    api.write = write
    assert orjson.loads(write(api.cards[0])) == api.cards[0]
    _sweep(live)
    assert list(SimCard.objects.order_by("pk").values(*fields)) == before
    assert (Event.objects.count(), DailyUsage.objects.count()) == (events, usage)
    versions = _versions()
    _sweep(live)
    assert _versions() == versions, "what was seen once is known"


def test_after_an_upgrade_the_digests_alone_are_written(api: Listed, live: TelnyxAccount) -> None:
    SimCard.objects.update(digest=b"0123456789abcdef")
    read_at = set(SimCard.objects.values_list("pk", "read_at"))
    _sweep(live)
    assert set(SimCard.objects.values_list("pk", "read_at")) == read_at
    assert not SimCard.objects.filter(digest=b"0123456789abcdef").exists()
    assert not Event.objects.exists()


def test_a_read_of_details_costs_the_sweep_after_it_nothing(
    api: Listed, live: TelnyxAccount
) -> None:
    digest = row(api.cards[0]).digest
    store(live, api.cards[0] | {"ipv4": "10.0.0.1"}, read_at=timezone.now(), details=True)
    assert row(api.cards[0]).digest == digest
    before = _versions()
    _sweep(live)
    assert _versions() == before


def test_a_change_that_details_brought_is_known_after_one_sweep(
    api: Listed, live: TelnyxAccount
) -> None:
    api.cards[0] |= {"tags": ["new"], "updated_at": iso(timezone.now())}
    store(live, api.cards[0] | {"ipv4": "10.0.0.1"}, read_at=timezone.now(), details=True)
    events = Event.objects.count()
    others = set(_versions().items())
    _sweep(live)
    # The digest of one, and of no other.
    assert len(set(_versions().items()) - others) == 1
    before = _versions()
    _sweep(live)
    assert _versions() == before
    assert Event.objects.count() == events
    # What the list says then is compared as ever.
    api.cards[0] |= {"tags": ["newer"]}
    _sweep(live, changed=1)
    assert row(api.cards[0]).tags == ["newer"]


def test_an_older_page_leaves_no_digest_behind(api: Listed, live: TelnyxAccount) -> None:
    """Else the row would stay as it is when the page turns out to be right."""
    old = dict(api.cards[0])
    api.cards[0] |= {"tags": ["new"], "updated_at": iso(timezone.now())}
    _sweep(live, changed=1)
    api.cards[0], new = old, api.cards[0]
    for _ in range(2):
        _sweep(live)
        assert row(old).tags == ["new"]
    api.cards[0] = old | {"updated_at": iso(timezone.now())}
    _sweep(live, changed=1)
    assert row(new).tags == ["a", "b", "c"]


def test_a_record_that_cannot_be_decoded_is_kept_and_the_rest_goes_on(
    api: Listed, live: TelnyxAccount
) -> None:
    broken, changed = api.cards[1], api.cards[2]
    changed |= {"tags": ["changed"]}

    def write(card: dict[str, Any]) -> bytes:
        raw = orjson.dumps(card | {"pin_puk_codes": {"puk1": "87654321"}})
        return (
            raw.replace(b"site:", b"\xff").replace(b'["a"', b'["\xff"') if card is broken else raw
        )

    api.write = write
    for changes in (1, 0):
        run = run_sweep(live)
        assert (run.state, run.seen, run.changed) == (SyncState.COMPLETE, 7, changes)
        assert (run.error_count, run.removed) == (1, 0)
        (error,) = run.errors
        assert "UTF-8" in error["reason"]
        assert broken["id"] in error["raw"]
        assert "87654321" not in error["raw"]
    assert row(changed).tags == ["changed"]


@pytest.mark.parametrize("where", [slice(0, 7), slice(1, 2), slice(0, 1)])
def test_fields_that_are_not_stored_are_no_change(
    api: Listed, live: TelnyxAccount, where: slice
) -> None:
    """Whether all records of a page have them or some."""
    turn = 0

    def write(card: dict[str, Any]) -> bytes:
        hidden = {"live_data_session": str(turn), "pin_puk_codes": {"pin1": str(turn)}}
        return orjson.dumps(card | hidden if card in api.cards[where] else card)

    api.write = write
    _sweep(live)
    before = _versions()
    for turn in (1, 2):  # noqa: B007
        _sweep(live)
    assert _versions() == before
    assert not SimCard.objects.filter(raw__has_key="pin_puk_codes").exists()
