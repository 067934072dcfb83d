"""How the record of a sweep stays true when processes die, connections break, rows go away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import Connection, TelnyxAccount
from fleet.models import Resource, SyncRun, SyncState
from fleet.sync import sweep as sweep_module
from fleet.sync.advisory_locks import held_lock
from fleet.sync.engine import reap_dead_runs, start_run, sweep
from fleet.sync.registry import SYNCS
from fleet.sync.runs import (
    ERRORS_KEPT,
    RunTakenAway,
    finish,
    forget_old_errors,
    save_progress,
)
from fleet.sync.schedule import due_accounts, sweep_all
from tests.fleet.api import run_sweep

pytestmark = pytest.mark.django_db(transaction=True)


def _old(run: SyncRun) -> None:
    SyncRun.objects.filter(pk=run.pk).update(
        progressed_at=timezone.now() - 2 * SyncRun.HEARTBEAT,
        started_at=timezone.now() - 2 * SyncRun.HEARTBEAT,
    )


def _in_mid_sweep(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Any]) -> None:
    """Let something happen after the API's answer came and before it is stored."""
    page = SYNCS["sim_cards"].digest

    def mapping(self: Any, record: Any, **options: Any) -> Any:
        monkeypatch.undo()
        happens()
        return page(record, **options)

    monkeypatch.setattr(type(SYNCS["sim_cards"]), "digest", mapping)


def test_a_run_whose_process_died_is_reaped(live: TelnyxAccount) -> None:
    dead = start_run(live, Resource.SIM_CARDS)
    assert dead is not None
    assert reap_dead_runs(live) == 0
    assert start_run(live, Resource.SIM_CARDS) is None
    _old(dead)
    assert start_run(live, Resource.SIM_CARDS) is not None
    dead.refresh_from_db()
    assert dead.state == SyncState.FAILED
    assert "ended before it was done" in dead.outcome
    assert dead.finished_at is not None


def test_a_run_that_waits_long_is_not_taken_for_dead(live: TelnyxAccount) -> None:
    run = start_run(live, Resource.SIM_CARDS)
    assert run is not None
    locked, done = Event(), Event()

    def sweeping() -> None:
        # What sweep() holds from its beginning to its end.
        with held_lock("sync", live.pk, Resource.SIM_CARDS):
            locked.set()
            done.wait(10)
        connection.close()

    thread = Thread(target=sweeping)
    thread.start()
    locked.wait(10)
    _old(run)
    assert reap_dead_runs(live) == 0
    done.set()
    thread.join()
    assert reap_dead_runs(live) == 1


