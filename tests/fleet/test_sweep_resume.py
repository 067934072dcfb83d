"""Long lists that break off go on where they were, and the copy is right whatever happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import ApiCalls, Role, TelnyxAccount
from fleet.models import Resource, SimCard, SyncRun, SyncState
from fleet.sync import batches, engine, pages, runs, seen
from fleet.sync.engine import start_run, sweep
from fleet.sync.registry import SYNCS
from fleet.sync.runs import drop_kept_ids, finish, kept_table, reap_dead_runs
from tests.conftest import make_person
from tests.fleet.api import delete, eventually, fault, listed, requests, run_sweep
from tests.fleet.conftest import account_at
from tests.sandbox_process import ROOT, SandboxProcess

SIMS = 40
PAGES = 6
LIST = "/sim_cards$"


@pytest.fixture
def own(new_sandbox: Callable[[int], SandboxProcess]) -> SandboxProcess:
    """A sandbox whose fleet nobody else changes."""
    return new_sandbox(SIMS)


@pytest.fixture
def account(
    transactional_db: None, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[TelnyxAccount]:
    """An account at it, whose list counts as long: six pages of seven, stored two by two."""
    monkeypatch.setattr(seen, "KEEP_FROM", 0)
    monkeypatch.setattr(batches, "BATCH", 14)
    monkeypatch.setattr(batches, "BESIDE_FROM", 0)
    monkeypatch.setattr(
        type(SYNCS["sim_cards"]), "page", lambda self, client, n: client.sim_cards.page(n, 7)
    )
    settings.TELNYX_THREADS = 1
    monkeypatch.setattr(pages, "QUICK_THREADS", 1)
    yield account_at(own)
    with connection.cursor() as cursor:
        for name in _kept_tables():
            cursor.execute(f"DROP TABLE {name}")


def assert_equal(account: TelnyxAccount, sandbox: SandboxProcess) -> None:
    """The copy is the sandbox's list, record by record."""
    rows = SimCard.objects.filter(account=account, removed_at=None)
    stored = {
        str(card.remote_id): (card.status, sorted(card.tags), float(card.consumed_mb))
        for card in rows
    }
    there = {
        record["id"]: (record["status"]["value"], sorted(record["tags"]), _megabytes(record))
        for record in listed(sandbox, "sim_cards")
    }
    assert stored == there


def _megabytes(record: dict[str, Any]) -> float:
    consumed = record["current_billing_period_consumed_data"]
    assert consumed["unit"] == "MB"
    return float(consumed["amount"])


def _at_page(monkeypatch: pytest.MonkeyPatch, number: int, happens: Callable[[], Any]) -> None:
    """Let something happen once, before this page is asked for."""
    kind = type(SYNCS["sim_cards"])
    page, done = kind.page, []

    def asking(self: Any, client: Any, asked: int) -> Any:
        if asked == number and not done:
            done.append(asked)
            happens()
        return page(self, client, asked)

    monkeypatch.setattr(kind, "page", asking)


