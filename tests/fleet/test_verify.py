"""Reading back what completed, and ending operations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Connection, TelnyxAccount
from fleet.models import (
    Cause,
    Event,
    Operation,
    OperationState,
    OperationTarget,
    Resource,
    SimCard,
    SyncRun,
    SyncState,
    TargetState,
)
from fleet.operations import reading
from fleet.operations.end import end_finished_operations
from fleet.operations.verify import HINDERED_FOR, verify
from fleet.sync.engine import start_run
from telnyx_api import Client, errors
from tests.fleet.api import change, delete, fault, requests
from tests.fleet.operations import finish, only, started, states
from tests.fleet.records import stored_cards
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = timedelta(hours=2)


def _acted(account: TelnyxAccount, cards: list[SimCard], ago: timedelta = timedelta()) -> Operation:
    """An operation whose actions completed some time ago."""
    operation = started(account, cards)
    for target in operation.targets.all():
        OperationTarget.objects.filter(pk=target.pk).update(
            state=TargetState.IN_PROGRESS,
            remote_action_id=f"action-{target.pk}",
            acted_at=timezone.now() - ago,
        )
    return operation


def test_a_sim_card_as_wanted_completes_its_target_and_leaves_an_event(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    operation = _acted(live, cards[:1])
    change(sandbox, cards[0].remote_id, status="enabled")
    seen = operation.progressed_at
    assert verify(live, client) == 1
    assert only(operation).state == TargetState.COMPLETED
    event = Event.objects.get(what="status", sim_card=cards[0], new="enabled")
    assert (event.cause, event.operation) == (Cause.OPERATION, operation)
    operation.refresh_from_db()
    assert operation.progressed_at > seen
    assert verify(live, client) == 0


def test_a_mismatch_is_waited_for_and_then_told_with_both_values(
    live: TelnyxAccount,
    cards: list[SimCard],
    sandbox: SandboxProcess,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fleet.operations.verify.LAG", timedelta(minutes=1))
    operation = _acted(live, cards[:1])
    change(sandbox, cards[0].remote_id, status="data_limit_exceeded")
    assert verify(live, client) == 0
    assert only(operation).state == TargetState.IN_PROGRESS
    OperationTarget.objects.update(acted_at=timezone.now() - timedelta(minutes=2), due_at=None)
    assert verify(live, client) == 1
    ((state, reason),) = states(operation)
    assert state == "failed"
    assert "reads back as “Data limit exceeded”, not enabled." in reason
    assert "used more data than its limit allows" in reason


def test_a_sim_card_that_is_gone_fails_even_if_it_looked_right_last(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    operation = _acted(live, cards[:1])
    SimCard.objects.filter(pk=cards[0].pk).update(status="enabled")
    delete(sandbox, cards[0].remote_id)
    assert verify(live, client) == 1
    assert states(operation) == [("failed", "The SIM card is no longer at Telnyx.")]


def test_one_broken_record_does_not_hold_up_the_others(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    operation = _acted(live, cards[:2], LONG_AGO)
    change(sandbox, cards[0].remote_id, status="enabled", data_limit=5)
    change(sandbox, cards[1].remote_id, status="enabled")
    assert verify(live, client) == 2
    (broken, fine) = states(operation)
    assert fine == ("completed", "")
    assert broken[0] == "failed"
    assert "cannot be read: data_limit is 5" in broken[1]


def test_one_sim_card_that_always_fails_is_given_up_and_the_others_are_not_held_up(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    operation = _acted(live, cards[:2])
    for card in cards[:2]:
        change(sandbox, card.remote_id, status="enabled")
    fault(sandbox, "status", status=500, path=f"{cards[0].remote_id}$")
    with pytest.raises(errors.ServerFailure):
        verify(live, client)
    assert [state for state, _ in states(operation)] == ["in_progress", "completed"]
    for ago, state in ((LONG_AGO, "in_progress"), (HINDERED_FOR, "failed")):
        OperationTarget.objects.update(acted_at=timezone.now() - ago, due_at=None)
        OperationTarget.objects.filter(state="completed").update(state="in_progress")
        with pytest.raises(errors.ServerFailure):
            verify(live, client)
        assert [state for state, _ in states(operation)] == [state, "completed"]


def test_an_api_that_is_away_ends_nothing(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    operation = _acted(live, cards[:2], LONG_AGO)
    fault(sandbox, "status", status=503, path="/sim_cards")
    with pytest.raises(errors.ServerFailure):
        verify(live, client)
    assert {state for state, _ in states(operation)} == {"in_progress"}
    live.refresh_from_db()
    assert live.connection == Connection.UNREACHABLE


def test_many_are_read_by_one_sweep(
    live: TelnyxAccount,
    cards: list[SimCard],
    sandbox: SandboxProcess,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "READ_SINGLY", 2)
    operation = _acted(live, cards)
    for card in cards:
        change(sandbox, card.remote_id, status="enabled")
    assert verify(live, client) == 4
    assert {r["path"] for r in requests(sandbox)} == {"/v2/sim_cards"}
    assert states(operation) == [("completed", "")] * 4


def test_a_sweep_that_is_running_is_waited_for(
    live: TelnyxAccount, cards: list[SimCard], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "READ_SINGLY", 2)
    # However slow the machine is, what is read back too early does not end a target.
    monkeypatch.setattr("fleet.operations.verify.LAG", timedelta(minutes=1))
    _acted(live, cards)
    run = start_run(live, Resource.SIM_CARDS)
    assert run is not None
    assert verify(live, client) == 0
    SyncRun.objects.filter(pk=run.pk).update(state=SyncState.COMPLETE)
    assert verify(live, client) == 0
    assert SyncRun.objects.filter(state=SyncState.COMPLETE).count() >= 2


def test_a_list_that_cannot_be_read_does_not_hold_up_the_operation(
    live: TelnyxAccount,
    cards: list[SimCard],
    sandbox: SandboxProcess,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "READ_SINGLY", 2)
    operation = _acted(live, cards)
    for card in cards:
        change(sandbox, card.remote_id, status="enabled")
    fault(sandbox, "status", status=500, path="/sim_cards$")
    assert verify(live, client) == 4
    assert states(operation) == [("completed", "")] * 4


def test_a_key_that_is_refused_while_sweeping_stays_refused(
    live: TelnyxAccount,
    cards: list[SimCard],
    sandbox: SandboxProcess,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "READ_SINGLY", 2)
    _acted(live, cards)
    fault(sandbox, "status", status=401, path="/sim_cards")
    assert verify(live, client) == 0
    live.refresh_from_db()
    assert live.connection == Connection.REFUSED
    assert len(requests(sandbox)) == 1


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        (["completed", "completed"], "succeeded"),
        (["completed", "skipped"], "succeeded"),
        (["skipped", "skipped"], "cancelled"),
        (["completed", "failed"], "partly_failed"),
        (["completed", "interrupted", "skipped"], "partly_failed"),
        (["failed", "skipped"], "failed"),
        (["failed", "interrupted"], "failed"),
        (["completed", "queued"], "running"),
        (["failed", "submitting"], "running"),
        (["failed", "in_progress"], "running"),
        (["failed", "unknown"], "running"),
    ],
)
def test_how_an_operation_ends(account: TelnyxAccount, ends: list[str], state: str) -> None:
    operation = started(account, stored_cards(account, len(ends)))
    for target, end in zip(operation.targets.all(), ends, strict=True):
        OperationTarget.objects.filter(pk=target.pk).update(state=end)
    assert end_finished_operations(account) == (state != "running")
    operation.refresh_from_db()
    assert operation.state == state
    assert (operation.finished_at is None) == (state == "running")
    assert end_finished_operations(account) == 0


def test_operations_of_other_accounts_are_left_alone(account: TelnyxAccount, stranger: Any) -> None:
    other = TelnyxAccount.objects.get(slug="else")
    operation = started(other, stored_cards(other, 1))
    operation.targets.update(state=TargetState.COMPLETED)
    assert end_finished_operations(account) == 0
    assert end_finished_operations(other) == 1


def test_disabling_and_standby_go_all_the_way(live: TelnyxAccount, cards: list[SimCard]) -> None:
    finish(live, started(live, cards[:2], "enable"))
    standby = finish(live, started(live, cards[:1], "set_standby"))
    disabled = finish(live, started(live, cards[1:2], "disable"))
    assert (standby.state, disabled.state) == (OperationState.SUCCEEDED,) * 2
    for card, status in zip(cards, ("standby", "disabled"), strict=False):
        card.refresh_from_db()
        assert card.status == status
