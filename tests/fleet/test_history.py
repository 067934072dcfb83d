"""Months of events, consumption by day, and SIM cards as they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import TelnyxAccount
from fleet.history import partitions
from fleet.history.as_it_was import FIELDS, as_it_was, daily_usage
from fleet.history.partitions import drop_old_months, history_begins, make_month, make_months
from fleet.models import Cause, DailyUsage, Event, SimCard
from fleet.sync.merge import Origin, insert
from fleet.sync.reconcile import mark_removed
from fleet.sync.registry import SYNCS
from tests.fleet.records import row, sim_card, store

SYNC = SYNCS["sim_cards"]
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
# Of this month at least, so that the history that is kept has it.
START = datetime.now(UTC).replace(day=1, hour=12, minute=0, second=0, microsecond=0)
SILENT = Origin(Cause.SWEEP, silent_additions=True)
# Years that no other test makes partitions for.
FAR = date(2041, 11, 1)


@pytest.fixture
def far_months(db: None) -> Iterator[None]:
    """Partitions of the years from 2040 on go with the test."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    yield
    with connection.cursor() as cursor:
        for table in partitions.TABLES:
            for name in _months(table):
                cursor.execute(f"DROP TABLE {name}")
    for made in [made for made in partitions._made if made[2].year >= 2040]:
        partitions._made.discard(made)


def _months(table: str) -> list[str]:
    return [name for name in partitions.partitions(table) if name >= f"{table}_2040"][:-1]


def _event(account: TelnyxAccount, at: datetime) -> Event:
    return Event.objects.create(account=account, at=at, what="status", cause=Cause.SWEEP)


def _where(event: Event) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass FROM fleet_event WHERE id = %s", [event.pk])
        return str(cursor.fetchone()[0])


def test_months_are_made_once_and_over_the_turn_of_the_year(
    account: TelnyxAccount, far_months: None
) -> None:
    now = datetime(2041, 11, 30, 23, 59, 59, tzinfo=UTC)
    for _ in range(2):
        make_months(now)
    for table in partitions.TABLES:
        assert _months(table) == [f"{table}_{month}" for month in ("2041_11", "2041_12", "2042_01")]
    assert not make_month("fleet_event", FAR)


def test_rows_wait_for_their_month_and_move_into_it(
    account: TelnyxAccount, far_months: None
) -> None:
    last = _event(account, datetime(2041, 11, 30, 23, 59, 59, 999_000, tzinfo=UTC))
    next_one = _event(account, datetime(2041, 12, 1, tzinfo=UTC))
    store(account, card := sim_card())
    for day in (date(2041, 11, 30), date(2041, 12, 1)):
        DailyUsage.objects.create(account=account, sim_card=row(card), day=day, used_mb=1)
    assert _where(last) == _where(next_one) == "fleet_event_rest"
    with connection.cursor() as cursor:
        # The session's own zone does not move the border.
        cursor.execute("SET LOCAL TIME ZONE 'Pacific/Auckland'")
        make_month("fleet_event", FAR)
        make_month("fleet_dailyusage", FAR)
        cursor.execute("SELECT day FROM fleet_dailyusage_2041_11")
        assert cursor.fetchall() == [(date(2041, 11, 30),)]
    assert (_where(last), _where(next_one)) == ("fleet_event_2041_11", "fleet_event_rest")
    later = _event(account, last.at)
    assert _where(later) == "fleet_event_2041_11"
    assert Event.objects.filter(at__year__gte=2041).count() == 3


