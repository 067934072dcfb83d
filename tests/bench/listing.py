"""Listing a fleet page by page: our client, bare requests and the official client."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from random import Random
from statistics import median

import orjson
import psutil
import requests
import telnyx

from telnyx_api import Client
from tests.bench.report import Row, measure
from tests.sandbox_process import SandboxProcess, start_sandbox

PAGE = 250
PAGES = 400


def listing_rows(sims: int, rounds: int) -> list[Row]:
    """Measure with a sandbox of its own; one connection, one page after the other."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="sf-bench-") as folder:
        data = Path(folder) / "sandbox.db"
        with start_sandbox(sims=sims, seed=7, data=data) as sandbox:
            new = Row(f"sandbox starts with {sims:,} new SIM cards", [sandbox.start_seconds])
            bare, ours, official = [], [], []
            for _ in range(rounds):
                # In turns, so that a busy moment of the machine hits all three.
                bare += measure("", lambda: _bare(sandbox, sims), 1).seconds
                ours += measure("", lambda: _ours(sandbox, sims), 1).seconds
                official += measure("", lambda: _official(sandbox, sims), 1).seconds
        with start_sandbox(sims=sims, seed=7, data=data) as sandbox:
            again = Row("sandbox starts with them from its file", [sandbox.start_seconds], new)
            first = [_pages(sandbox, [1] * PAGES) for _ in range(rounds)]
            numbers = Random(1).choices(range(1, sims // PAGE + 1), k=PAGES)
            anywhere = [_pages(sandbox, numbers) for _ in range(rounds)]
            memory = psutil.Process(sandbox.process.pid).memory_info().rss
            again.note = f"({memory / 2**20:,.0f} MiB after these pages)"
    floor = Row(f"bare requests list {sims:,}", bare)
    sdk = Row(f"official SDK lists {sims:,}, page by page", official, against=floor)
    client = Row(f"our client lists {sims:,}", ours, against=floor)
    sdk_of_client = Row(f"official SDK lists {sims:,}", official, against=client)
    pages = Row(f"sandbox works for {PAGES} first pages", first, note=_rate(first))
    deep = Row(f"sandbox works for {PAGES} pages anywhere", anywhere, pages, _rate(anywhere))
    return [floor, client, sdk, sdk_of_client, new, again, pages, deep]


def _rate(seconds: list[float]) -> str:
    return f"({PAGES / median(seconds):,.0f} pages of {PAGE} a second)"


def _get(sandbox: SandboxProcess, session: requests.Session, number: int) -> int:
    query = {"page[number]": number, "page[size]": PAGE}
    answer = session.get(f"{sandbox.base_url}/sim_cards", params=query, timeout=30)
    return len(orjson.loads(answer.content)["data"])


def _session(sandbox: SandboxProcess) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.api_key}"
    return session


def _bare(sandbox: SandboxProcess, sims: int) -> None:
    session = _session(sandbox)
    assert sum(_get(sandbox, session, n) for n in range(1, -(-sims // PAGE) + 1)) == sims


def _ours(sandbox: SandboxProcess, sims: int) -> None:
    client = Client(api_key=sandbox.api_key, base_url=sandbox.base_url)
    assert sum(1 for _ in client.sim_cards.list()) == sims


def _official(sandbox: SandboxProcess, sims: int) -> None:
    client = telnyx.Telnyx(api_key=sandbox.api_key, base_url=sandbox.base_url)
    assert sum(1 for _ in client.sim_cards.list(page_size=PAGE)) == sims


def _pages(sandbox: SandboxProcess, numbers: list[int]) -> float:
    """Fetch pages; answers the seconds of processor time that the sandbox took for them."""
    server = psutil.Process(sandbox.process.pid)
    session = _session(sandbox)
    before = server.cpu_times()
    for number in numbers:
        _get(sandbox, session, number)
    after = server.cpu_times()
    return after.user + after.system - before.user - before.system
