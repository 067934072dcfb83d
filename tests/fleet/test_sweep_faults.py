"""Sweeps over an API that fails, lies, slows down, or changes while it is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from accounts.models import Connection, TelnyxAccount
from fleet.models import Resource, SimCard, SyncRun, SyncState
from fleet.sync import engine
from fleet.sync.engine import start_run, sweep
from fleet.sync.registry import SYNCS
from fleet.sync.schedule import due_accounts, sweep_all
from tests.fleet.api import delete, eventually, fault, listed, requests, run_sweep
from tests.fleet.conftest import account_at
from tests.sandbox_process import SandboxProcess

SIMS = 40
LIST = "/sim_cards$"


@pytest.fixture
def own(new_sandbox: Callable[[int], SandboxProcess]) -> SandboxProcess:
    """A sandbox whose fleet nobody else changes."""
    return new_sandbox(SIMS)


@pytest.fixture
def account(transactional_db: None, own: SandboxProcess) -> TelnyxAccount:
    """An account at it, with nothing read yet."""
    return account_at(own)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven SIM cards a page, so that there are six of them."""
    monkeypatch.setattr(
        type(SYNCS["sim_cards"]), "page", lambda self, client, n: client.sim_cards.page(n, 7)
    )


def _now(account: TelnyxAccount) -> tuple[str, str]:
    account.refresh_from_db()
    return account.connection, account.connection_detail


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "status", "status": 429, "retry_after": 0.02},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "reset_before"},
        {"kind": "reset_after"},
        {"kind": "truncate"},
        {"kind": "invalid_json"},
        {"kind": "hang", "seconds": 5.0},
        {"kind": "latency", "seconds": 0.2},
    ],
    ids=lambda rule: "-".join(str(v) for v in rule.values()),
)
def test_a_passing_fault_costs_time_only(
    account: TelnyxAccount, own: SandboxProcess, small_pages: None, rule: dict[str, Any]
) -> None:
    fault(own, **rule, path=LIST, times=2)
    run = run_sweep(account)
    assert (run.state, run.seen, run.new) == (SyncState.COMPLETE, SIMS, SIMS)
    assert _now(account)[0] == Connection.OK


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"kind": "status", "status": 429, "retry_after": 0.02}, "slow down"),
        ({"kind": "status", "status": 500}, "500"),
        ({"kind": "reset_before"}, "no answer came back"),
        ({"kind": "truncate"}, "cut short|broke off"),
        ({"kind": "invalid_json"}, "not JSON"),
        ({"kind": "status", "status": 403}, "no permission"),
        ({"kind": "status", "status": 404}, "no such thing"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["kind"],
)
def test_a_lasting_fault_ends_the_sweep_and_says_why(
    account: TelnyxAccount, own: SandboxProcess, rule: dict[str, Any], said: str
) -> None:
    fault(own, **rule, path=LIST)
    run = run_sweep(account)
    assert run.state == SyncState.FAILED
    assert re.search(said, run.outcome), run.outcome
    connection, detail = _now(account)
    assert connection == Connection.UNREACHABLE
    assert re.search(said, detail)


def test_what_came_before_a_fault_is_kept_and_nothing_is_removed(
    account: TelnyxAccount, own: SandboxProcess, small_pages: None, settings: Any
) -> None:
    run_sweep(account)
    delete(own, SimCard.objects.latest("pk").remote_id)
    SimCard.objects.all().update(read_at="2026-01-01T00:00:00Z", digest=b"")
    settings.TELNYX_THREADS = 1
    page = SYNCS["sim_cards"].page
    with pytest.MonkeyPatch.context() as patch:

        def failing(self: Any, client: Any, number: int) -> Any:
            if number == 4:
                fault(own, "status", status=500, path=LIST)
            return page(client, number)

        patch.setattr(type(SYNCS["sim_cards"]), "page", failing)
        run = run_sweep(account)
    assert run.state == SyncState.PARTIAL
    assert run.seen == 21
    assert run.outcome.endswith("What was seen is stored; nothing was removed.")
    assert run.removed == 0


