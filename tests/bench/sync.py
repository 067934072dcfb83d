"""Syncing a fleet: first and unchanged, against fetching alone, COPY alone and the official SDK."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import psutil
import requests
import telnyx
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Group, Resource, SimCard, SyncRun, SyncState
from fleet.sync.engine import start_run, sweep
from fleet.sync.registry import SYNCS
from tests.bench.report import Row, measure
from tests.sandbox_process import ROOT, SandboxProcess, start_sandbox

PAGE = 250
LATENCY = 0.05
# Sweeps of what is stored already, for each first one.
AGAIN = 3
# Beyond this a slow API would be measured for minutes.
LARGEST_SLOW = 200_000


def sync_rows(sims: int, rounds: int) -> list[Row]:
    """Measure with a sandbox of its own."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with (
        tempfile.TemporaryDirectory(prefix="sf-bench-") as folder,
        start_sandbox(sims=sims, seed=7, data=Path(folder) / "sandbox.db") as sandbox,
    ):
        fetch = Row(f"fetch and parse {sims:,}", [])
        account = _empty_account(sandbox)
        copy = Row(f"COPY {sims:,} with all indexes", _time_copy(sandbox, account, rounds))
        first = Row(f"first sync of {sims:,}", [], against=copy)
        unchanged = Row(f"unchanged sync of {sims:,}", [], against=fetch)
        changed = Row(f"sync of {sims:,}, 1 % changed", [], against=unchanged)
        for _ in range(rounds):
            account = _empty_account(sandbox)
            first.seconds += measure("", lambda a=account: _sweep(a), 1).seconds
            for _ in range(AGAIN):
                # With nothing to wait for, threads only take turns: one connection is the quickest
                # floor. All three in turn, for no machine is as quick all the time.
                fetch.seconds += measure("", lambda: _fetch(sandbox, 1), 1).seconds
                unchanged.seconds += measure("", lambda a=account: _sweep(a), 1).seconds
                _change(account, sandbox, sims // 100)
                changed.seconds += measure("", lambda a=account: _sweep(a), 1).seconds
        runs = SyncRun.objects.filter(account=account, resource=Resource.SIM_CARDS)
        for row, run in zip((first, unchanged, changed), runs.order_by("pk"), strict=False):
            row.note = f"({run.api_calls:,} API calls, {run.new:,} new, {run.changed:,} changed)"
        assert SimCard.objects.filter(account=account).count() == sims
        slow = _slow_rows(sandbox, account, sims) if sims <= LARGEST_SLOW else []
        memory = _memory_row(account, sims)
        sdk = measure(f"official SDK lists {sims:,}", lambda: _official_sdk(sandbox), 1)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM fleet_dailyusage")
            cursor.execute("DELETE FROM fleet_event")
            cursor.execute("DELETE FROM fleet_simcard")
        TelnyxAccount.objects.filter(pk=account.pk).delete()
    sdk.against = fetch
    unchanged_of_sdk = Row(f"unchanged sync of {sims:,}", unchanged.seconds, against=sdk)
    return [fetch, copy, sdk, first, unchanged, changed, *slow, memory, unchanged_of_sdk]


def _slow_rows(sandbox: SandboxProcess, account: TelnyxAccount, sims: int) -> list[Row]:
    """An API whose pages take 50 ms, as a distant one's do."""
    fault = {"kind": "latency", "seconds": LATENCY, "match": {"path_regex": "/sim_cards$"}}
    sandbox.admin("POST", "faults", fault)
    threads = settings.TELNYX_THREADS
    name = f"fetch and parse {sims:,}, {LATENCY * 1000:.0f} ms a page, {threads} threads"
    fetch = Row(name, [])
    name = f"unchanged sync of {sims:,}, {LATENCY * 1000:.0f} ms a page, {threads} threads"
    sync = Row(name, [], against=fetch)
    for _ in range(AGAIN):
        fetch.seconds += measure("", lambda: _fetch(sandbox, threads), 1).seconds
        sync.seconds += measure("", lambda: _sweep(account), 1).seconds
    sandbox.admin("DELETE", "faults")
    return [fetch, sync]


def _memory_row(account: TelnyxAccount, sims: int) -> Row:
    """`manage.py sync` as a process of its own, for its peak of memory."""
    command = [sys.executable, "manage.py", "sync", "--account", account.slug]
    begin = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--resource", "sim_cards"], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        # Not what the kernel says at the end: that counts the moment of the fork too.
        with suppress(psutil.Error):
            peak = max(peak, watched.memory_info().rss)
        time.sleep(0.02)
    assert process.returncode == 0
    note = f"(peak memory {peak / 2**20:,.0f} MiB)"
    return Row(f"manage.py sync of {sims:,}", [time.perf_counter() - begin], note=note)


def _change(account: TelnyxAccount, sandbox: SandboxProcess, count: int) -> None:
    cards = SimCard.objects.filter(account=account).order_by("?")[:count]
    for number, card in enumerate(cards):
        body = {"tags": [f"changed:{number}", "bench"]}
        sandbox.admin("POST", f"sim_cards/{card.remote_id}", body)


def _empty_account(sandbox: SandboxProcess) -> TelnyxAccount:
    TelnyxAccount.objects.filter(slug="bench").delete()
    account = TelnyxAccount(
        slug="bench", name="Bench", requests_per_second=10_000, calls_per_hour=10_000_000
    )
    account.set_connection(sandbox.base_url, sandbox.api_key)
    account.save()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE fleet_simcard")
    _sweep(account, Resource.GROUPS)
    return account


def _sweep(account: TelnyxAccount, resource: Resource = Resource.SIM_CARDS) -> None:
    run = start_run(account, resource)
    assert run
    assert sweep(run).state == SyncState.COMPLETE, run.outcome


def _fetch(sandbox: SandboxProcess, threads: int) -> None:
    deque(_pages(sandbox, threads), maxlen=0)


def _pages(sandbox: SandboxProcess, threads: int = 1) -> Iterator[list[dict[str, Any]]]:
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=threads))
    session.headers["Authorization"] = f"Bearer {sandbox.api_key}"

    def page(number: int) -> Any:
        query = {"page[number]": number, "page[size]": PAGE}
        answer = session.get(f"{sandbox.base_url}/sim_cards", params=query, timeout=30)
        return orjson.loads(answer.content)

    first = page(1)
    numbers = range(2, first["meta"]["total_pages"] + 1)
    yield first["data"]
    if threads == 1:
        yield from (page(number)["data"] for number in numbers)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from (answer["data"] for answer in pool.map(page, numbers))