def test_a_lost_database_connection_is_told(
    live: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = cursor.fetchone()[0]

        def kill() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
            connection.close()

        killer = Thread(target=kill)
        killer.start()
        killer.join()

    run = start_run(live, Resource.SIM_CARDS)
    assert run is not None
    _in_mid_sweep(monkeypatch, lose)
    with pytest.raises((OperationalError, psycopg.OperationalError)):
        sweep(run)
    run.refresh_from_db()
    assert run.state == SyncState.FAILED
    assert "An error of Simfleet's own" in run.outcome
    # Nothing of it is in the way of the next one.
    assert run_sweep(live).state == SyncState.COMPLETE


def test_a_fault_of_ours_is_told_and_raised(
    live: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start_run(live, Resource.SIM_CARDS)
    assert run is not None

    def fail() -> None:
        raise ZeroDivisionError

    _in_mid_sweep(monkeypatch, fail)
    with pytest.raises(ZeroDivisionError):
        sweep(run)
    run.refresh_from_db()
    assert (run.state, run.outcome) == (
        SyncState.FAILED,
        "An error of Simfleet's own: ZeroDivisionError.",
    )
    live.refresh_from_db()
    assert live.connection == Connection.UNCHECKED, "our own fault says nothing of the API"


def test_stopping_it_is_no_error(live: TelnyxAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start_run(live, Resource.SIM_CARDS)
    assert run is not None

    def stop() -> None:
        raise KeyboardInterrupt

    _in_mid_sweep(monkeypatch, stop)
    with pytest.raises(KeyboardInterrupt):
        sweep(run)
    run.refresh_from_db()
    assert (run.state, run.outcome) == (SyncState.FAILED, "It was stopped before it was done.")


@pytest.mark.parametrize("taken", ["ended", "deleted"])
def test_a_run_that_was_taken_away_is_not_brought_back(
    live: TelnyxAccount, monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    run = start_run(live, Resource.SIM_CARDS)
    assert run is not None
    rows = SyncRun.objects.filter(pk=run.pk)

    def take() -> None:
        if taken == "deleted":
            rows.delete()
        else:
            rows.update(state=SyncState.FAILED, outcome="by somebody else")

    _in_mid_sweep(monkeypatch, take)
    sweep(run)
    assert [r.outcome for r in rows] == ([] if taken == "deleted" else ["by somebody else"])


def test_a_run_that_another_process_took_over_is_not_ended_by_the_first(
    live: TelnyxAccount,
) -> None:
    first = start_run(live, Resource.SIM_CARDS)
    assert first is not None
    SyncRun.objects.filter(pk=first.pk).update(resumed=1, pages=7)
    first.pages = 3
    finish(first, SyncState.FAILED, "The first one's end.")
    with pytest.raises(RunTakenAway):
        save_progress(first)
    stored = SyncRun.objects.get(pk=first.pk)
    assert (stored.state, stored.pages, stored.outcome) == (SyncState.RUNNING, 7, "")


def test_lists_of_broken_records_are_forgotten_and_their_numbers_kept(live: TelnyxAccount) -> None:
    ended = timezone.now() - ERRORS_KEPT
    for hours in (-1, 1):
        SyncRun.objects.create(
            account=live,
            resource="sim_cards",
            state=SyncState.COMPLETE,
            finished_at=ended + timedelta(hours=hours),
            error_count=1,
            errors=[{"reason": "x", "raw": "y"}],
        )
    forget_old_errors()
    runs = SyncRun.objects.order_by("finished_at").values_list("error_count", "errors")
    assert list(runs) == [(1, []), (1, [{"reason": "x", "raw": "y"}])]


def test_a_new_key_is_due_at_once_and_a_refused_one_never(live: TelnyxAccount) -> None:
    sweep_all(live)
    TelnyxAccount.objects.update(connection=Connection.UNCHECKED)
    assert due_accounts() == [live.pk]
    TelnyxAccount.objects.update(connection=Connection.REFUSED)
    assert due_accounts() == []


def test_all_resources_are_swept_but_the_one_that_is_running(live: TelnyxAccount) -> None:
    assert start_run(live, Resource.GROUPS) is not None
    others = [name for name in SYNCS if name != Resource.GROUPS]
    assert [run.resource for run in sweep_all(live)] == others


def test_percent_before_during_and_after() -> None:
    assert SyncRun(expected=None, seen=5).percent is None
    assert SyncRun(expected=3, seen=1).percent == 33
    assert SyncRun(expected=0, seen=0).percent == 100
    assert SyncRun(expected=3, seen=4).percent == 100


def test_a_lock_is_held_by_one_connection_and_ends_with_it(live: TelnyxAccount) -> None:
    answers: list[bool] = []

    def ask() -> None:
        with held_lock("a", 1) as held:
            answers.append(held)
        with held_lock("a", 2) as held:
            answers.append(held)
        connection.close()

    with held_lock("a", 1) as held:
        assert held
        thread = Thread(target=ask)
        thread.start()
        thread.join()
        connection.close()
        # The lock went with the connection, and a new connection has none to give back.
        thread = Thread(target=ask)
        thread.start()
        thread.join()
    assert answers == [False, True, True, True]
    assert sweep_module.PASSES == 3
