"""Lists that only grow, and lists that come whole in one answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import TelnyxAccount
from fleet.models import Region, Resource, SimCardAction, SyncRun, SyncState
from fleet.sync.registry import SYNCS
from fleet.sync.values import BadValue
from tests.fleet.api import eventually, listed, requests, run_sweep
from tests.fleet.conftest import account_at
from tests.fleet.population import ask
from tests.sandbox_process import SandboxProcess

KIND = type(SYNCS["sim_card_actions"])
ACTIONS = Resource.SIM_CARD_ACTIONS


@pytest.fixture
def own(new_sandbox: Callable[[int], SandboxProcess]) -> SandboxProcess:
    """A sandbox whose fleet nobody else changes."""
    return new_sandbox(60)


@pytest.fixture
def account(
    transactional_db: None, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> TelnyxAccount:
    """An account at it, with two actions a page."""
    monkeypatch.setattr("fleet.sync.pages.AHEAD", 1)
    monkeypatch.setattr("fleet.sync.batches.BATCH", 2)
    monkeypatch.setattr(KIND, "page", lambda self, client, n: client.sim_card_actions.page(n, 2))
    return account_at(own)


def _sweep(account: TelnyxAccount, sandbox: SandboxProcess) -> tuple[SyncRun, int, list[str]]:
    """A sweep, how many pages it asked for, and the ids it asked for."""
    sandbox.admin("DELETE", "requests")
    run = run_sweep(account, ACTIONS)
    assert run.state == SyncState.COMPLETE
    paths = [request["path"] for request in requests(sandbox, "GET", "/sim_card_actions")]
    ids = [path.rpartition("/")[2] for path in paths if path != "/v2/sim_card_actions"]
    return run, len(paths) - len(ids), ids


def _begin(sandbox: SandboxProcess, count: int) -> list[str]:
    """Actions that begin now, oldest first."""
    cards = [c for c in listed(sandbox, "sim_cards") if c["status"]["value"] == "enabled"]
    return [
        ask(sandbox, "POST", f"sim_cards/{card['id']}/actions/disable")["id"]
        for card in cards[:count]
    ]


def _stored() -> dict[str, str]:
    return {str(row.remote_id): row.status for row in SimCardAction.objects.all()}


def _there(sandbox: SandboxProcess) -> dict[str, str]:
    return {r["id"]: r["status"]["value"] for r in listed(sandbox, "sim_card_actions")}


def test_the_first_sweep_reads_all_and_the_next_one_page(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    count = len(_there(own))
    run, pages, _ = _sweep(account, own)
    assert (run.new, pages) == (count, -(-count // 2))
    assert pages > 4
    run, pages, _ = _sweep(account, own)
    assert (run.new, run.changed, run.removed) == (0, 0, 0)
    assert pages <= 3, "one, and what was read ahead meanwhile"
    assert _stored() == _there(own)


def test_it_reads_on_until_it_knows_what_comes(account: TelnyxAccount, own: SandboxProcess) -> None:
    _sweep(account, own)
    _begin(own, 8)
    run, pages, _ = _sweep(account, own)
    assert run.new == 8
    assert 4 <= pages <= 7
    assert _stored().keys() == _there(own).keys()


def test_a_journal_that_grows_while_it_is_read_is_read_once(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = KIND.page

    def growing(self: Any, client: Any, number: int) -> Any:
        if number <= 6:
            _begin(own, 1)
        return page(self, client, number)

    monkeypatch.setattr(KIND, "page", growing)
    run, pages, _ = _sweep(account, own)
    assert pages == run.pages == -(-run.seen // 2), "no page twice, though each moved the list"
    _begin(own, 20)
    run, _, _ = _sweep(account, own)
    count = len(_there(own))
    run, pages, _ = _sweep(account, own)
    assert pages < count // 2, "not to its end, though each page moved the list"
    monkeypatch.setattr(KIND, "page", page)
    _sweep(account, own)
    assert _stored().keys() == _there(own).keys()


def test_a_record_that_cannot_be_stored_does_not_let_a_journal_be_read_whole_each_time(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = listed(own, "sim_card_actions")[-1]["id"]
    values = KIND.values

    def refusing(self: Any, record: Any) -> Any:
        if record["id"] == broken:
            raise BadValue("created_at is 5, not a time")
        return values(self, record)

    monkeypatch.setattr(KIND, "values", refusing)
    run, pages, _ = _sweep(account, own)
    assert (run.error_count, run.unstorable, broken in _stored()) == (1, 1, False)
    assert pages > 4
    for _ in range(2):
        assert _sweep(account, own)[1] <= 3
    # One that comes later is found by reading all of it once more.
    SimCardAction.objects.order_by("remote_created_at")[0].delete()
    assert _sweep(account, own)[1] == pages
    assert _stored().keys() == _there(own).keys() - {broken}


def test_open_ones_that_the_pages_do_not_show_are_asked_for_until_they_end(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    own.admin("POST", "action_outcomes", {"status": "stuck", "times": 1})
    (stuck,) = _begin(own, 1)
    _sweep(account, own)
    _begin(own, 25)
    eventually(lambda: own.admin("GET", "state")["sim_card_actions_in_progress"] <= 1)
    _sweep(account, own)
    _, _, ids = _sweep(account, own)
    assert ids == [stuck]
    assert _stored()[stuck] == "in-progress"
    assert not SimCardAction.objects.exclude(removed_at=None).exists()
    SimCardAction.objects.filter(remote_id=stuck).update(status="completed")
    assert _sweep(account, own)[2] == []


def test_a_list_that_comes_whole_is_the_proof_of_what_is_gone(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sweep(account, Resource.REGIONS)
    gone = Region.objects.order_by("pk").last()
    assert gone is not None
    page = type(SYNCS["regions"]).page

    def shorter(self: Any, client: Any, number: int) -> Any:
        found = page(self, client, number)
        kept = [r for r in found.data if self.identify(r) != gone.remote_id]
        object.__setattr__(found, "data", kept)
        object.__setattr__(found, "total_results", len(kept))
        return found

    monkeypatch.setattr(type(SYNCS["regions"]), "page", shorter)
    own.admin("DELETE", "requests")
    run = run_sweep(account, Resource.REGIONS)
    assert (run.state, run.removed) == (SyncState.COMPLETE, 1)
    assert {request["path"] for request in requests(own)} == {"/v2/wireless/regions"}
    gone.refresh_from_db()
    assert gone.removed_at is not None
    monkeypatch.setattr(type(SYNCS["regions"]), "page", page)
    run_sweep(account, Resource.REGIONS)
    gone.refresh_from_db()
    assert gone.removed_at is None