def _official_sdk(sandbox: SandboxProcess) -> None:
    client = telnyx.Telnyx(api_key=sandbox.api_key, base_url=sandbox.base_url)
    for _ in client.sim_cards.list(page_size=PAGE):
        pass


def _time_copy(sandbox: SandboxProcess, account: TelnyxAccount, rounds: int) -> list[float]:
    """COPY of ready rows into a table with the columns, indexes and foreign keys of ours."""
    sync = SYNCS[Resource.SIM_CARDS]
    names = ["remote_id", "digest", "raw", *(name for name, _ in sync.columns)]
    groups = {
        str(remote_id): pk
        for remote_id, pk in Group.objects.filter(account=account).values_list("remote_id", "pk")
    }
    extra = {"account_id": account.pk, "first_seen_at": timezone.now(), "read_at": timezone.now()}
    extra |= {name: "" for name, kind in sync.detail_columns if kind == "text"}
    rows = []
    for page in _pages(sandbox):
        for record in page:
            mapped = sync.map_digested(sync.digest(record))
            rows.append(
                (
                    *(mapped.remote_id, mapped.digest, mapped.raw.decode()),
                    *mapped.values,
                    *extra.values(),
                    groups.get(record["sim_card_group_id"]),
                )
            )
    columns = ", ".join([*names, *extra, "group_id"])
    seconds = []
    with connection.cursor() as cursor:
        for _ in range(rounds):
            cursor.execute("DROP TABLE IF EXISTS bench_copy")
            cursor.execute("CREATE TABLE bench_copy (LIKE fleet_simcard INCLUDING ALL)")
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE conrelid = 'fleet_simcard'::regclass AND contype = 'f'"
            )
            for (foreign_key,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE bench_copy ADD {foreign_key}")
            cursor.execute(
                "SELECT indexname FROM pg_indexes "
                "WHERE tablename = 'bench_copy' AND indexdef LIKE '%%USING gin%%'"
            )
            gin = [row[0] for row in cursor.fetchall()]

            def copy(gin: list[str] = gin) -> None:
                with cursor.copy(f"COPY bench_copy ({columns}) FROM STDIN") as target:
                    for row in rows:
                        target.write_row(row)
                # What waits beside a GIN index belongs to it, and a sweep ends with it sorted in.
                for index in gin:
                    cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])

            seconds += measure("", copy, 1).seconds
        cursor.execute("DROP TABLE bench_copy")
    return seconds