def _break_off(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, page: int = 4
) -> SyncRun:
    """A sweep that fails at a page; the API is well again afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        _at_page(patch, page, lambda: fault(own, "status", status=500, path=LIST))
        run = run_sweep(account)
    own.admin("DELETE", "faults")
    own.admin("DELETE", "requests")
    return run


def _asked_pages(sandbox: SandboxProcess) -> list[int]:
    found = [r for r in requests(sandbox, "GET", "/sim_cards") if r["path"] == "/v2/sim_cards"]
    return [int(parse_qs(request["query"])["page[number]"][0]) for request in found]


def _kept_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT relname FROM pg_class WHERE relname ~ '^sweep_seen_\d+$'")
        return sorted(name for (name,) in cursor.fetchall())


@pytest.mark.parametrize("page", [2, 4, 5, 6])
def test_what_broke_off_goes_on_where_it_was(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    first = _break_off(account, own, monkeypatch, page)
    assert (first.state, first.pages, first.seen) == (SyncState.PARTIAL, page - 1, 7 * (page - 1))
    assert SimCard.objects.count() == first.seen, "what was seen is stored"
    run = run_sweep(account)
    assert (run.pk, run.resumed, run.state) == (first.pk, 1, SyncState.COMPLETE)
    assert (run.seen, run.new, run.removed, run.outcome) == (SIMS, SIMS, 0, "")
    assert _asked_pages(own) == list(range(page, PAGES + 1))
    assert _kept_tables() == []
    assert_equal(account, own)


def test_a_used_up_budget_breaks_off_and_a_person_goes_on(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    account.calls_per_hour = 3
    account.save()
    first = run_sweep(account)
    assert (first.state, first.pages) == (SyncState.PARTIAL, 3)
    assert "budget" in first.outcome
    assert ApiCalls.objects.get(account=account).calls == 3
    person = make_person("ada@live.example", account, Role.OPERATOR)
    run = start_run(account, Resource.SIM_CARDS, person.pk)
    assert run is not None
    assert (run.pk, run.requested_by_id) == (first.pk, person.pk)
    assert sweep(run).state == SyncState.COMPLETE
    assert_equal(account, own)


def test_removals_are_right_though_it_broke_off(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sweep(account)
    order = [record["id"] for record in listed(own, "sim_cards")]
    _break_off(account, own, monkeypatch)
    for place in (0, 30):
        delete(own, order[place])
    run = run_sweep(account)
    assert (run.resumed, run.state, run.removed) == (1, SyncState.COMPLETE, 1)
    gone = [r["path"] for r in requests(own, "GET", "/sim_cards/") if r["status"] == 404]
    assert gone == [f"/v2/sim_cards/{order[30]}"], "the other one was seen before it went"
    assert run_sweep(account).removed == 1
    assert_equal(account, own)


def test_nothing_that_exists_is_removed_where_the_list_moved_meanwhile(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sweep(account)
    order = [record["id"] for record in listed(own, "sim_cards")]
    _break_off(account, own, monkeypatch)
    # The first of the fourth page slips to the third, which is not read again at first.
    delete(own, order[3])
    run = run_sweep(account)
    assert (run.resumed, run.state) == (1, SyncState.COMPLETE)
    run_sweep(account)
    assert [str(c.remote_id) for c in SimCard.objects.exclude(removed_at=None)] == [order[3]]
    assert_equal(account, own)


@pytest.mark.parametrize(("moves", "breaks"), [(3, 5), (5, 6)])
def test_what_slipped_before_it_broke_off_is_read_again(
    account: TelnyxAccount,
    own: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    moves: int,
    breaks: int,
) -> None:
    monkeypatch.setattr(pages, "AHEAD", 1)
    order = [record["id"] for record in listed(own, "sim_cards")]
    with pytest.MonkeyPatch.context() as patch:
        # The first of that page slips to the one before, which was read already.
        _at_page(patch, moves, lambda: delete(own, order[3]))
        _at_page(patch, breaks, lambda: fault(own, "status", status=500, path=LIST))
        first = run_sweep(account)
    own.admin("DELETE", "faults")
    assert (first.state, first.expected) == (SyncState.PARTIAL, SIMS - 1)
    assert (first.pages, first.moved_at) == (breaks - 1, [moves])
    run = run_sweep(account)
    assert (run.pk, run.state, run.resumed) == (first.pk, SyncState.COMPLETE, 1)
    assert (run.seen, run.moved_at) == (SIMS - 1, [])
    stored = {str(id) for id in SimCard.objects.values_list("remote_id", flat=True)}
    assert stored == set(order)
    run_sweep(account)
    assert_equal(account, own)


@pytest.mark.parametrize("why", ["emptied", "dropped", "old", "often", "another key"])
def test_it_begins_again_where_going_on_would_not_do(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    first = _break_off(account, own, monkeypatch)
    if why == "old":
        old = timezone.now() - runs.RESUME_WITHIN - timedelta(seconds=1)
        SyncRun.objects.update(finished_at=old)
    elif why == "another key":
        SyncRun.objects.update(connection_version=account.connection_version - 1)
    elif why == "often":
        SyncRun.objects.update(resumed=runs.RESUMED_AT_MOST)
    else:
        with connection.cursor() as cursor:
            word = "TRUNCATE" if why == "emptied" else "DROP TABLE"
            cursor.execute(f"{word} {kept_table(first)}")
    run = run_sweep(account)
    assert (run.pk != first.pk, run.resumed, run.state) == (True, 0, SyncState.COMPLETE)
    assert _asked_pages(own) == list(range(1, PAGES + 1))
    assert_equal(account, own)


def test_a_short_list_is_read_from_its_beginning(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "KEEP_FROM", SIMS)
    first = _break_off(account, own, monkeypatch)
    assert (first.state, first.pages, _kept_tables()) == (SyncState.PARTIAL, 3, [])
    run = run_sweep(account)
    assert (run.pk != first.pk, run.state) == (True, SyncState.COMPLETE)


def test_kept_ids_are_dropped_once_no_run_wants_them(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _break_off(account, own, monkeypatch)
    name = kept_table(first)
    assert (drop_kept_ids(), _kept_tables()) == ([], [name])
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE sweep_seen_2000000001 (remote_id uuid)")
    assert drop_kept_ids() == ["sweep_seen_2000000001"]
    SyncRun.objects.update(finished_at=timezone.now() - runs.RESUME_WITHIN)
    assert (drop_kept_ids(), _kept_tables()) == ([name], [])


def test_a_connection_that_the_database_ends_costs_nothing_stored(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]

    def terminate() -> None:
        with psycopg.connect(_test_database_url(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [backend])

    run = start_run(account, Resource.SIM_CARDS)
    assert run is not None
    with pytest.MonkeyPatch.context() as patch:
        _at_page(patch, PAGES, terminate)
        patch.setattr("fleet.sync.pages.AHEAD", 1)
        with pytest.raises((OperationalError, psycopg.OperationalError)):
            sweep(run)
    run.refresh_from_db()
    assert run.state == SyncState.FAILED
    assert "the connection to its database was lost" in run.outcome
    assert 0 < run.pages < PAGES
    again = run_sweep(account)
    assert (again.pk, again.resumed, again.state) == (run.pk, 1, SyncState.COMPLETE)
    assert again.seen == SIMS
    assert_equal(account, own)


@pytest.mark.parametrize("back_at", [3, 99])
def test_the_end_is_recorded_once_the_database_is_back(
    account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch, back_at: int
) -> None:
    tries = []

    def lose(*_: Any) -> None:
        raise OperationalError

    def away_at_first(*arguments: Any) -> SyncRun:
        tries.append(arguments)
        if len(tries) < back_at:
            raise OperationalError
        return finish(*arguments)

    monkeypatch.setattr(engine, "_perform", lose)
    monkeypatch.setattr(engine, "finish", away_at_first)
    monkeypatch.setattr(engine, "TRY_AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(engine, "RESTART_SECONDS", 0.4)
    run = start_run(account, Resource.SIM_CARDS)
    assert run is not None
    with pytest.raises(OperationalError):
        sweep(run)
    run.refresh_from_db()
    if back_at == 3:
        assert (run.state, len(tries)) == (SyncState.FAILED, 3)
        return
    # It gives up after a while; then the reaper ends the run.
    assert (run.state, 3 < len(tries) < 12) == (SyncState.RUNNING, True)
    SyncRun.objects.update(progressed_at=timezone.now() - 2 * SyncRun.HEARTBEAT)
    assert reap_dead_runs(account) == 1


def _test_database_url() -> str:
    url = urlsplit(django_settings.DATABASE_URL)
    return urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))


KILLED = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from config.environment import prepare
prepare()
import django
django.setup()
from django.core.management import call_command
from fleet.sync import batches, seen, sweep
from fleet.sync.sim_cards import SimCardSync
seen.KEEP_FROM, batches.BATCH, batches.BESIDE_FROM, sweep.PROGRESS_SECONDS = 0, 14, 0, 0
SimCardSync.page = lambda self, client, number: client.sim_cards.page(number, 7)
call_command("sync", "--account", "live", "--resource", "sim_cards")
"""


