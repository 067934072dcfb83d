"""A list that counts as long, and sweeps over it that break off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import connection

from accounts.models import TelnyxAccount
from fleet.models import SimCard, SyncRun
from fleet.sync import batches, pages, seen
from fleet.sync.registry import SYNCS
from tests.fleet.api import fault, listed, requests, run_sweep
from tests.fleet.conftest import account_at
from tests.sandbox_process import SandboxProcess

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
        for name in kept_tables():
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


def at_page(monkeypatch: pytest.MonkeyPatch, number: int, happens: Callable[[], Any]) -> None:
    """Let something happen once, before this page is asked for."""
    kind = type(SYNCS["sim_cards"])
    page, done = kind.page, []

    def asking(self: Any, client: Any, asked: int) -> Any:
        if asked == number and not done:
            done.append(asked)
            happens()
        return page(self, client, asked)

    monkeypatch.setattr(kind, "page", asking)


def break_off(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, page: int = 4
) -> SyncRun:
    """A sweep that fails at a page; the API is well again afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        at_page(patch, page, lambda: fault(own, "status", status=500, path=LIST))
        run = run_sweep(account)
    own.admin("DELETE", "faults")
    own.admin("DELETE", "requests")
    return run


def asked_pages(sandbox: SandboxProcess) -> list[int]:
    """The pages of the list that were asked for, in order."""
    found = [r for r in requests(sandbox, "GET", "/sim_cards") if r["path"] == "/v2/sim_cards"]
    return [int(parse_qs(request["query"])["page[number]"][0]) for request in found]


def kept_tables() -> list[str]:
    """The tables that keep what stopped runs have seen."""
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT relname FROM pg_class WHERE relname ~ '^sweep_seen_\d+$'")
        return sorted(name for (name,) in cursor.fetchall())
