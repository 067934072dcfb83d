"""What a sweep reads is stored beside the reading: in order, counted once it is committed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import TelnyxAccount
from fleet.models import Resource, SimCard, SyncRun, SyncState
from fleet.models.fleet_counts import FleetCounts
from fleet.sync import batches, engine, pages, seen
from fleet.sync.fleet_counts import refresh_fleet_counts
from fleet.sync.runs import drop_kept_ids
from fleet.sync.sim_cards import SimCardSync
from tests.fleet.api import change, delete, listed, run_sweep
from tests.fleet.conftest import account_at
from tests.fleet.long_lists import assert_equal
from tests.sandbox_process import SandboxProcess

SIMS = 42
PAGE = 7


@pytest.fixture
def own(new_sandbox: Callable[[int], SandboxProcess]) -> SandboxProcess:
    """A sandbox whose fleet nobody else changes."""
    return new_sandbox(SIMS)


@pytest.fixture
def account(
    transactional_db: None, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TelnyxAccount]:
    """An account whose list counts as long: six pages of seven, each merged by itself."""
    monkeypatch.setattr(SimCardSync, "page", lambda self, client, n: client.sim_cards.page(n, PAGE))
    monkeypatch.setattr(seen, "KEEP_FROM", 0)
    monkeypatch.setattr(pages, "AHEAD", 2)
    for name, value in (("BESIDE_FROM", 0), ("BATCH", PAGE), ("MERGED_FROM", 0.01)):
        monkeypatch.setattr(batches, name, value)
    yield account_at(own)
    SyncRun.objects.all().delete()
    drop_kept_ids()


@pytest.fixture
def merged_in(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads that merged, one for each merge of some rows."""
    names: list[str] = []

    def noting(work: Any) -> Any:
        def noted(*given: Any) -> Any:
            if given[2]:
                names.append(threading.current_thread().name)
            return work(*given)

        return noted

    monkeypatch.setattr(batches, "merge", noting(batches.merge))
    monkeypatch.setattr(batches, "insert", noting(batches.insert))
    return names


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def test_a_long_list_is_merged_by_one_thread_of_its_own(
    account: TelnyxAccount, own: SandboxProcess, merged_in: list[str]
) -> None:
    before = _connections()
    run = run_sweep(account)
    assert (run.state, run.seen, run.new, run.pages) == (SyncState.COMPLETE, SIMS, SIMS, 6)
    for record in listed(own, "sim_cards")[::PAGE]:
        change(own, record["id"], tags=["changed"])
    run = run_sweep(account)
    assert (run.state, run.seen, run.changed, run.pages) == (SyncState.COMPLETE, SIMS, 6, 6)
    assert merged_in == ["merge_0"] * 12
    assert_equal(account, own)
    assert _connections() == before, "its connection is closed"


def test_the_filters_numbers_are_counted_beside_the_end_and_again_after_a_removal(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted_in: list[str] = []

    def count(of: TelnyxAccount) -> FleetCounts:
        counted_in.append(threading.current_thread().name)
        return refresh_fleet_counts(of)

    monkeypatch.setattr(engine, "refresh_fleet_counts", count)
    main = threading.main_thread().name
    run_sweep(account)
    assert counted_in == ["merge_0"]
    run_sweep(account)
    assert counted_in == ["merge_0"], "nothing counts otherwise"
    records = listed(own, "sim_cards")
    for record in records[::PAGE]:
        change(own, record["id"], tags=["changed"])
    delete(own, records[1]["id"])
    run_sweep(account)
    assert counted_in == ["merge_0", "merge_0", main]
    counts = FleetCounts.objects.get(account=account)
    assert (counts.total, counts.by_tag["changed"]) == (SIMS - 1, SIMS // PAGE)
    # Rows get their groups when these are seen.
    assert run_sweep(account, Resource.GROUPS).state == SyncState.COMPLETE
    change(own, records[2]["id"], tags=["once more"])
    run_sweep(account)
    in_groups = SimCard.objects.filter(account=account, removed_at=None).exclude(group=None)
    counts.refresh_from_db()
    assert sum(counts.by_group.values()) == in_groups.count() > 0
    assert counts.by_tag["once more"] == 1


def test_a_short_list_is_merged_by_the_connection_that_reads_it(
    account: TelnyxAccount, merged_in: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BESIDE_FROM", SIMS)
    assert run_sweep(account).new == SIMS
    assert set(merged_in) == {threading.main_thread().name}


def test_a_caller_s_transaction_holds_all_of_it(
    account: TelnyxAccount, merged_in: list[str]
) -> None:
    with transaction.atomic():
        assert run_sweep(account).new == SIMS
        transaction.set_rollback(True)
    assert set(merged_in) == {threading.main_thread().name}
    assert not SimCard.objects.exists()


@pytest.mark.parametrize("failing", [1, 3, 6])
def test_only_what_is_committed_counts_where_a_merge_fails(
    account: TelnyxAccount,
    own: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    failing: int,
) -> None:
    insert, calls = batches.insert, []

    def fail(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == failing:
            raise OperationalError("the server closed the connection unexpectedly")
        assert len(calls) < failing, "nothing is stored after what could not be"
        return insert(*given)

    monkeypatch.setattr(batches, "insert", fail)
    with pytest.raises(OperationalError):
        run_sweep(account)
    run = account.sync_runs.get()
    stored = SimCard.objects.filter(account=account).count()
    assert (run.state, stored) == (SyncState.FAILED, PAGE * (failing - 1))
    assert (run.pages, run.seen, run.new) == (failing - 1, stored, stored)
    monkeypatch.setattr(batches, "insert", insert)
    assert run_sweep(account).state == SyncState.COMPLETE
    assert_equal(account, own)
