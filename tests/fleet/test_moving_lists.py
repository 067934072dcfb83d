"""Lists that move while they are read, and an API that fails meanwhile: the copy stays true."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import TelnyxAccount
from fleet.models import SimCard, SyncState
from fleet.sync import batches, pages
from fleet.sync import sweep as sweep_module
from fleet.sync.registry import SYNCS
from telnyx_api import Page, errors
from tests.fleet.api import delete, fault, listed, requests, run_sweep
from tests.fleet.conftest import account_at
from tests.fleet.long_lists import assert_equal
from tests.fleet.records import sim_card
from tests.sandbox_process import SandboxProcess

SIMS = 40
LONG = 231
LIST = "/sim_cards$"
KIND = type(SYNCS["sim_cards"])


@pytest.fixture
def own(new_sandbox: Callable[[int], SandboxProcess]) -> SandboxProcess:
    """A sandbox whose fleet nobody else changes."""
    return new_sandbox(SIMS)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven SIM cards a page, few read ahead."""
    monkeypatch.setattr(KIND, "page", lambda self, client, n: client.sim_cards.page(n, 7))
    monkeypatch.setattr(batches, "BATCH", 14)
    monkeypatch.setattr(batches, "BESIDE_FROM", 0)
    monkeypatch.setattr(pages, "AHEAD", 2)


@pytest.fixture
def account(transactional_db: None, own: SandboxProcess, small: None) -> TelnyxAccount:
    """An account at it, after a first sweep."""
    made = account_at(own)
    assert run_sweep(made).state == SyncState.COMPLETE
    return made


def _removed(account: TelnyxAccount) -> set[str]:
    rows = SimCard.objects.filter(account=account).exclude(removed_at=None)
    return {str(card.remote_id) for card in rows}


def _settle(sandbox: SandboxProcess) -> None:
    """Wait until what was added is registered."""
    before: list[Any] = []
    while (now := listed(sandbox, "sim_cards")) != before:
        before = now
        time.sleep(0.7)


def _ids(sandbox: SandboxProcess) -> set[str]:
    return {record["id"] for record in listed(sandbox, "sim_cards")}


@pytest.mark.parametrize("kind", ["shift_down", "shift_up"])
@pytest.mark.parametrize("times", [1, 3, 8])
def test_a_list_that_shifts_is_stored_as_it_is_in_the_end(
    account: TelnyxAccount, own: SandboxProcess, kind: str, times: int
) -> None:
    before = _ids(own)
    fault(own, kind, path=LIST, times=times)
    for _ in range(4):
        run_sweep(account)
        assert not _removed(account) & _ids(own)
    own.admin("DELETE", "faults")
    _settle(own)
    run = run_sweep(account)
    assert run.state == SyncState.COMPLETE
    assert _removed(account) == before - _ids(own)
    assert_equal(account, own)


def test_a_list_that_never_stands_still_ends_early_and_removes_nothing(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "PASSES", 2)
    fault(own, "shift_down", path=LIST)
    run = run_sweep(account)
    assert (run.state, run.pages, run.removed) == (SyncState.PARTIAL, 0, 0)
    assert "kept changing" in run.outcome
    assert _removed(account) == set()
    own.admin("DELETE", "faults")
    _settle(own)
    again = run_sweep(account)
    assert (again.state, again.pk != run.pk) == (SyncState.COMPLETE, True)
    assert_equal(account, own)


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "status", "status": 429, "retry_after": 0.02, "probability": 0.3},
        {"kind": "reset_after", "probability": 0.3},
        {"kind": "truncate", "probability": 0.3},
        {"kind": "invalid_json", "probability": 0.3},
        {"kind": "status", "status": 503, "probability": 0.3},
        {"kind": "unknown_status", "probability": 0.5},
    ],
    ids=lambda rule: f"{rule['kind']}-{rule.get('status', '')}",
)
def test_faults_on_a_moving_list_never_leave_a_wrong_copy(
    account: TelnyxAccount, own: SandboxProcess, rule: dict[str, Any]
) -> None:
    for _ in range(2):
        fault(own, "shift_up", path=LIST, times=2)
        fault(own, "shift_down", path=LIST, times=2)
        fault(own, **rule, path=LIST)
        run_sweep(account)
        own.admin("DELETE", "faults")
        assert not _removed(account) & _ids(own)
    _settle(own)
    for _ in range(2):
        run = run_sweep(account)
    assert run.state == SyncState.COMPLETE
    assert_equal(account, own)


