"""Storms of 429 in the middle of a sweep: it waits or backs off, asks little, loses nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Connection, TelnyxAccount
from fleet.models import Resource, SimCard, SyncRun, SyncSchedule, SyncState
from fleet.sync.registry import SYNCS
from fleet.sync.schedule import FIRST_RETRY, due_resources, sweep_one
from telnyx_api import rate_limit, sending
from tests.fleet.api import change, fault, listed, requests, run_sweep
from tests.fleet.conftest import account_at
from tests.sandbox_process import SandboxProcess

SIMS = 140
PAGES = 20
THREADS = 4
STORM_AT = 9


@pytest.fixture
def own(new_sandbox: Callable[[int], SandboxProcess]) -> SandboxProcess:
    """A sandbox whose fleet nobody else changes."""
    return new_sandbox(SIMS)


@pytest.fixture
def account(
    transactional_db: None, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> TelnyxAccount:
    """An account at it that was read before; since then some SIM cards changed."""
    monkeypatch.setattr(
        type(SYNCS["sim_cards"]), "page", lambda self, client, n: client.sim_cards.page(n, 7)
    )
    settings.TELNYX_THREADS = THREADS
    account = account_at(own)
    assert run_sweep(account).state == SyncState.COMPLETE
    for record in listed(own, "sim_cards")[::5]:
        change(own, record["id"], tags=["changed"])
    own.admin("DELETE", "requests")
    return account


def _storm(monkeypatch: pytest.MonkeyPatch, own: SandboxProcess, **storm: Any) -> None:
    """Let a storm begin before this page is asked for, once."""
    kind = type(SYNCS["sim_cards"])
    page, begun = kind.page, []

    def asking(self: Any, client: Any, number: int) -> Any:
        if number == STORM_AT and not begun:
            begun.append(number)
            fault(own, "storm", **storm)
        return page(self, client, number)

    monkeypatch.setattr(kind, "page", asking)


def _refused(own: SandboxProcess) -> int:
    return sum(request["status"] == 429 for request in requests(own))


def _assert_equal(account: TelnyxAccount, own: SandboxProcess) -> None:
    stored = {
        str(card.remote_id): (card.removed_at, card.status, sorted(card.tags))
        for card in SimCard.objects.filter(account=account)
    }
    assert stored == {
        record["id"]: (None, record["status"]["value"], sorted(record["tags"]))
        for record in listed(own, "sim_cards")
    }


@pytest.mark.parametrize("reset", ["seconds", "epoch"])
def test_a_sweep_waits_for_the_end_of_a_storm(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, reset: str
) -> None:
    # Longer than a second: in its last one a storm states a limit of one request a second, which
    # the client keeps to for a minute. Who waits as long as it is told does not meet with that.
    _storm(monkeypatch, own, seconds=1.6, reset=reset)
    begun = time.monotonic()
    run = run_sweep(account)
    took = time.monotonic() - begun
    assert (run.state, run.seen, run.changed, run.removed) == (
        SyncState.COMPLETE,
        SIMS,
        SIMS // 5,
        0,
    )
    # Those that were on their way when the storm began, each once.
    assert 1 <= _refused(own) <= THREADS
    assert len(requests(own, "GET", "/sim_cards")) <= PAGES + THREADS
    assert 1.6 <= took < 6
    account.refresh_from_db()
    assert account.connection == Connection.OK
    _assert_equal(account, own)


def test_a_sweep_gives_up_in_a_long_storm_and_backs_off(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if a minute, the longest pause, were short.
    for module in (rate_limit, sending):
        monkeypatch.setattr(module, "LONGEST_PAUSE", 0.2)
    with pytest.MonkeyPatch.context() as patch:
        _storm(patch, own, seconds=600)
        run = sweep_one(account, Resource.SIM_CARDS)
    assert run is not None
    assert (run.state, run.removed) == (SyncState.PARTIAL, 0)
    assert "slow down" in run.outcome
    assert run.outcome.endswith("What was seen is stored; nothing was removed.")
    in_all = _refused(own)
    assert 1 <= in_all <= THREADS * 5

    schedule = SyncSchedule.objects.get(account=account, resource=Resource.SIM_CARDS)
    assert (schedule.failures, schedule.reason) == (1, "1 failure in a row")
    now = timezone.now()
    assert schedule.due_at > now + FIRST_RETRY - timedelta(seconds=10)
    assert Resource.SIM_CARDS not in due_resources(account, now)
    assert Resource.SIM_CARDS in due_resources(account, now + FIRST_RETRY)
    sweep_one(account, Resource.SIM_CARDS)
    schedule.refresh_from_db()
    assert schedule.failures == 2
    assert schedule.due_at > timezone.now() + 2 * FIRST_RETRY - timedelta(seconds=10)
    # The first page alone was asked for.
    assert _refused(own) - in_all <= 5

    own.admin("DELETE", "faults")
    again = sweep_one(account, Resource.SIM_CARDS)
    assert again is not None
    assert (again.state, again.removed) == (SyncState.COMPLETE, 0)
    assert not SyncRun.objects.filter(state=SyncState.RUNNING).exists()
    _assert_equal(account, own)
