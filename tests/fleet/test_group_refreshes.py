"""Two people ask for the same group at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from accounts.models import TelnyxAccount
from fleet.models import Resource, SyncRun, SyncState
from fleet.sync import runs
from fleet.sync.refresh import refresh_group
from tests.fleet.api import fault, listed, requests
from tests.fleet.conftest import account_at
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def own(new_sandbox: Callable[[int], SandboxProcess]) -> SandboxProcess:
    """A sandbox whose fleet nobody else changes."""
    return new_sandbox(40)


@pytest.fixture
def account(transactional_db: None, own: SandboxProcess) -> TelnyxAccount:
    """An account at it, with nothing read yet."""
    return account_at(own)


def test_the_second_leaves_it_to_the_first(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, other = [record["id"] for record in listed(own, "sim_card_groups")][:2]
    own.admin("DELETE", "requests")
    fault(own, "latency", seconds=0.4, path="/sim_cards$")
    reads_group = runs._reads_group

    def slowly(*arguments: Any) -> bool:
        found = reads_group(*arguments)
        # Time for the other to look before this one has begun its run.
        time.sleep(0.2)
        return found

    monkeypatch.setattr(runs, "_reads_group", slowly)

    def ask(remote_id: Any) -> SyncRun | None:
        try:
            return refresh_group(account, remote_id, None)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        first, second, third = pool.map(ask, [group, group, other])
    assert sorted([first is None, second is None]) == [False, True]
    assert third is not None
    made = SyncRun.objects.filter(resource=Resource.SIM_CARDS)
    assert {(str(run.group_remote_id), run.state) for run in made} == {
        (group, SyncState.COMPLETE),
        (other, SyncState.COMPLETE),
    }
    assert len(made) == 2
    asked = [r["query"] for r in requests(own, "GET", "/sim_cards")]
    assert sum(group in query for query in asked) == 1