@pytest.mark.slow
def test_a_killed_process_s_run_goes_on(
    account: TelnyxAccount,
    new_sandbox: Callable[[int], SandboxProcess],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = new_sandbox(280)
    account.set_connection(sandbox.base_url, sandbox.api_key)
    account.save()
    fault(sandbox, "latency", seconds=0.08, path=LIST)
    environment = os.environ | {"DATABASE_URL": _test_database_url(), "TELNYX_THREADS": "1"}
    with (tmp_path / "sync.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        eventually(lambda: SyncRun.objects.filter(pages__gte=10), 20)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait(10)
    run = SyncRun.objects.get()
    assert (run.state, run.pages < 40) == (SyncState.RUNNING, True)
    sandbox.admin("DELETE", "faults")
    sandbox.admin("DELETE", "requests")
    SyncRun.objects.update(progressed_at=timezone.now() - 2 * SyncRun.HEARTBEAT)
    done = eventually(lambda: start_run(account, Resource.SIM_CARDS))
    assert (done.pk, done.resumed, done.pages) == (run.pk, 1, run.pages)
    assert sweep(done).state == SyncState.COMPLETE
    assert _asked_pages(sandbox) == list(range(run.pages + 1, 41))
    assert done.seen == 280
    assert_equal(account, sandbox)


def test_a_stopped_sweep_goes_on(account: TelnyxAccount, own: SandboxProcess) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    run = start_run(account, Resource.SIM_CARDS)
    assert run is not None
    with pytest.MonkeyPatch.context() as patch:
        _at_page(patch, PAGES, stop)
        with pytest.raises(KeyboardInterrupt):
            sweep(run)
    assert (run.state, run.seen) == (SyncState.FAILED, 7 * run.pages)
    again = run_sweep(account)
    assert (again.pk, again.state, again.seen) == (run.pk, SyncState.COMPLETE, SIMS)
    assert_equal(account, own)
