"""Long lists that break off go on where they were, and the copy is right whatever happened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import ApiCalls, Role, TelnyxAccount
from fleet.models import Resource, SimCard, SyncRun, SyncState
from fleet.sync import pages, runs, seen
from fleet.sync.engine import start_run, sweep
from fleet.sync.runs import drop_kept_ids, kept_table
from tests.conftest import make_person
from tests.fleet import long_lists
from tests.fleet.api import delete, fault, listed, requests, run_sweep
from tests.fleet.long_lists import (
    LIST,
    PAGES,
    SIMS,
    asked_pages,
    assert_equal,
    at_page,
    break_off,
    kept_tables,
)
from tests.sandbox_process import SandboxProcess

own = long_lists.own
account = long_lists.account


@pytest.mark.parametrize("page", [2, 4, 5, 6])
def test_what_broke_off_goes_on_where_it_was(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    first = break_off(account, own, monkeypatch, page)
    assert (first.state, first.pages, first.seen) == (SyncState.PARTIAL, page - 1, 7 * (page - 1))
    assert SimCard.objects.count() == first.seen, "what was seen is stored"
    run = run_sweep(account)
    assert (run.pk, run.resumed, run.state) == (first.pk, 1, SyncState.COMPLETE)
    assert (run.seen, run.new, run.removed, run.outcome) == (SIMS, SIMS, 0, "")
    assert asked_pages(own) == list(range(page, PAGES + 1))
    assert kept_tables() == []
    assert_equal(account, own)


def test_a_used_up_budget_breaks_off_and_a_person_goes_on(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    account.calls_per_hour = 3
    account.save()
    first = run_sweep(account)
    assert (first.state, first.pages) == (SyncState.PARTIAL, 3)
    assert "budget" in first.outcome
    assert ApiCalls.objects.get(account=account).calls == 3
    person = make_person("ada@live.example", account, Role.OPERATOR)
    run = start_run(account, Resource.SIM_CARDS, person.pk)
    assert run is not None
    assert (run.pk, run.requested_by_id) == (first.pk, person.pk)
    assert sweep(run).state == SyncState.COMPLETE
    assert_equal(account, own)


def test_removals_are_right_though_it_broke_off(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sweep(account)
    order = [record["id"] for record in listed(own, "sim_cards")]
    break_off(account, own, monkeypatch)
    for place in (0, 30):
        delete(own, order[place])
    run = run_sweep(account)
    assert (run.resumed, run.state, run.removed) == (1, SyncState.COMPLETE, 1)
    gone = [r["path"] for r in requests(own, "GET", "/sim_cards/") if r["status"] == 404]
    assert gone == [f"/v2/sim_cards/{order[30]}"], "the other one was seen before it went"
    assert run_sweep(account).removed == 1
    assert_equal(account, own)


def test_nothing_that_exists_is_removed_where_the_list_moved_meanwhile(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sweep(account)
    order = [record["id"] for record in listed(own, "sim_cards")]
    break_off(account, own, monkeypatch)
    # The first of the fourth page slips to the third, which is not read again at first.
    delete(own, order[3])
    run = run_sweep(account)
    assert (run.resumed, run.state) == (1, SyncState.COMPLETE)
    run_sweep(account)
    assert [str(c.remote_id) for c in SimCard.objects.exclude(removed_at=None)] == [order[3]]
    assert_equal(account, own)


@pytest.mark.parametrize(("moves", "breaks"), [(3, 5), (5, 6)])
def test_what_slipped_before_it_broke_off_is_read_again(
    account: TelnyxAccount,
    own: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    moves: int,
    breaks: int,
) -> None:
    monkeypatch.setattr(pages, "AHEAD", 1)
    order = [record["id"] for record in listed(own, "sim_cards")]
    with pytest.MonkeyPatch.context() as patch:
        # The first of that page slips to the one before, which was read already.
        at_page(patch, moves, lambda: delete(own, order[3]))
        at_page(patch, breaks, lambda: fault(own, "status", status=500, path=LIST))
        first = run_sweep(account)
    own.admin("DELETE", "faults")
    assert (first.state, first.expected) == (SyncState.PARTIAL, SIMS - 1)
    assert (first.pages, first.moved_at) == (breaks - 1, [moves])
    run = run_sweep(account)
    assert (run.pk, run.state, run.resumed) == (first.pk, SyncState.COMPLETE, 1)
    assert (run.seen, run.moved_at) == (SIMS - 1, [])
    stored = {str(id) for id in SimCard.objects.values_list("remote_id", flat=True)}
    assert stored == set(order)
    run_sweep(account)
    assert_equal(account, own)


def test_a_sweep_that_broke_off_after_its_last_page_asks_for_none_behind_it(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    run_sweep(account)
    gone = listed(own, "sim_cards")[3]["id"]
    delete(own, gone)
    fault(own, "status", status=429, retry_after=0.02, path=f"{gone}$")
    first = run_sweep(account)
    assert (first.state, first.pages, first.removed) == (SyncState.PARTIAL, PAGES, 0)
    own.admin("DELETE", "faults")
    own.admin("DELETE", "requests")
    run = run_sweep(account)
    assert (run.pk, run.state, run.removed) == (first.pk, SyncState.COMPLETE, 1)
    assert (run.seen, asked_pages(own)) == (SIMS - 1, [PAGES])


@pytest.mark.parametrize("why", ["emptied", "dropped", "old", "often", "another key"])
def test_it_begins_again_where_going_on_would_not_do(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    first = break_off(account, own, monkeypatch)
    if why == "old":
        old = timezone.now() - runs.RESUME_WITHIN - timedelta(seconds=1)
        SyncRun.objects.update(finished_at=old)
    elif why == "another key":
        SyncRun.objects.update(connection_version=account.connection_version - 1)
    elif why == "often":
        SyncRun.objects.update(resumed=runs.RESUMED_AT_MOST)
    else:
        with connection.cursor() as cursor:
            word = "TRUNCATE" if why == "emptied" else "DROP TABLE"
            cursor.execute(f"{word} {kept_table(first)}")
    run = run_sweep(account)
    assert (run.pk != first.pk, run.resumed, run.state) == (True, 0, SyncState.COMPLETE)
    assert asked_pages(own) == list(range(1, PAGES + 1))
    assert_equal(account, own)


def test_a_short_list_is_read_from_its_beginning(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "KEEP_FROM", SIMS)
    first = break_off(account, own, monkeypatch)
    assert (first.state, first.pages, kept_tables()) == (SyncState.PARTIAL, 3, [])
    run = run_sweep(account)
    assert (run.pk != first.pk, run.state) == (True, SyncState.COMPLETE)


def test_kept_ids_are_dropped_once_no_run_wants_them(
    account: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = break_off(account, own, monkeypatch)
    name = kept_table(first)
    assert (drop_kept_ids(), kept_tables()) == ([], [name])
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE sweep_seen_2000000001 (remote_id uuid)")
    assert drop_kept_ids() == ["sweep_seen_2000000001"]
    SyncRun.objects.update(finished_at=timezone.now() - runs.RESUME_WITHIN)
    assert (drop_kept_ids(), kept_tables()) == ([name], [])
