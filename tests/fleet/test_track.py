"""Following actions to their end, and finding out what became of lost answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Connection, TelnyxAccount
from fleet.models import Operation, OperationState, SimCard, TargetState
from fleet.operations import track as tracking
from fleet.operations.claim import claim
from fleet.operations.resume import submit_due, track_due
from fleet.operations.track import track
from fleet.sync.connection import client_for
from telnyx_api import Client, Page, errors
from tests.fleet.api import delete, fault, posts, requests, run_sweep
from tests.fleet.conftest import SPEED, account_at
from tests.fleet.operations import due_now, finish, only, started, states
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)


def _outcome(sandbox: SandboxProcess, **order: Any) -> None:
    sandbox.admin("POST", "action_outcomes", order)


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        ("failed", "The data limit was exceeded.", "The data limit was exceeded."),
        ("interrupted", "A newer request.", "A newer request."),
    ],
)
def test_an_action_that_fails_ends_its_target_with_the_reason(
    live: TelnyxAccount,
    cards: list[SimCard],
    sandbox: SandboxProcess,
    status: str,
    reason: str,
    said: str,
) -> None:
    _outcome(sandbox, status=status, reason=reason, sim_card_id=str(cards[0].remote_id))
    operation = started(live, cards[:2])
    finish(live, operation)
    assert operation.state == OperationState.PARTLY_FAILED
    assert states(operation) == [(status, said), ("completed", "")]


def test_all_failed_is_failed(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    _outcome(sandbox, status="failed", times=2)
    operation = started(live, cards[:2])
    finish(live, operation)
    assert operation.state == OperationState.FAILED


def test_a_stuck_action_is_given_up_with_its_state(
    live: TelnyxAccount,
    cards: list[SimCard],
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _outcome(sandbox, status="stuck", sim_card_id=str(cards[0].remote_id))
    operation = started(live, cards[:1])
    submit_due(live)
    track_due(live)
    assert only(operation).state == TargetState.IN_PROGRESS
    monkeypatch.setattr(tracking, "GIVE_UP_AFTER", timedelta(0))
    finish(live, operation)
    ((state, reason),) = states(operation)
    assert state == "failed"
    assert "still shows the action as “in-progress”" in reason


def test_a_sim_card_that_is_deleted_in_between(
    transactional_db: None, new_sandbox: Callable[[int], SandboxProcess]
) -> None:
    sandbox = new_sandbox(60)
    account = account_at(sandbox)
    run_sweep(account)
    card = SimCard.objects.filter(status="enabled", actions_in_progress=False)[0]
    # However slow the machine is, the action does not end before its time is let pass.
    _outcome(sandbox, status="failed", seconds=SPEED * 1_800)
    operation = started(account, [card], "disable")
    assert submit_due(account) == 1
    delete(sandbox, card.remote_id)
    sandbox.admin("POST", "clock", {"skew_seconds": 3_600})
    finish(account, operation)
    ((state, reason),) = states(operation)
    assert (operation.state, state) == ("failed", "interrupted")
    assert reason == "The SIM card was removed."


def test_a_pass_costs_pages_and_not_one_call_a_target(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    operation = started(live, cards)
    submit_due(live)
    assert track(live, client).api_calls == 1
    assert operation.targets.filter(state=TargetState.IN_PROGRESS).count() == 4
    finish(live, operation)
    assert not requests(sandbox, "GET", "/sim_card_actions/")
    assert track(live, client).api_calls == 0


class _Listed:
    """A client whose list of actions is ours."""

    def __init__(self, *pages: list[Any], by_id: dict[str, Any] | None = None) -> None:
        self.sim_card_actions = self
        self.listed, self.by_id = pages, by_id or {}
        self.read = 0
        self.asked: list[str] = []

    def pages(self) -> Any:
        for number, records in enumerate(self.listed, 1):
            self.read += 1
            yield Page(records, number, 250, len(self.listed), None, timezone.now())

    def retrieve(self, action_id: str) -> Any:
        self.asked.append(action_id)
        if action_id in self.by_id:
            return self.by_id[action_id]
        raise errors.NotFound("x", status=404, errors=[{"code": "10005"}])


def _action(
    card: SimCard,
    age: float = 0,
    value: str = "completed",
    action_type: str = "enable",
    **rest: Any,
) -> dict[str, Any]:
    created = (timezone.now() - timedelta(seconds=age)).isoformat()
    status = {"value": value, "reason": None}
    return {
        "id": f"{card.pk}-{age}",
        "sim_card_id": str(card.remote_id),
        "action_type": action_type,
        "status": status,
        "created_at": created,
    } | rest


def _unknown(account: TelnyxAccount, cards: list[SimCard], **fields: Any) -> Operation:
    operation = started(account, cards)
    claim(account, len(cards))
    now = timezone.now()
    fields = {"submitted_at": now, "due_at": now - timedelta(seconds=1)} | fields
    operation.targets.update(state=TargetState.UNKNOWN, **fields)
    return operation


def _track(account: TelnyxAccount, client: _Listed) -> tracking.Tracked:
    return track(account, client)  # type: ignore[arg-type]


def test_a_list_in_another_order_is_read_to_its_end(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = _unknown(live, cards[:1])
    others = [_action(cards[1], age) for age in (9_000, 8_000)]
    client = _Listed(others, others, [_action(cards[0], 1)])
    result = _track(live, client)
    assert (client.read, result.adopted, result.completed) == (3, 1, 1)
    assert only(operation).remote_action_id == f"{cards[0].pk}-1"


def test_a_list_in_the_usual_order_is_read_until_it_is_old(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = _unknown(live, cards[:1])
    client = _Listed(
        [_action(cards[1], age) for age in (1, 2)],
        [_action(cards[1], age) for age in (3, 9_000)],
        [_action(cards[0], 9_500)],
    )
    assert _track(live, client).requeued == 1
    assert client.read == 2
    assert only(operation).state == TargetState.QUEUED


@pytest.mark.parametrize("reverse", [False, True])
def test_of_two_actions_the_newer_is_taken_in_either_order(
    live: TelnyxAccount, cards: list[SimCard], reverse: bool
) -> None:
    operation = _unknown(live, cards[:1])
    actions = [_action(cards[0], age, value="in-progress") for age in (1, 30)]
    assert _track(live, _Listed(actions[::-1] if reverse else actions)).adopted == 1
    assert only(operation).remote_action_id == f"{cards[0].pk}-1"


@pytest.mark.parametrize(
    "action",
    [
        lambda card, other: _action(card, 1_000),
        lambda card, other: _action(card, 1, action_type="disable"),
        lambda card, other: _action(other, 1),
        lambda card, other: _action(card, 1, created_at="never"),
        lambda card, other: _action(card, 1, created_at=None),
    ],
    ids=["older", "another type", "another SIM card", "bad time", "no time"],
)
def test_an_action_that_is_not_ours_is_not_taken(
    live: TelnyxAccount, cards: list[SimCard], action: Any
) -> None:
    operation = _unknown(live, cards[:1])
    result = _track(live, _Listed([action(cards[0], cards[1]), "no record"]))
    assert (result.adopted, result.requeued) == (0, 1)
    target = only(operation)
    assert (target.state, target.reason) == ("queued", "was not applied; is sent again")


def test_an_action_of_an_earlier_attempt_is_still_ours(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    """It was sent ten minutes ago, looked absent, and is claimed again now."""
    began = timezone.now() - timedelta(minutes=10)
    operation = _unknown(live, cards[:1], submitted_at=began, attempts=2)
    assert _track(live, _Listed([_action(cards[0], 590)])).adopted == 1
    assert only(operation).state == TargetState.IN_PROGRESS


def test_an_action_that_another_target_has_is_not_taken_again(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    action = _action(cards[0], 1)
    first = started(live, cards[:1])
    first.targets.update(state=TargetState.COMPLETED, remote_action_id=action["id"])
    operation = _unknown(live, cards[:1])
    assert _track(live, _Listed([action])).adopted == 0
    assert only(operation).state == TargetState.QUEUED


def test_nothing_is_decided_before_the_dust_has_settled(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = _unknown(live, cards[:1], due_at=timezone.now() + timedelta(seconds=5))
    assert _track(live, _Listed([])).requeued == 0
    assert only(operation).state == TargetState.UNKNOWN


def test_a_target_that_moved_on_during_the_pass_is_left_alone(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = _unknown(live, cards[:1])

    class Moving(_Listed):
        def pages(self) -> Any:
            operation.targets.update(state=TargetState.SUBMITTING, claimed_at=timezone.now())
            return super().pages()

    assert _track(live, Moving([])).requeued == 0
    assert only(operation).state == TargetState.SUBMITTING


def test_the_few_that_the_list_does_not_show_are_asked_for_by_id(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = started(live, cards[:2])
    claim(live, 2)
    now = timezone.now()
    for target, action_id in zip(operation.targets.order_by("id"), ("a", "b"), strict=True):
        operation.targets.filter(pk=target.pk).update(
            state=TargetState.IN_PROGRESS, remote_action_id=action_id, submitted_at=now
        )
    client = _Listed([_action(cards[2], 1)] * 3, by_id={"a": _action(cards[0], 5)})
    result = _track(live, client)
    assert (client.asked, result.completed) == (["a", "b"], 1)
    # A 404 is waited out, and then told.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracking, "GIVE_UP_AFTER", timedelta(0))
        _track(live, client)
    assert [reason for _, reason in states(operation)] == [
        "",
        "Telnyx no longer knows the action.",
    ]


def test_one_action_that_hangs_on_does_not_cost_the_whole_history(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = started(live, cards[:1])
    claim(live, 1)
    began = timezone.now() - timedelta(minutes=50)
    operation.targets.update(
        state=TargetState.IN_PROGRESS, remote_action_id="old", submitted_at=began
    )
    pages = [[_action(cards[1], 10 * number)] * 3 for number in range(1, 100)]
    client = _Listed(*pages, by_id={"old": _action(cards[0], 3_000, value="in-progress")})
    assert _track(live, client).api_calls == 2
    assert only(operation).state == TargetState.IN_PROGRESS


@pytest.mark.parametrize("value", ["in-progress", "queued", None])
def test_an_unknown_state_of_an_action_is_waited_for(
    live: TelnyxAccount, cards: list[SimCard], value: str
) -> None:
    operation = _unknown(live, cards[:1])
    for status in ({"value": value, "reason": None}, value):
        _track(live, _Listed([_action(cards[0], 1, status=status)]))
        assert only(operation).state == TargetState.IN_PROGRESS


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("failed", "Telnyx reports a failure without a reason."),
        ("interrupted", "Telnyx interrupted the action."),
    ],
)
def test_a_failure_without_a_reason_says_so(
    live: TelnyxAccount, cards: list[SimCard], value: str, said: str
) -> None:
    operation = _unknown(live, cards[:1])
    _track(live, _Listed([_action(cards[0], 1, value=value)]))
    assert states(operation) == [(value, said)]


def test_what_was_found_before_an_error_is_shown(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = started(live, cards[:1])
    submit_due(live)
    fault(sandbox, "status", status=500, path="/sim_card_actions")
    with client_for(live) as client, pytest.raises(errors.ServerFailure):
        track(live, client)
    live.refresh_from_db()
    assert live.connection == Connection.UNREACHABLE
    sandbox.admin("DELETE", "faults")
    finish(live, operation)
    live.refresh_from_db()
    assert live.connection == Connection.OK


def test_a_submitter_that_was_killed_after_sending_is_followed(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    operation = started(live, cards[:2])
    first, second = claim(live, 2)
    client.sim_cards.enable(first.remote_id)
    due_now(operation)
    finish(live, operation)
    assert operation.state == OperationState.SUCCEEDED
    assert posts(sandbox, first.remote_id) == posts(sandbox, second.remote_id) == [202]