def test_old_months_are_dropped_and_no_others(
    account: TelnyxAccount, far_months: None, settings: Any
) -> None:
    settings.HISTORY_MONTHS = 2
    for number in range(5):
        make_month("fleet_event", partitions.later(FAR, number))
    now = datetime(2042, 3, 31, 23, 59, 59, tzinfo=UTC)
    begins = history_begins(now)
    assert begins == datetime(2042, 1, 1, tzinfo=UTC)
    kept = _event(account, begins)
    gone = _event(account, begins - SECOND)
    waiting = _event(account, datetime(2040, 5, 5, tzinfo=UTC))
    dropped = [name for name in drop_old_months(now) if "_204" in name]
    assert dropped == ["fleet_event_2041_11", "fleet_event_2041_12"]
    assert _months("fleet_event") == [f"fleet_event_2042_0{n}" for n in (1, 2, 3)]
    left = set(Event.objects.values_list("pk", flat=True))
    assert (kept.pk in left, gone.pk in left, waiting.pk in left) == (True, False, False)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_month(far_months: None) -> None:
    start = Barrier(2)
    made: list[bool] = []

    def make() -> None:
        start.wait()
        try:
            made.append(make_month("fleet_event", FAR))
        finally:
            connection.close()

    threads = [Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, True]


def _consumed(
    account: TelnyxAccount, card: dict[str, Any], mb: str, at: datetime, **how: Any
) -> None:
    card["current_billing_period_consumed_data"] = {"amount": mb, "unit": "MB"}
    store(account, card, read_at=at, **how)


def _usage(card: dict[str, Any]) -> list[float]:
    rows = DailyUsage.objects.filter(sim_card=row(card)).order_by("day")
    return [float(used) for used in rows.values_list("used_mb", flat=True)]


def test_growth_of_a_day_adds_up(account: TelnyxAccount) -> None:
    card = sim_card()
    _consumed(account, card, "10", START, origin=SILENT)
    assert _usage(card) == [], "what it had before the first sweep is of no known day"
    _consumed(account, card, "12.5", START + SECOND)
    # Read again by a write-through, and by a sweep of the same.
    for number in (2, 3):
        _consumed(account, card, "15", START + number * SECOND, details=number == 2)
    assert _usage(card) == [5]
    _consumed(account, card, "16", START + DAY)
    assert _usage(card) == [5, 1]
    first = START.date()
    assert daily_usage(row(card), first, first + 2 * DAY) == {
        first: Decimal(5),
        first + DAY: Decimal(1),
        first + 2 * DAY: Decimal(0),
    }


def test_the_last_second_of_a_day_belongs_to_it(account: TelnyxAccount) -> None:
    card = sim_card()
    _consumed(account, card, "10", START, origin=SILENT)
    midnight = START.replace(hour=0) + DAY
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Pacific/Auckland'")
    _consumed(account, card, "11", midnight - timedelta(milliseconds=1))
    _consumed(account, card, "13", midnight)
    assert _usage(card) == [1, 2]
    days = DailyUsage.objects.order_by("day").values_list("day", flat=True)
    assert list(days) == [midnight.date() - DAY, midnight.date()]


@pytest.mark.parametrize(
    ("counter", "used"),
    [("5", 5), ("89.9", 89.9), ("90", -10), ("99", -1), ("100", 0), ("0", 0)],
)
def test_a_reset_counts_from_zero_and_a_small_step_back_is_a_correction(
    account: TelnyxAccount, counter: str, used: float
) -> None:
    card = sim_card()
    _consumed(account, card, "100", START, origin=SILENT)
    _consumed(account, card, counter, START + SECOND)
    assert _usage(card) == ([used] if used else [])


@pytest.mark.parametrize("missing", [{}, {"current_billing_period_consumed_data": None}])
def test_an_answer_without_the_counter_says_nothing_of_it(
    account: TelnyxAccount, missing: dict[str, Any]
) -> None:
    card = sim_card()
    _consumed(account, card, "100", START, origin=SILENT)
    del card["current_billing_period_consumed_data"]
    store(account, card | missing | {"tags": ["other"]}, read_at=START + SECOND)
    assert (row(card).consumed_mb, row(card).tags) == (100, ["other"])
    _consumed(account, card, "101", START + 2 * SECOND)
    assert _usage(card) == [1]
    new = sim_card()
    del new["current_billing_period_consumed_data"]
    insert(SYNC, account, [SYNC.map(new | missing)], START, SILENT)
    assert row(new).consumed_mb == 0


