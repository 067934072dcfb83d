"""Voice: for single SIM cards where the API can, else by group with its bystanders."""

from __future__ import annotations

import pytest

from accounts.models import Person, TelnyxAccount
from fleet.models import Group, Operation, OperationState, Resource, SimCard, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.kinds.inputs import BadInputs
from fleet.operations.plan import bystander_groups, plan
from fleet.operations.start import Terms, confirm
from fleet.operations.undo import CannotUndo, plan_undo
from tests.fleet.api import change, fault, listed, posts, requests, run_sweep
from tests.fleet.operations import finish, states
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def group(live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess) -> Group:
    """A group of its own for the four SIM cards, which can have voice and have none."""
    run_sweep(live, Resource.GROUPS)
    import requests as http

    made = http.post(
        f"{sandbox.base_url}/sim_card_groups",
        json={"name": f"Voice {cards[0].pk}"},
        headers={"Authorization": f"Bearer {sandbox.api_key}"},
        timeout=5,
    ).json()["data"]
    for number, card in enumerate(cards):
        fields = {"sim_card_group_id": made["id"], "voice_enabled": False, "status": "enabled"}
        change(sandbox, card.remote_id, **fields, msisdn=f"+1312555{card.pk % 1000:03d}{number}")
    run_sweep(live, Resource.GROUPS)
    run_sweep(live)
    sandbox.admin("DELETE", "requests")
    return Group.objects.get(account=live, remote_id=made["id"])


def _planned(account: TelnyxAccount, cards: list[SimCard], kind: str = "voice_on") -> Operation:
    person = Person.objects.get_or_create(email="planner@acme.example")[0]
    rows = SimCard.objects.filter(pk__in=[card.pk for card in cards])
    account.refresh_from_db()
    return plan(account, KINDS[kind], rows, person, {"ids": len(cards)})


def _with_voice(sandbox: SandboxProcess, cards: list[SimCard]) -> list[bool]:
    by_id = {record["id"]: record for record in listed(sandbox, "sim_cards")}
    return [by_id[str(card.remote_id)]["voice_enabled"] for card in cards]


def test_single_sim_cards_where_the_api_has_the_call(
    live: TelnyxAccount, cards: list[SimCard], group: Group, sandbox: SandboxProcess
) -> None:
    operation = _planned(live, cards[:2])
    assert (operation.kind, operation.bystander_count) == ("voice_on", 0)
    assert confirm(operation)
    finish(live, operation)
    assert states(operation) == [("completed", "")] * 2
    assert _with_voice(sandbox, cards) == [True, True, False, False]
    live.refresh_from_db()
    assert live.voice_per_sim_card is True
    assert operation.requested_by is not None
    undo = plan_undo(operation, operation.requested_by)
    assert confirm(undo)
    finish(live, undo)
    assert _with_voice(sandbox, cards) == [False] * 4


def test_an_api_without_the_call_changes_nobody_and_is_remembered(
    live: TelnyxAccount, cards: list[SimCard], group: Group, sandbox: SandboxProcess
) -> None:
    fault(sandbox, "status", status=404, method="POST", path="/actions/enable_voice$")
    operation = _planned(live, cards[:2])
    assert confirm(operation)
    finish(live, operation)
    assert operation.state == OperationState.FAILED
    assert all("no call for this on a single SIM card" in reason for _, reason in states(operation))
    assert _with_voice(sandbox, cards) == [False] * 4
    live.refresh_from_db()
    assert live.voice_per_sim_card is False
    assert _planned(live, cards[:2]).kind == "group_voice_on"


def _by_group_only(account: TelnyxAccount) -> None:
    TelnyxAccount.objects.filter(pk=account.pk).update(voice_per_sim_card=False)


def test_bystanders_are_named_and_need_a_decision(
    live: TelnyxAccount, cards: list[SimCard], group: Group, sandbox: SandboxProcess
) -> None:
    _by_group_only(live)
    operation = _planned(live, cards[:3])
    assert (operation.target_count, operation.bystander_count) == (4, 1)
    assert bystander_groups(operation) == [{"name": group.name, "count": 1}]
    with pytest.raises(BadInputs, match="nobody selected"):
        confirm(operation)
    assert operation.state == OperationState.PLANNED
    assert confirm(operation, Terms(bystanders="include"))
    finish(live, operation)
    assert states(operation) == [("completed", "")] * 4
    (bulk,) = requests(sandbox, "POST", "/sim_cards/actions/bulk_enable_voice")
    assert bulk["status"] == 202
    assert not posts(sandbox, cards[0].remote_id)
    assert _with_voice(sandbox, cards) == [True] * 4
    assert operation.requested_by is not None
    with pytest.raises(CannotUndo, match="whole groups only"):
        plan_undo(operation, operation.requested_by)


def test_groups_with_bystanders_can_be_skipped(
    live: TelnyxAccount, cards: list[SimCard], group: Group, sandbox: SandboxProcess
) -> None:
    _by_group_only(live)
    operation = _planned(live, cards[:3])
    # With its only group skipped, nothing is left to start.
    assert not confirm(operation, Terms(bystanders="skip"))
    operation.refresh_from_db()
    assert (operation.target_count, operation.skipped_count) == (3, 3)
    whole = _planned(live, cards)
    assert whole.bystander_count == 0
    assert confirm(whole)
    finish(live, whole)
    assert whole.state == OperationState.SUCCEEDED


def test_who_came_into_the_group_since_the_plan_is_no_agreed_bystander(
    live: TelnyxAccount, cards: list[SimCard], group: Group, sandbox: SandboxProcess
) -> None:
    _by_group_only(live)
    SimCard.objects.filter(pk=cards[3].pk).update(group=None, group_remote_id=None)
    operation = _planned(live, cards[:3])
    assert operation.bystander_count == 0
    assert confirm(operation)
    SimCard.objects.filter(pk=cards[3].pk).update(group=group, group_remote_id=group.remote_id)
    finish(live, operation)
    assert operation.state == OperationState.CANCELLED
    assert {state for state, _ in states(operation)} == {TargetState.SKIPPED}
    assert "1 SIM cards more" in states(operation)[0][1]
    assert not requests(sandbox, "POST")


def test_a_lost_answer_to_a_group_s_request_is_adopted(
    live: TelnyxAccount, cards: list[SimCard], group: Group, sandbox: SandboxProcess
) -> None:
    _by_group_only(live)
    operation = _planned(live, cards)
    assert confirm(operation)
    fault(sandbox, "reset_after", method="POST", path="bulk_enable_voice$", times=1)
    finish(live, operation, 20)
    assert states(operation) == [("completed", "")] * 4
    assert len(requests(sandbox, "POST")) == 1