def test_only_the_pages_around_a_move_are_read_again(
    transactional_db: None,
    new_sandbox: Callable[[int], SandboxProcess],
    small: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = new_sandbox(LONG)
    account = account_at(sandbox)
    count = -(-LONG // 7)
    assert run_sweep(account).api_calls == count > 30
    order = [record["id"] for record in listed(sandbox, "sim_cards")]
    kind_page, done = KIND.page, []

    def page(self: Any, client: Any, number: int) -> Any:
        if number == 16 and not done:
            done.append(number)
            delete(sandbox, order[8])
        return kind_page(self, client, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KIND, "page", page)
        sandbox.admin("DELETE", "requests")
        run = run_sweep(account)
    assert (run.state, run.removed, run.seen) == (SyncState.COMPLETE, 0, LONG - 1)
    again = len(requests(sandbox, "GET", "/sim_cards")) - count
    assert 0 < again < count / 2
    assert run_sweep(account).removed == 1
    assert_equal(account, sandbox)


class MovingList:
    """A list in memory, newest first, of which records come and go between two pages."""

    def __init__(self, count: int, script: list[tuple[int, bool]]) -> None:
        self.cards = [sim_card(id=str(UUID(int=n + 1))) for n in range(count)]
        self.script = script
        self.made = count

    def page(self, number: int, size: int) -> Page[Any]:
        """The next change of the script, then the page."""
        if self.script:
            place, inserts = self.script.pop()
            place = place % (len(self.cards) + 1)
            if inserts:
                self.made += 1
                self.cards.insert(place, sim_card(id=str(UUID(int=self.made))))
            elif place < len(self.cards):
                del self.cards[place]
        data = [dict(card) for card in self.cards[(number - 1) * size : number * size]]
        count = max(1, -(-len(self.cards) // size))
        return Page(data, number, size, count, len(self.cards), timezone.now())

    def retrieve(self, remote_id: str) -> dict[str, Any]:
        """One of them."""
        for card in self.cards:
            if card["id"] == remote_id:
                return dict(card)
        gone = [{"code": "10005"}]
        raise errors.NotFound("gone", status=404, errors=gone)  # type: ignore[arg-type]

    def ids(self) -> set[str]:
        """What exists."""
        return {card["id"] for card in self.cards}


MOVES = st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=14)
NONE = [(61, False)]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 40), MOVES, MOVES, st.integers(1, 4), st.integers(1, 3))
@pytest.mark.django_db(transaction=True)
def test_whatever_moves_nothing_that_exists_is_removed(
    live: TelnyxAccount,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    first: list[tuple[int, bool]],
    second: list[tuple[int, bool]],
    ahead: int,
    batch: int,
) -> None:
    SimCard.objects.all().delete()
    moving = MovingList(count, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KIND, "page", lambda self, client, number: moving.page(number, 3))
        patch.setattr(KIND, "retrieve", lambda self, client, remote_id: moving.retrieve(remote_id))
        patch.setattr(pages, "AHEAD", ahead)
        patch.setattr(batches, "BATCH", 3 * batch)
        patch.setattr(batches, "BESIDE_FROM", 0)
        patch.setattr(sweep_module, "CONFIRMED_A_SWEEP", 100)
        for script in ([], first, second):
            moving.script = list(script)
            run_sweep(live)
            assert not _removed(live) & moving.ids()
        moving.script = []
        run = run_sweep(live)
        assert run.state == SyncState.COMPLETE
        rows = SimCard.objects.filter(account=live, removed_at=None)
        assert {str(card.remote_id) for card in rows} == moving.ids()
