"""How often something is tried again, and what counts: each trouble has an end of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationState, SimCard, TargetState
from fleet.operations import answers
from fleet.operations.claim import Claim, claim
from fleet.operations.resume import track_due
from telnyx_api import errors
from tests.fleet.api import fault, posts
from tests.fleet.operations import due_now, finish, only, started, states
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)
BUSY = errors.BeingProcessed("busy", status=422, retryable=True)
LOST = errors.AnswerLost("lost", maybe_applied=True)
NOT_READ = errors.ServerFailure("GET sim_cards: the API failed.", status=503, retryable=True)


def _again(account: TelnyxAccount, operation: Operation) -> Claim:
    due_now(operation)
    (item,) = claim(account, 1)
    return item


def _reconciled(account: TelnyxAccount, operation: Operation) -> None:
    """The dust has settled, and the list of actions shows none."""
    due_now(operation)
    TelnyxAccount.objects.filter(pk=account.pk).update(track_after=None)
    account.refresh_from_db()
    track_due(account)


def test_waiting_for_another_action_has_an_end(
    live: TelnyxAccount, cards: list[SimCard], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST_ATTEMPTS", 2)
    operation = started(live, cards[:1])
    for expected in (TargetState.QUEUED, TargetState.FAILED):
        answers.decide(_again(live, operation), BUSY)
        assert only(operation).state == expected
    assert only(operation).reason == (
        "Telnyx says that another action is in progress. It was tried 2 times."
    )


def test_what_was_busy_before_is_no_lost_answer(live: TelnyxAccount, cards: list[SimCard]) -> None:
    operation = started(live, cards[:1])
    for _ in range(4):
        answers.decide(_again(live, operation), BUSY)
    for attempt in (1, 2):
        answers.decide(_again(live, operation), LOST)
        assert (only(operation).state, only(operation).attempts) == (TargetState.UNKNOWN, attempt)
        _reconciled(live, operation)
        assert states(operation) == [("queued", "was not applied; is sent again")]


def test_what_is_busy_after_a_lost_answer_is_no_lost_answer(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = started(live, cards[:1])
    answers.decide(_again(live, operation), LOST)
    for _ in range(4):
        _reconciled(live, operation)
        answers.decide(_again(live, operation), BUSY)
        assert (only(operation).state, only(operation).attempts) == (TargetState.UNKNOWN, 1)
    _reconciled(live, operation)
    item = _again(live, operation)
    long_ago = timezone.now() - answers.LOST_FOR - timedelta(seconds=1)
    operation.targets.update(submitted_at=long_ago)
    answers.decide(item, BUSY)
    assert only(operation).state == TargetState.FAILED
    assert "for an hour after a lost answer" in only(operation).reason


def test_what_cannot_be_read_first_is_tried_ever_more_rarely_and_has_an_end(
    live: TelnyxAccount, cards: list[SimCard], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "PAUSE_SECONDS", 5.0)
    monkeypatch.setattr(answers, "MOST_ATTEMPTS", 4)
    operation = started(live, cards[:1])
    pauses = []
    for _ in range(3):
        asked_at = timezone.now()
        answers.decide(_again(live, operation), NOT_READ)
        target = only(operation)
        assert (target.state, target.reason) == (TargetState.QUEUED, str(NOT_READ))
        assert target.due_at is not None
        pauses.append(target.due_at - asked_at)
    assert all(pause >= timedelta(seconds=5 * n) for n, pause in enumerate(pauses, 1))
    answers.decide(_again(live, operation), NOT_READ)
    assert states(operation) == [("failed", f"{NOT_READ} It was tried 4 times.")]


def test_what_cannot_be_read_after_a_lost_answer_has_an_end(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = started(live, cards[:1])
    answers.decide(_again(live, operation), LOST)
    _reconciled(live, operation)
    answers.decide(_again(live, operation), NOT_READ)
    assert (only(operation).state, only(operation).attempts) == (TargetState.QUEUED, 1)
    item = _again(live, operation)
    long_ago = timezone.now() - answers.LOST_FOR - timedelta(seconds=1)
    operation.targets.update(submitted_at=long_ago)
    answers.decide(item, NOT_READ)
    assert only(operation).state == TargetState.FAILED


def test_one_sim_card_that_cannot_be_read_does_not_keep_an_operation_from_ending(
    live: TelnyxAccount,
    cards: list[SimCard],
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "MOST_ATTEMPTS", 2)
    operation = started(live, cards[:2])
    operation.targets.update(kind="add_tags", inputs={"tags": ["new"]})
    fault(sandbox, "status", status=503, method="GET", path=f"/sim_cards/{cards[0].remote_id}$")
    finish(live, operation)
    assert operation.state == OperationState.PARTLY_FAILED
    (failed, reason), completed = states(operation)
    assert (failed, completed) == ("failed", ("completed", ""))
    assert "HTTP 503" in reason
    assert reason.endswith("It was tried 2 times.")
    assert posts(sandbox, cards[0].remote_id) == []


def test_a_killed_process_s_claim_counts_as_the_first_lost_answer(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = started(live, cards[:1])
    for _ in range(3):
        answers.decide(_again(live, operation), BUSY)
    _again(live, operation)
    due_now(operation)
    before = timezone.now()
    assert answers.reap_lapsed_claims(live) == 1
    target = only(operation)
    assert (target.state, target.attempts) == (TargetState.UNKNOWN, 1)
    # A request that ended when its time did may still be carried out.
    assert target.due_at is not None
    assert target.due_at >= before + answers.SETTLING


@pytest.mark.parametrize(("kind", "calls"), [("enable", 1), ("add_tags", 2)])
def test_a_claim_lasts_as_long_as_all_its_calls_may(
    live: TelnyxAccount, cards: list[SimCard], kind: str, calls: int
) -> None:
    operation = started(live, cards[:1])
    operation.targets.update(kind=kind, inputs={"tags": ["new"]} if calls > 1 else {})
    (item,) = claim(live, 1)
    due = only(operation).due_at
    assert due is not None
    assert due - item.claimed_at == timedelta(seconds=2.0 + 1.5 * calls)
