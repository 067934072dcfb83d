"""When each resource is swept again: adaptive pauses, retries, the circuit breaker, the budget."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import ApiCalls, Connection, TelnyxAccount
from fleet.models import Resource, SimCard, SyncRun, SyncSchedule, SyncState
from fleet.sync import schedule
from fleet.sync.advisory_locks import held_lock
from fleet.sync.budget import (
    BudgetUsedUp,
    CountingLimiter,
    calls_this_hour,
    forget_old_counts,
    hour_of,
    next_hour,
)
from fleet.sync.registry import SYNCS
from fleet.sync.runs import finish, start_run
from fleet.sync.schedule import (
    FAILURES_TO_OPEN,
    due_accounts,
    due_resources,
    note_outcome,
    period_of,
    sweep_due,
)
from tests.fleet.api import fault, requests
from tests.fleet.conftest import account_at
from tests.fleet.operations import at_once
from tests.fleet.records import stored_cards
from tests.sandbox_process import SandboxProcess

NOW = timezone.now


def _ended(account: TelnyxAccount, resource: str = "sim_cards", **fields: Any) -> SyncRun:
    values = {"state": SyncState.COMPLETE, "finished_at": NOW()} | fields
    return SyncRun.objects.create(account=account, resource=resource, **values)


def _pause(account: TelnyxAccount, resource: str = "sim_cards", **fields: Any) -> tuple[float, str]:
    noted = note_outcome(account, _ended(account, resource, **fields))
    return noted.pause_seconds, noted.reason


def test_everything_is_due_at_first_and_then_when_its_pause_is_over(account: TelnyxAccount) -> None:
    TelnyxAccount.objects.update(connection=Connection.OK)
    account.refresh_from_db()
    assert due_accounts() == [account.pk]
    assert due_resources(account) == [*map(Resource, SYNCS), Resource.DETAILS]
    for resource in [*SYNCS, "details"]:
        note_outcome(account, _ended(account, resource))
    assert due_resources(account) == due_accounts() == []
    SyncSchedule.objects.filter(resource="orders").update(due_at=NOW() - timedelta(seconds=1))
    assert due_resources(account) == ["orders"]
    assert start_run(account, Resource.ORDERS) is not None
    assert due_resources(account) == [], "it runs already"


def test_details_are_read_only_where_they_are_wanted(account: TelnyxAccount) -> None:
    account.details_per_hour = 0
    assert Resource.DETAILS not in due_resources(account)


def test_pauses_follow_what_happens(account: TelnyxAccount) -> None:
    period = period_of(account, "sim_cards").total_seconds()
    assert period == account.sync_every_minutes * 60
    assert _pause(account, changed=3) == (period, "something changed")
    pauses = [_pause(account)[0] for _ in range(5)]
    assert pauses == [period * factor for factor in (1.5, 2.25, 3.375, 4, 4)]
    assert _pause(account, removed=1) == (period, "something changed")


def test_actions_in_progress_hurry_what_they_change(account: TelnyxAccount) -> None:
    period = period_of(account, "sim_cards").total_seconds()
    card = stored_cards(account, 1)[0]
    SimCard.objects.filter(pk=card.pk).update(actions_in_progress=True)
    assert _pause(account) == (period * schedule.BUSY, "actions are in progress")
    assert _pause(account, "orders")[1] == "nothing changed"


def test_a_long_sweep_rests(account: TelnyxAccount) -> None:
    started = NOW() - timedelta(hours=1)
    seconds, reason = _pause(account, started_at=started, changed=1)
    assert seconds == pytest.approx(7_200, abs=1)
    assert reason == "a sweep takes long"


def test_a_resumed_sweep_rests_for_what_it_took_this_time(account: TelnyxAccount) -> None:
    run = _ended(account, started_at=NOW() - timedelta(hours=8), resumed=3, changed=1)
    begun = NOW() - timedelta(seconds=2)
    assert note_outcome(account, run, begun).reason == "something changed"


def test_a_large_list_takes_half_of_the_hour_s_calls(account: TelnyxAccount) -> None:
    account.calls_per_hour = 20_000
    reason = "a sweep takes many of the hour's API calls"
    assert _pause(account, changed=1, api_calls=4_000) == (1_440, reason)
    assert _pause(account, changed=1, api_calls=400)[1] == "something changed"
    card = stored_cards(account, 1)[0]
    SimCard.objects.filter(pk=card.pk).update(actions_in_progress=True)
    assert _pause(account, api_calls=300)[1] == "actions are in progress"
    assert _pause(account, api_calls=600) == (216, reason)


def test_an_error_of_ours_holds_up_nothing_else(
    account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = []

    def sweep(run: SyncRun) -> SyncRun:
        swept.append(run.resource)
        state = SyncState.FAILED if run.resource == "groups" else SyncState.COMPLETE
        finish(run, state, "")
        if run.resource == "groups":
            raise ZeroDivisionError
        return run

    monkeypatch.setattr(schedule, "sweep", sweep)
    TelnyxAccount.objects.update(connection=Connection.OK)
    account.refresh_from_db()
    sweep_due(account)
    assert swept == [*SYNCS, "details"]
    failed = SyncSchedule.objects.get(resource="groups")
    assert (failed.failures, failed.pause_seconds) == (1, 30)
    assert due_resources(account) == []


def test_two_processes_do_not_sweep_the_same_one_after_the_other(
    transactional_db: None, account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[str] = []

    def sweep(run: SyncRun) -> SyncRun:
        swept.append(run.resource)
        if len(swept) == 1:
            # Another process does all the rest meanwhile.
            at_once(lambda: sweep_due(TelnyxAccount.objects.get()))
        return finish(run, SyncState.COMPLETE, "")

    monkeypatch.setattr(schedule, "sweep", sweep)
    TelnyxAccount.objects.update(connection=Connection.OK)
    account.refresh_from_db()
    sweep_due(account)
    assert sorted(swept) == sorted([*SYNCS, "details"])


def test_more_processes_than_two_leave_an_account_alone(
    transactional_db: None, account: TelnyxAccount
) -> None:
    with held_lock("sweep_due", account.pk, 0), held_lock("sweep_due", account.pk, 1):
        assert at_once(lambda: sweep_due(account)) == [[]]


def test_what_changes_rarely_is_read_rarely_but_once_a_day(account: TelnyxAccount) -> None:
    account.sync_every_minutes = 60
    assert period_of(account, "regions") == timedelta(days=1)
    assert set(schedule.RATES) == set(Resource), "every resource has its rate"


def test_failures_wait_longer_each_time(account: TelnyxAccount) -> None:
    pauses = [_pause(account, state=SyncState.FAILED) for _ in range(9)]
    assert [seconds for seconds, _ in pauses] == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert pauses[0][1] == "1 failure in a row"
    assert pauses[1][1] == "2 failures in a row"
    assert _pause(account, changed=1)[1] == "something changed"
    assert SyncSchedule.objects.get().failures == 0


def test_the_circuit_opens_is_tried_once_and_closes(account: TelnyxAccount) -> None:
    account.note_connection(Connection.UNREACHABLE, "no connection")
    for number in range(FAILURES_TO_OPEN):
        assert len(due_resources(account)) > 1, number
        note_outcome(account, _ended(account, state=SyncState.FAILED))
    assert account.paused_until
    assert due_resources(account) == []
    # Half open: one sweep tries it, and the next pause is longer.
    later = account.paused_until + timedelta(seconds=1)
    assert len(due_resources(account, later)) == 1
    first = account.paused_until
    note_outcome(account, _ended(account, "groups", state=SyncState.FAILED))
    account.refresh_from_db()
    assert account.paused_until > first + timedelta(seconds=25)
    note_outcome(account, _ended(account, "groups"))
    account.refresh_from_db()
    assert (account.failures_in_a_row, account.paused_until) == (0, None)
    assert len(due_resources(account)) > 1


def test_an_api_that_is_away_is_left_alone(
    new_sandbox: Callable[[int], SandboxProcess], transactional_db: None
) -> None:
    sandbox = new_sandbox(5)
    account = account_at(sandbox)
    fault(sandbox, "status", status=503)
    runs = sweep_due(account)
    assert [run.state for run in runs] == [SyncState.FAILED] * FAILURES_TO_OPEN
    asked = len(requests(sandbox))
    assert sweep_due(account) == []
    assert due_accounts() == []
    assert len(requests(sandbox)) == asked
    # Back again, one sweep finds out, and everything else is read after it.
    sandbox.admin("DELETE", "faults")
    TelnyxAccount.objects.update(paused_until=NOW())
    account.refresh_from_db()
    runs = sweep_due(account)
    assert {run.state for run in runs} == {SyncState.COMPLETE}
    assert runs[-1].resource == Resource.DETAILS


def test_the_budget_of_the_hour_ends_syncing_and_is_told(
    new_sandbox: Callable[[int], SandboxProcess], transactional_db: None
) -> None:
    sandbox = new_sandbox(5)
    account = account_at(sandbox)
    # Two for the regions, and one of three for the blocklist values.
    TelnyxAccount.objects.update(calls_per_hour=3)
    account.refresh_from_db()
    runs = sweep_due(account)
    assert runs[-1].state == SyncState.PARTIAL
    assert "budget of API calls for this hour is used up" in runs[-1].outcome
    assert calls_this_hour(account) == 3
    assert sum(run.api_calls for run in runs) == len(requests(sandbox)) == 3
    noted = SyncSchedule.objects.get(resource=runs[-1].resource)
    assert noted.reason == "the hour's API calls are used up"
    assert abs(noted.due_at - next_hour()) < timedelta(seconds=5)
    assert due_accounts() == []
    # In the next hour it goes on by itself.
    ApiCalls.objects.update(hour=hour_of(NOW()) - timedelta(hours=1))
    assert due_accounts() == [account.pk]


def test_a_sweep_that_began_in_an_earlier_hour_has_this_hour_s_calls(
    account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.calls_per_hour = 2
    limiter = CountingLimiter(account, 1)
    limiter.acquire(1)
    with pytest.raises(BudgetUsedUp):
        limiter.acquire(1)
    limiter.hour -= timedelta(hours=1)
    for _ in range(2):
        limiter.acquire(1)
    with pytest.raises(BudgetUsedUp):
        limiter.acquire(1)
    assert limiter.calls == 3


def test_a_person_s_own_request_is_not_held_up_by_the_budget(
    new_sandbox: Callable[[int], SandboxProcess], transactional_db: None, operator: Any
) -> None:
    account = account_at(new_sandbox(5))
    ApiCalls.objects.create(account=account, hour=hour_of(NOW()), calls=account.calls_per_hour)
    runs = schedule.sweep_all(account, operator.pk)
    assert {run.state for run in runs} == {SyncState.COMPLETE}
    assert calls_this_hour(account) > account.calls_per_hour


def test_old_counts_are_forgotten(account: TelnyxAccount) -> None:
    for days in (0, 40):
        hour = hour_of(NOW() - timedelta(days=days))
        ApiCalls.objects.create(account=account, hour=hour, calls=1)
    forget_old_counts()
    assert ApiCalls.objects.count() == 1
