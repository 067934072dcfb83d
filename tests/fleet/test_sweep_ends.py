"""Sweeps whose connection, process or person ends them: their runs go on, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Resource, SyncRun, SyncState
from fleet.sync import engine
from fleet.sync.engine import start_run, sweep
from fleet.sync.runs import finish, reap_dead_runs
from tests.fleet import long_lists
from tests.fleet.api import eventually, fault, run_sweep
from tests.fleet.long_lists import (
    LIST,
    PAGES,
    SIMS,
    asked_pages,
    assert_equal,
    at_page,
)
from tests.sandbox_process import ROOT, SandboxProcess

own = long_lists.own
account = long_lists.account


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
        at_page(patch, PAGES, terminate)
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
    assert asked_pages(sandbox) == list(range(run.pages + 1, 41))
    assert done.seen == 280
    assert_equal(account, sandbox)


def test_a_stopped_sweep_goes_on(account: TelnyxAccount, own: SandboxProcess) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    run = start_run(account, Resource.SIM_CARDS)
    assert run is not None
    with pytest.MonkeyPatch.context() as patch:
        at_page(patch, PAGES, stop)
        with pytest.raises(KeyboardInterrupt):
            sweep(run)
    assert (run.state, run.seen) == (SyncState.FAILED, 7 * run.pages)
    again = run_sweep(account)
    assert (again.pk, again.state, again.seen) == (run.pk, SyncState.COMPLETE, SIMS)
    assert_equal(account, own)
