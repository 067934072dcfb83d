"""How what operations changed is read back: by a sweep, by id, whatever the budget says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiCalls, TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, SimCard, TargetState
from fleet.operations import reading
from fleet.operations.resume import submit_due
from fleet.operations.verify import verify
from fleet.sync.budget import hour_of
from telnyx_api import Client
from tests.fleet.api import change, delete, requests
from tests.fleet.operations import finish, started, states
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, NOW = "356938035643809", "490154203237518"


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "READ_SINGLY", 2)


def _acted(account: TelnyxAccount, cards: list[SimCard], kind: str = "enable") -> Operation:
    """An operation whose actions have completed."""
    operation = started(account, cards, kind)
    for target in operation.targets.all():
        OperationTarget.objects.filter(pk=target.pk).update(
            state=TargetState.IN_PROGRESS,
            remote_action_id=f"action-{target.pk}",
            acted_at=timezone.now(),
        )
    return operation


def test_many_locks_are_read_by_id_since_lists_name_no_device(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    SimCard.objects.filter(account=live).update(imei=BEFORE)
    for card in cards:
        change(sandbox, card.remote_id, current_imei=NOW)
    operation = started(live, cards, "lock_imei")
    assert submit_due(live) == 4
    sandbox.admin("DELETE", "requests")
    finish(live, operation)
    assert states(operation) == [("completed", "")] * 4
    assert {r["path"] for r in requests(sandbox)} == {
        f"/v2/sim_cards/{card.remote_id}" for card in cards
    }
    locks = SimCard.objects.filter(account=live).values_list("imei", "authorized_imeis")
    assert list(locks) == [(NOW, [NOW])] * 4


def test_those_that_have_to_be_read_by_id_do_not_keep_others_from_a_sweep(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    enabled = _acted(live, cards[:3])
    deleted = _acted(live, cards[3:], "delete_sim_card")
    for card in cards[:3]:
        change(sandbox, card.remote_id, status="enabled")
    delete(sandbox, cards[3].remote_id)
    assert verify(live, client) == 4
    assert states(enabled) == [("completed", "")] * 3
    assert states(deleted) == [("completed", "")]
    asked = {r["path"] for r in requests(sandbox, "GET")}
    assert asked == {"/v2/sim_cards", f"/v2/sim_cards/{cards[3].remote_id}"}


def test_a_budget_that_is_used_up_does_not_hold_operations_up(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    live.calls_per_hour = 1
    live.save()
    for hour in (hour_of(timezone.now()), hour_of(timezone.now()) + timedelta(hours=1)):
        ApiCalls.objects.create(account=live, hour=hour, calls=2)
    operation = _acted(live, cards)
    for card in cards:
        change(sandbox, card.remote_id, status="enabled")
    assert verify(live, client) == 4
    assert {r["path"] for r in requests(sandbox, "GET")} == {"/v2/sim_cards"}
    assert states(operation) == [("completed", "")] * 4
    assert operation.state == OperationState.RUNNING
