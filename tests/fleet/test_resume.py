"""What finds in the database what is due, and the tasks around it."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Connection, TelnyxAccount
from fleet import tasks
from fleet.models import OperationState, SimCard, SyncRun, SyncState, TargetState
from fleet.operations import resume
from fleet.operations.claim import claim
from fleet.operations.resume import accounts_with_work, submit_due, track_due
from fleet.operations.stop import cancel
from fleet.sync.advisory_locks import held_lock
from tests.fleet.api import requests
from tests.fleet.operations import due_now, finish, only, planned, started
from tests.fleet.records import stored_cards
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)


def test_accounts_have_work_while_an_operation_runs(account: TelnyxAccount) -> None:
    planned(account, stored_cards(account, 1))
    assert accounts_with_work() == []
    started(account, stored_cards(account, 1))
    started(account, stored_cards(account, 1))
    assert accounts_with_work() == [account]
    account.note_connection(Connection.REFUSED)
    assert accounts_with_work() == [account]


@pytest.mark.parametrize("turn", [submit_due, track_due])
def test_nothing_asked_says_nothing_of_the_connection(live: TelnyxAccount, turn: Any) -> None:
    operation = started(live, stored_cards(live, 1))
    operation.targets.update(due_at=timezone.now() + timezone.timedelta(minutes=1))
    live.note_connection(Connection.UNREACHABLE, "down")
    turn(live)
    live.refresh_from_db()
    assert (live.connection, live.connection_detail) == (Connection.UNREACHABLE, "down")


@pytest.mark.parametrize(("name", "turn"), [("submit", submit_due), ("track", track_due)])
def test_one_at_a_time_takes_a_turn(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, name: str, turn: Any
) -> None:
    operation = started(live, cards[:1])
    if name == "track":
        submit_due(live)
    locked, done = Event(), Event()

    def other() -> None:
        with held_lock(name, live.pk, *([0] if name == "submit" else [])):
            locked.set()
            done.wait(10)
        connection.close()

    thread = Thread(target=other)
    thread.start()
    locked.wait(10)
    before = len(requests(sandbox))
    turn(live)
    assert len(requests(sandbox)) == before
    done.set()
    thread.join()
    finish(live, operation)
    assert operation.state == OperationState.SUCCEEDED


def test_a_refused_account_still_ends_what_has_ended(account: TelnyxAccount) -> None:
    operation = started(account, stored_cards(account, 2))
    claim(account, 1)
    due_now(operation)
    account.note_connection(Connection.REFUSED)
    assert submit_due(account) == 0
    track_due(account)
    assert operation.targets.filter(state=TargetState.UNKNOWN).count() == 1
    operation.targets.update(state=TargetState.COMPLETED)
    track_due(account)
    operation.refresh_from_db()
    assert operation.state == OperationState.SUCCEEDED


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    """What tasks enqueue, instead of a broker."""
    calls: list[tuple[str, list[int]]] = []
    for task in (tasks.submit_operations, tasks.track_operations, tasks.sync_due):
        monkeypatch.setattr(
            task, "apply_async", lambda args, task=task, **options: calls.append((task.name, args))
        )
    return calls


def test_the_ticks_enqueue_what_is_due(
    account: TelnyxAccount, enqueued: list[tuple[str, list[int]]]
) -> None:
    tasks.resume_operations()
    assert enqueued == []
    started(account, stored_cards(account, 1))
    tasks.resume_operations()
    tasks.start_due_syncs()
    assert enqueued == [
        ("fleet.submit_operations", [account.pk, 0]),
        ("fleet.track_operations", [account.pk]),
        ("fleet.sync_due", [account.pk]),
    ]


def test_with_a_key_that_is_refused_nothing_is_sent_and_all_is_followed(
    account: TelnyxAccount, enqueued: list[tuple[str, list[int]]]
) -> None:
    started(account, stored_cards(account, 1))
    account.note_connection(Connection.REFUSED)
    tasks.resume_operations()
    assert enqueued == [("fleet.track_operations", [account.pk])]


def test_what_is_cancelled_ends_though_the_key_is_refused(
    account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    for task in (tasks.submit_operations, tasks.track_operations):
        monkeypatch.setattr(task, "apply_async", lambda args, task=task, **options: task(*args))
    operation = started(account, stored_cards(account, 2))
    account.note_connection(Connection.REFUSED)
    assert cancel(operation) == 2
    assert operation.state == OperationState.RUNNING
    tasks.resume_operations()
    operation.refresh_from_db()
    assert operation.state == OperationState.CANCELLED


def test_tasks_carry_an_operation_to_its_end(live: TelnyxAccount, cards: list[SimCard]) -> None:
    operation = started(live, cards[:1])
    tasks.submit_operations(live.pk)
    assert only(operation).state == TargetState.IN_PROGRESS
    finish(live, operation)
    tasks.sync_due(live.pk)
    assert SyncRun.objects.filter(state=SyncState.COMPLETE).count() >= 2


def test_tasks_for_an_account_that_is_gone_do_nothing(db: None) -> None:
    for task in (
        tasks.submit_operations,
        tasks.track_operations,
        tasks.sync_account,
        tasks.sync_due,
    ):
        task(12_345)


def test_what_takes_long_is_looked_at_ever_more_rarely(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    sandbox.admin("POST", "action_outcomes", {"status": "stuck", "times": 1})
    slow = started(live, cards[:1])
    submit_due(live)
    assert slow.targets.update(submitted_at=timezone.now() - timezone.timedelta(seconds=60)) == 1
    live.refresh_from_db()
    begun = timezone.now()
    track_due(live)
    live.refresh_from_db()
    assert live.track_after is not None
    # A tenth of its age, and never more than the longest pause.
    assert (live.track_after - begun).total_seconds() >= 6
    assert (live.track_after - timezone.now()).total_seconds() <= resume.LONGEST_PAUSE
    live.track_after = timezone.now() + timezone.timedelta(hours=1)
    live.save()
    before = len(requests(sandbox, "GET"))
    track_due(live)
    assert len(requests(sandbox, "GET")) == before
    # What is sent just now does not wait for that.
    started(live, cards[1:2])
    submit_due(live)
    live.refresh_from_db()
    assert (live.track_after - timezone.now()).total_seconds() <= 1


def test_following_many_takes_a_share_of_the_rate_limit(account: TelnyxAccount) -> None:
    account.requests_per_second = 50
    assert resume._pause(account, 1).total_seconds() == 0
    assert resume._pause(account, 40).total_seconds() == 4
    assert resume._pause(account, 4_000).total_seconds() == 10