def test_a_refused_key_is_tried_once_and_then_no_more(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    own.admin("POST", "api_key", {"api_key": "another"})
    own.admin("DELETE", "requests")
    runs = sweep_all(account)
    assert [(run.resource, run.state) for run in runs] == [(next(iter(SYNCS)), SyncState.FAILED)]
    assert "refused (401)" in runs[0].outcome
    assert len(requests(own)) == 1
    connection, detail = _now(account)
    assert connection == Connection.REFUSED
    assert "settings" in detail
    # Nothing is asked any more: not by the schedule, not by a person, not by an operation.
    assert due_accounts() == []
    assert [run.state for run in sweep_all(account)] == [SyncState.FAILED]
    assert len(requests(own)) == 1
    # A new key is tried at once.
    account.set_connection(own.base_url, "another")
    account.save()
    assert due_accounts() == [account.pk]
    assert [run.state for run in sweep_all(account)] == [SyncState.COMPLETE] * len(SYNCS)


def test_a_key_revoked_in_mid_sweep_stops_it(
    account: TelnyxAccount, own: SandboxProcess, small_pages: None, settings: Any
) -> None:
    settings.TELNYX_THREADS = 1
    page = SYNCS["sim_cards"].page

    def revoked(self: Any, client: Any, number: int) -> Any:
        if number == 3:
            own.admin("POST", "api_key", {"api_key": "another"})
        return page(client, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(SYNCS["sim_cards"]), "page", revoked)
        run = run_sweep(account)
    assert run.state == SyncState.PARTIAL
    assert "refused (401)" in run.outcome
    assert _now(account)[0] == Connection.REFUSED
    assert sum(r["status"] == 401 for r in requests(own)) <= 2


def test_an_api_that_is_down_is_unreachable(account: TelnyxAccount, own: SandboxProcess) -> None:
    own.stop()
    run = run_sweep(account)
    assert run.state == SyncState.FAILED
    assert "no connection" in run.outcome
    connection, detail = _now(account)
    assert connection == Connection.UNREACHABLE
    assert "no connection" in detail
    assert account.may_call


def _shifting(
    own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, times: int, settings: Any
) -> list[str]:
    """Let the newest SIM card vanish before the third page is read, so many times."""
    settings.TELNYX_THREADS = 1
    read = SYNCS["sim_cards"].page
    gone: list[str] = []

    def page(self: Any, client: Any, number: int) -> Any:
        found = read(client, number)
        if number == 2 and len(gone) < times:
            gone.append(listed(own, "sim_cards")[0]["id"])
            delete(own, gone[-1])
        return found

    monkeypatch.setattr(type(SYNCS["sim_cards"]), "page", page)
    return gone


def test_a_list_that_shifts_once_is_read_again(
    account: TelnyxAccount,
    own: SandboxProcess,
    small_pages: None,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    run_sweep(account)
    gone = _shifting(own, monkeypatch, 1, settings)
    run = run_sweep(account)
    # It was seen before it vanished: the next sweep misses it.
    assert (run.state, run.seen, run.removed) == (SyncState.COMPLETE, SIMS - 1, 0)
    assert run.error_count == 0
    run = run_sweep(account)
    assert (run.state, run.seen, run.removed) == (SyncState.COMPLETE, SIMS - 1, 1)
    removed = SimCard.objects.exclude(removed_at=None)
    assert [str(card.remote_id) for card in removed] == gone


def test_a_list_that_never_stands_still_ends_early_and_removes_nothing(
    account: TelnyxAccount,
    own: SandboxProcess,
    small_pages: None,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    run_sweep(account)
    _shifting(own, monkeypatch, 99, settings)
    run = run_sweep(account)
    assert run.state == SyncState.PARTIAL
    assert "kept changing" in run.outcome
    assert not SimCard.objects.exclude(removed_at=None).exists()


def test_errors_are_counted_once_however_often_the_list_is_read(
    account: TelnyxAccount,
    own: SandboxProcess,
    small_pages: None,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    run_sweep(account)
    card = SimCard.objects.order_by("remote_created_at").first()
    assert card is not None
    own.admin("POST", f"sim_cards/{card.remote_id}", {"data_limit": 5})
    _shifting(own, monkeypatch, 1, settings)
    run = run_sweep(account)
    assert (run.state, run.error_count, len(run.errors)) == (SyncState.COMPLETE, 1, 1)


@pytest.mark.parametrize("claimed", [None, 5])
def test_an_empty_list_that_is_not_said_to_be_empty_is_not_complete(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, claimed: int
) -> None:
    run_sweep(account)
    listed = SYNCS["sim_cards"].page

    def page(self: Any, client: Any, number: int) -> Any:
        found = listed(client, number)
        object.__setattr__(found, "data", [])
        object.__setattr__(found, "total_results", claimed)
        return found

    monkeypatch.setattr(type(SYNCS["sim_cards"]), "page", page)
    run = run_sweep(account)
    assert (run.state, run.removed) == (SyncState.PARTIAL, 0)
    assert ("does not say how long" in run.outcome) == (claimed is None)
    assert len(requests(own, "GET", "/sim_cards/")) == 0


def test_two_sweeps_at_once_are_one(account: TelnyxAccount, own: SandboxProcess) -> None:
    fault(own, "latency", seconds=0.4, path=LIST)
    run = start_run(account, Resource.SIM_CARDS)
    assert run is not None
    assert start_run(account, Resource.SIM_CARDS) is None
    assert start_run(account, Resource.GROUPS) is not None

    def other() -> None:
        sweep(SyncRun.objects.get(pk=run.pk))
        engine.connection.close()

    thread = Thread(target=other)
    thread.start()
    eventually(lambda: requests(own, "GET", "/sim_cards"))
    # Somebody who holds the same run, as a broker that delivers twice would.
    again = sweep(SyncRun.objects.create(account=account, resource="sim_cards", state="complete"))
    assert "Another process" in again.outcome
    thread.join()
    run.refresh_from_db()
    assert (run.state, run.new) == (SyncState.COMPLETE, SIMS)
    assert len(requests(own, "GET", "/sim_cards")) == 1
