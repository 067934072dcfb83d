"""Each answer of the API to a request, its absence included, and how often it was really sent."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Event

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Connection, TelnyxAccount
from fleet.models import OperationState, SimCard, TargetState
from fleet.operations import answers, claim, resume, submit
from fleet.operations.resume import submit_due, track_due
from telnyx_api import Client, errors
from tests.fleet.api import change, delete, fault, posts, requests
from tests.fleet.operations import due_now, finish, only, started, states, tick
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)
POST = {"method": "POST", "path": "/actions/"}


def _status(sandbox: SandboxProcess, card: SimCard) -> str:
    card.refresh_from_db()
    return card.status


def test_202_is_followed_to_the_end(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = started(live, cards)
    assert submit_due(live) == 4
    target = operation.targets.first()
    assert target is not None
    assert (target.state, target.due_at) == (TargetState.IN_PROGRESS, None)
    assert target.remote_action_id
    finish(live, operation)
    assert operation.state == OperationState.SUCCEEDED
    assert operation.finished_at is not None
    assert states(operation) == [("completed", "")] * 4
    for card in cards:
        assert posts(sandbox, card.remote_id) == [202]
        assert _status(sandbox, card) == "enabled"
    live.refresh_from_db()
    assert live.connection == Connection.OK


def test_a_refusal_for_what_is_so_already_is_read_back_and_counts(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    """Somebody was faster at the portal: the SIM card is as wanted."""
    operation = started(live, cards[:1])
    change(sandbox, cards[0].remote_id, status="enabled")
    finish(live, operation)
    assert (operation.state, states(operation)) == ("succeeded", [("completed", "")])
    assert posts(sandbox, cards[0].remote_id) == [422]


def test_a_refusal_for_another_cause_fails_with_the_api_s_words(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = started(live, cards[:2])
    change(sandbox, cards[0].remote_id, status="blocked")
    change(sandbox, cards[1].remote_id, sim_card_group_id=None)
    finish(live, operation)
    assert operation.state == OperationState.FAILED
    assert states(operation) == [
        ("failed", "A SIM card that is blocked does not take enable."),
        ("failed", "The SIM card has to be in a SIM card group for this."),
    ]
    assert _status(sandbox, cards[0]) == "blocked"


def test_404_fails_the_one_target(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = started(live, cards[:2])
    delete(sandbox, cards[0].remote_id)
    finish(live, operation)
    assert operation.state == OperationState.PARTLY_FAILED
    assert states(operation) == [
        ("failed", "The SIM card is no longer at Telnyx."),
        ("completed", ""),
    ]


def test_401_stops_at_once_and_goes_on_with_a_new_key(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, settings: Settings
) -> None:
    settings.TELNYX_THREADS = 1
    operation = started(live, cards)
    fault(sandbox, "status", status=401, **POST)
    tick(live)
    tick(live)
    live.refresh_from_db()
    assert live.connection == Connection.REFUSED
    assert len(requests(sandbox, "POST")) == 1
    assert {state for state, _ in states(operation)} == {"queued"}
    assert set(operation.targets.values_list("attempts", flat=True)) == {0}
    sandbox.admin("DELETE", "faults")
    TelnyxAccount.objects.filter(pk=live.pk).update(connection=Connection.UNCHECKED)
    due_now(operation)
    finish(live, operation)
    assert operation.state == OperationState.SUCCEEDED


def test_429_is_sent_again_later_and_does_not_count_as_an_attempt(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    operation = started(live, cards[:1])
    # Longer than a request may take in all.
    fault(sandbox, "status", status=429, retry_after=2.0, times=1, **POST)
    assert submit.submit(live, client, 1) == 1
    target = only(operation)
    assert (target.state, target.attempts) == (TargetState.QUEUED, 0)
    assert "slow down" in target.reason
    assert target.submitted_at is None
    finish(live, operation)
    assert states(operation) == [("completed", "")]
    assert posts(sandbox, cards[0].remote_id) == [429, 202]


def test_a_pause_has_an_end_whatever_the_api_asks_for(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = started(live, cards[:1])
    (item,) = claim.claim(live, 1)
    answers.decide(item, errors.RateLimited("x", retryable=True, retry_after=86_400.0))
    due = only(operation).due_at
    assert due is not None
    assert due < timezone.now() + timedelta(seconds=61)


def test_a_refused_connection_is_sent_again_later(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = started(live, cards[:2])
    TelnyxAccount.objects.filter(pk=live.pk).update(base_url="http://127.0.0.1:9/v2")
    tick(live)
    live.refresh_from_db()
    # Nothing came through, so the account must not look connected.
    assert live.connection == Connection.UNREACHABLE
    assert {state for state, _ in states(operation)} == {"queued"}
    assert set(operation.targets.values_list("attempts", flat=True)) == {0}
    TelnyxAccount.objects.filter(pk=live.pk).update(base_url=sandbox.base_url)
    finish(live, operation)
    assert operation.state == OperationState.SUCCEEDED
    assert [posts(sandbox, card.remote_id) for card in cards[:2]] == [[202], [202]]


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "reset_after"},
        {"kind": "status", "status": 503, "apply": True},
        {"kind": "truncate"},
        {"kind": "hang", "apply": True, "seconds": 3.0},
    ],
    ids=lambda rule: rule["kind"],
)
def test_an_answer_lost_after_the_api_applied_it_is_adopted_from_the_list(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, rule: dict[str, object]
) -> None:
    operation = started(live, cards[:1])
    fault(sandbox, times=1, **rule, **POST)  # type: ignore[arg-type]
    submit_due(live)
    target = only(operation)
    assert (target.state, target.attempts) == (TargetState.UNKNOWN, 1)
    assert target.submitted_at == target.claimed_at
    finish(live, operation)
    target = only(operation)
    assert (target.state, target.attempts) == (TargetState.COMPLETED, 1)
    assert target.remote_action_id
    assert len(posts(sandbox, cards[0].remote_id)) == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "reset_before"},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 408},
        {"kind": "hang", "seconds": 3.0},
    ],
    ids=lambda rule: str(rule.get("status", rule["kind"])),
)
def test_a_request_that_was_not_applied_is_sent_again_once(
    live: TelnyxAccount,
    cards: list[SimCard],
    sandbox: SandboxProcess,
    rule: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "SETTLING", timedelta(hours=1))
    operation = started(live, cards[:1])
    fault(sandbox, times=1, **rule, **POST)  # type: ignore[arg-type]
    submit_due(live)
    assert only(operation).state == TargetState.UNKNOWN
    track_due(live)
    # Not before it is certain that the API is not still at it.
    assert only(operation).state == TargetState.UNKNOWN
    due_now(operation)
    finish(live, operation)
    target = only(operation)
    assert (target.state, target.attempts) == (TargetState.COMPLETED, 2)
    answered = posts(sandbox, cards[0].remote_id)
    assert (len(answered), answered.count(202)) == (2, 1)


def test_after_three_lost_answers_it_fails_and_says_so(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = started(live, cards[:1])
    fault(sandbox, "reset_before", **POST)
    finish(live, operation)
    assert operation.state == OperationState.FAILED
    (reason,) = [reason for _, reason in states(operation)]
    assert reason == "No answer after 3 attempts, and Telnyx shows no action."
    assert len(posts(sandbox, cards[0].remote_id)) == 3


def test_another_action_in_progress_is_waited_for(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = started(live, cards[:1])
    change(sandbox, cards[0].remote_id, actions_in_progress=True)
    submit_due(live)
    target = only(operation)
    assert (target.state, target.submitted_at) == (TargetState.QUEUED, None)
    assert "in progress" in target.reason
    change(sandbox, cards[0].remote_id, actions_in_progress=False)
    finish(live, operation)
    assert states(operation) == [("completed", "")]


def test_the_other_action_may_be_ours_from_a_lost_answer(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    """The list showed it too late: it is looked for again, not sent for ever."""
    # It does not end while the second request is under way.
    order = {"status": "stuck", "sim_card_id": str(cards[0].remote_id)}
    sandbox.admin("POST", "action_outcomes", order)
    operation = started(live, cards[:1])
    fault(sandbox, "reset_after", times=1, **POST)
    submit_due(live)
    operation.targets.update(state=TargetState.QUEUED, due_at=timezone.now())
    submit_due(live)
    assert only(operation).state == TargetState.UNKNOWN
    track_due(live)
    target = only(operation)
    assert (target.state, target.attempts) == (TargetState.IN_PROGRESS, 1)
    assert target.remote_action_id
    assert posts(sandbox, cards[0].remote_id) == [None, 422]


def test_a_claim_whose_time_is_over_sends_nothing(
    live: TelnyxAccount,
    cards: list[SimCard],
    sandbox: SandboxProcess,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.CLAIM_START_SECONDS = -1.0
    monkeypatch.setattr(resume, "TURN_SECONDS", 0.1)
    operation = started(live, cards[:2])
    submit_due(live)
    assert requests(sandbox, "POST") == []
    assert set(states(operation)) == {("queued", "waits for its turn")}
    assert set(operation.targets.values_list("attempts", flat=True)) == {0}


def test_an_error_of_ours_leaves_the_outcome_open(
    live: TelnyxAccount, cards: list[SimCard], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    operation = started(live, cards[:1])
    monkeypatch.setattr(submit, "_send", broken)
    submit_due(live)
    assert only(operation).state == TargetState.UNKNOWN
    assert "Simfleet's own: ZeroDivisionError" in only(operation).reason


def test_an_accepted_request_without_an_action_is_looked_up(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = started(live, cards[:1])
    (item,) = claim.claim(live, 1)
    answers.accept([(item, {"id": None})])
    assert only(operation).state == TargetState.UNKNOWN


def test_an_answer_of_an_earlier_claim_changes_nothing_of_the_next(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = started(live, cards[:1])
    (late,) = claim.claim(live, 1)
    operation.targets.update(state=TargetState.QUEUED, due_at=None, submitted_at=timezone.now())
    (now,) = claim.claim(live, 1)
    for error in (
        errors.RateLimited("x", retryable=True),
        errors.AnswerLost("x", maybe_applied=True),
        errors.NotFound("x", status=404),
        errors.Unprocessable("x", status=422),
    ):
        answers.decide(late, error)
        assert (only(operation).state, only(operation).claimed_at) == (
            TargetState.SUBMITTING,
            now.claimed_at,
        )


@pytest.mark.parametrize("state", [TargetState.QUEUED, TargetState.UNKNOWN])
def test_a_late_acceptance_is_taken_so_that_nothing_is_sent_twice(
    live: TelnyxAccount, cards: list[SimCard], state: TargetState
) -> None:
    operation = started(live, cards[:1])
    (late,) = claim.claim(live, 1)
    operation.targets.update(state=state, due_at=None)
    answers.accept([(late, {"id": "action-1"})])
    target = only(operation)
    assert (target.state, target.remote_action_id) == (TargetState.IN_PROGRESS, "action-1")
    assert claim.claim(live, 1) == []


def test_a_refused_key_keeps_what_waits_from_being_sent(live: TelnyxAccount) -> None:
    stop = Event()
    stop.set()
    later = time.monotonic() + 60
    item = claim.Claim(1, 1, "enable", {}, "x", None, timezone.now(), 1, False, False, later)
    with pytest.raises(submit.NotSent):
        submit._send(object(), submit.Request("enable", [item]), stop)  # type: ignore[arg-type]
