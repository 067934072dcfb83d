"""Syncing a fleet: first and unchanged, against fetching alone, COPY alone and the official SDK."""

from __future__ import annotations

import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import requests
import telnyx
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Resource, SimCard, SyncState
from fleet.sync.engine import start_run, sweep
from fleet.sync.registry import SYNCS
from fleet.sync.schedule import sweep_all
from tests.bench.report import Row, measure
from tests.sandbox_process import SandboxProcess, start_sandbox

PAGE = 250


def sync_rows(sims: int, rounds: int) -> list[Row]:
    """Measure with a sandbox of its own."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with (
        tempfile.TemporaryDirectory(prefix="sf-bench-") as folder,
        start_sandbox(sims=sims, seed=7, data=Path(folder) / "sandbox.db") as sandbox,
    ):
        fetch = measure(f"fetch and parse {sims:,}", lambda: _fetch(sandbox), rounds)
        copy = Row(f"COPY {sims:,} with all indexes", _time_copy(sandbox, rounds))
        first = Row(f"first sync of {sims:,}", [], against=copy)
        unchanged = Row(f"unchanged sync of {sims:,}", [], against=fetch)
        for _ in range(rounds):
            account = _empty_account(sandbox)
            first.seconds += measure("", lambda a=account: _sweep(a), 1).seconds
            unchanged.seconds += measure("", lambda a=account: _sweep(a), 1).seconds
        assert SimCard.objects.filter(account=account).count() == sims
        sdk = measure(f"official SDK lists {sims:,}", lambda: _official_sdk(sandbox), 1)
        TelnyxAccount.objects.filter(pk=account.pk).delete()
    sdk.against = fetch
    fetch_of_first = Row(f"first sync of {sims:,}", first.seconds, against=sdk)
    unchanged_of_sdk = Row(f"unchanged sync of {sims:,}", unchanged.seconds, against=sdk)
    return [fetch, copy, sdk, first, unchanged, fetch_of_first, unchanged_of_sdk]


def _empty_account(sandbox: SandboxProcess) -> TelnyxAccount:
    TelnyxAccount.objects.filter(slug="bench").delete()
    account = TelnyxAccount(slug="bench", name="Bench", requests_per_second=10_000)
    account.set_connection(sandbox.base_url, sandbox.api_key)
    account.save()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE fleet_simcard")
    run = start_run(account, Resource.GROUPS)
    assert run
    assert sweep(run).state == SyncState.COMPLETE
    return account


def _sweep(account: TelnyxAccount) -> None:
    runs = sweep_all(account)
    assert all(run.state == SyncState.COMPLETE for run in runs), [run.outcome for run in runs]


def _pages(sandbox: SandboxProcess) -> list[list[dict[str, Any]]]:
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=settings.TELNYX_THREADS))
    session.headers["Authorization"] = f"Bearer {sandbox.api_key}"

    def page(number: int) -> Any:
        query = {"page[number]": number, "page[size]": PAGE}
        answer = session.get(f"{sandbox.base_url}/sim_cards", params=query, timeout=30)
        return orjson.loads(answer.content)

    first = page(1)
    numbers = range(2, first["meta"]["total_pages"] + 1)
    with ThreadPoolExecutor(settings.TELNYX_THREADS) as pool:
        return [first["data"], *(answer["data"] for answer in pool.map(page, numbers))]


def _fetch(sandbox: SandboxProcess) -> None:
    _pages(sandbox)


def _official_sdk(sandbox: SandboxProcess) -> None:
    client = telnyx.Telnyx(api_key=sandbox.api_key, base_url=sandbox.base_url)
    for _ in client.sim_cards.list(page_size=PAGE):
        pass


def _time_copy(sandbox: SandboxProcess, rounds: int) -> list[float]:
    """COPY of ready rows into a table with the columns and indexes of ours."""
    sync = SYNCS[Resource.SIM_CARDS]
    names = ["remote_id", "digest", "raw", *(name for name, _ in sync.columns)]
    extra = {"account_id": 1, "first_seen_at": timezone.now(), "read_at": timezone.now()}
    extra |= {name: "" for name, kind in sync.detail_columns if kind == "text"}
    rows = []
    for page in _pages(sandbox):
        for record in page:
            mapped = sync.map(record)
            rows.append(
                (
                    *(mapped.remote_id, mapped.digest, mapped.raw.decode()),
                    *mapped.values,
                    *extra.values(),
                )
            )
    columns = ", ".join([*names, *extra])
    seconds = []
    with connection.cursor() as cursor:
        for _ in range(rounds):
            cursor.execute("DROP TABLE IF EXISTS bench_copy")
            cursor.execute("CREATE TABLE bench_copy (LIKE fleet_simcard INCLUDING ALL)")

            def copy() -> None:
                with cursor.copy(f"COPY bench_copy ({columns}) FROM STDIN") as target:
                    for row in rows:
                        target.write_row(row)

            seconds += measure("", copy, 1).seconds
        cursor.execute("DROP TABLE bench_copy")
    return seconds