def test_an_older_answer_changes_nothing(account: TelnyxAccount) -> None:
    card = sim_card()
    _consumed(account, card, "10", START, origin=SILENT)
    _consumed(account, card, "20", START + 2 * SECOND)
    _consumed(account, card, "15", START + SECOND)
    assert _usage(card) == [10]


def test_a_first_sweep_counts_nothing_and_a_later_one_what_is_new(account: TelnyxAccount) -> None:
    first, later = sim_card(), sim_card()
    insert(SYNC, account, [SYNC.map(first)], START, SILENT)
    store(account, later, read_at=START)
    assert (_usage(first), _usage(later)) == ([], [12.5])


STATUS = st.sampled_from(["enabled", "disabled", "standby"])
CHANGE = st.fixed_dictionaries(
    {},
    optional={
        "status": STATUS.map(lambda value: {"value": value, "reason": None}),
        "tags": st.lists(st.sampled_from(["a", "b", "site:1"]), unique=True).map(sorted),
        "sim_card_group_id": st.sampled_from([None, "11111111-1111-4111-8111-111111111112"]),
        "data_limit": st.sampled_from([None, "1024.0", "7.5"]).map(
            lambda mb: mb and {"amount": mb, "unit": "MB"}
        ),
        "voice_enabled": st.booleans(),
    },
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.one_of(CHANGE, st.just("gone")), max_size=6))
def test_a_sim_card_as_it_was_is_what_was_stored_then(
    account: TelnyxAccount, changes: list[Any]
) -> None:
    record = sim_card()
    store(account, record, read_at=START)
    stored = []
    for number, change in enumerate([{}, *changes]):
        at = START + number * SECOND
        if change == "gone":
            mark_removed(account, SYNC, record["id"], at, Origin(Cause.SWEEP))
        else:
            record |= change
            store(account, record, read_at=at)
        stored.append((at, SimCard.objects.get(pk=row(record).pk)))
    card = stored[-1][1]
    for at, then in stored:
        for moment in (at, at + SECOND / 2):
            found = as_it_was(card, moment)
            shown = {field.what: field.then for field in found.fields}
            current = {field.what: field.now for field in as_it_was(then, timezone.now()).fields}
            assert shown == current
            assert found.was_removed == (then.removed_at is not None)


def test_what_differs_is_told_in_words(account: TelnyxAccount) -> None:
    record = sim_card(data_limit={"amount": "1024.0", "unit": "MB"})
    store(account, record, read_at=START)
    store(account, record | {"data_limit": None, "voice_enabled": True}, read_at=START + SECOND)
    fields = {field.what: field for field in as_it_was(row(record), START).fields}
    assert tuple(fields) == FIELDS
    limit, voice = fields["data_limit_mb"], fields["voice_enabled"]
    assert (limit.label, limit.then, limit.now) == ("Data limit", "1024 MB", None)
    assert (voice.then, voice.now) == ("off", "on")
    assert {what for what, field in fields.items() if field.differs} == {
        "data_limit_mb",
        "voice_enabled",
    }


def test_details_are_not_known_before_they_were_first_asked_for(account: TelnyxAccount) -> None:
    record = sim_card(current_imei="356789012345678")
    store(account, record, read_at=START)
    store(account, record, read_at=START + DAY, details=True)
    before, after = (
        {field.what: field for field in as_it_was(row(record), at).fields}["imei"]
        for at in (START + SECOND, START + DAY)
    )
    assert (before.then, before.was_known, before.differs) == (None, False, False)
    assert (after.then, after.was_known) == ("356789012345678", True)


def test_nothing_is_known_of_earlier_times(account: TelnyxAccount, settings: Any) -> None:
    record = sim_card()
    store(account, record, read_at=START - 100 * DAY)
    card = row(record)
    before = as_it_was(card, card.first_seen_at - SECOND)
    assert ("later than that" in before.problem, before.fields) == (True, [])
    settings.HISTORY_MONTHS = 1
    edge = history_begins()
    assert "no longer kept" in as_it_was(card, edge - SECOND).problem
    assert as_it_was(card, edge).problem == ""
