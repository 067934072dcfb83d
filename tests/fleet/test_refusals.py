"""What a refusal says, and what it does not: of which target, of how many, of the API itself."""

from __future__ import annotations

import pytest

from accounts.models import TelnyxAccount
from fleet.models import OperationState, SimCard, TargetState
from fleet.operations import answers
from fleet.operations.claim import claim
from fleet.operations.resume import submit_due, track_due
from telnyx_api import errors
from tests.fleet.api import change, delete, fault, posts, requests
from tests.fleet.operations import finish, only, started, states
from tests.fleet.records import stored_cards
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)
BULK = {"method": "POST", "path": "bulk_set_public_ips$"}
API_S_OWN = errors.NotFound("gone", status=404, detail="Not here", errors=[{"code": "10005"}])
OF_A_PROXY = errors.NotFound("POST actions: Not Found (HTTP 404).", status=404)


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422])
def test_a_request_for_many_that_one_may_have_spoiled_is_sent_one_by_one(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, status: int
) -> None:
    operation = started(live, cards[:3], "set_public_ip")
    fault(sandbox, "status", status=status, times=1, **BULK)
    finish(live, operation)
    assert states(operation) == [("completed", "")] * 3
    assert [posts(sandbox, card.remote_id) for card in cards[:3]] == [[202]] * 3


def test_a_request_for_many_with_one_that_is_gone_fails_that_one_only(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = started(live, cards[:3], "set_public_ip")
    delete(sandbox, cards[1].remote_id)
    finish(live, operation)
    assert [state for state, _ in states(operation)] == ["completed", "failed", "completed"]


def test_a_request_for_many_that_the_key_may_not_send_is_not_repeated_for_each(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = started(live, cards[:3], "set_public_ip")
    fault(sandbox, "status", status=403, **BULK)
    finish(live, operation)
    assert operation.state == OperationState.FAILED
    assert len(requests(sandbox, "POST")) == 1


def test_what_seems_to_be_moving_is_not_sent_with_many(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    """Among many it would be accepted, and its action would fail."""
    busy = cards[1]
    change(sandbox, busy.remote_id, actions_in_progress=True)
    SimCard.objects.filter(pk=busy.pk).update(actions_in_progress=True)
    operation = started(live, cards[:3], "set_public_ip")
    submit_due(live)
    target = operation.targets.get(sim_card=busy)
    assert target.state == TargetState.QUEUED
    assert target.reason == "waits for an action that is in progress"
    assert posts(sandbox, busy.remote_id)
    assert set(posts(sandbox, busy.remote_id)) == {422}
    change(sandbox, busy.remote_id, actions_in_progress=False)
    finish(live, operation)
    assert states(operation) == [("completed", "")] * 3
    (bulk,) = requests(sandbox, "POST", "/sim_cards/actions/")
    assert bulk["status"] == 202


@pytest.mark.parametrize(
    ("kind", "error", "reason"),
    [
        # The group to move to is what is gone, say; the SIM card is there.
        ("move_to_group", API_S_OWN, "Telnyx answered 404: Not here"),
        ("enable", API_S_OWN, "Telnyx answered 404: Not here"),
        ("enable", OF_A_PROXY, "POST actions: Not Found (HTTP 404)."),
    ],
)
def test_404_does_not_say_that_the_sim_card_is_gone(
    live: TelnyxAccount,
    cards: list[SimCard],
    kind: str,
    error: errors.NotFound,
    reason: str,
) -> None:
    operation = started(live, cards[:1])
    # No such group, so that reading back does not find the SIM card in it.
    inputs = {"group": "99999999-9999-4999-8999-999999999999"}
    operation.targets.update(kind=kind, inputs=inputs if kind == "move_to_group" else {})
    (item,) = claim(live, 10)
    answers.decide(item, error)
    assert only(operation).state == TargetState.IN_PROGRESS
    track_due(live)
    assert states(operation) == [("failed", reason)]
    cards[0].refresh_from_db()
    assert cards[0].removed_at is None


@pytest.mark.parametrize(
    ("has_the_call", "error", "lacks_it"),
    [
        (None, API_S_OWN, True),
        (None, OF_A_PROXY, False),
        (True, API_S_OWN, False),
        (False, API_S_OWN, True),
    ],
)
def test_only_the_api_says_that_it_has_no_call_for_voice(
    account: TelnyxAccount, has_the_call: bool | None, error: errors.NotFound, lacks_it: bool
) -> None:
    operation = started(account, stored_cards(account, 1), "voice_on")
    TelnyxAccount.objects.update(voice_per_sim_card=has_the_call)
    (item,) = claim(account, 10)
    answers.decide(item, error)
    target = only(operation)
    assert (target.state, target.refused) == (TargetState.IN_PROGRESS, True)
    assert target.reason.startswith(answers.NO_SUCH_CALL) == lacks_it


def test_404_for_a_group_is_not_for_a_call_for_single_sim_cards(account: TelnyxAccount) -> None:
    operation = started(account, stored_cards(account, 1), "voice_on")
    operation.targets.update(kind="group_voice_on", inputs={})
    TelnyxAccount.objects.update(voice_per_sim_card=False)
    (item,) = claim(account, 10)
    answers.decide(item, API_S_OWN)
    assert only(operation).reason == "Telnyx answered 404: Not here"


def test_another_api_is_asked_anew_which_calls_it_has(account: TelnyxAccount) -> None:
    account.voice_per_sim_card = False
    assert not account.set_connection(account.base_url, account.api_key)
    assert account.voice_per_sim_card is False
    assert account.set_connection(account.base_url, "KEY-of-another-0123456789")
    assert account.voice_per_sim_card is None
