"""Claims: one process sends a target, and nobody sends what is no longer eligible."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, SimCard, TargetState
from fleet.operations.answers import reap_lapsed_claims
from fleet.operations.claim import claim
from fleet.operations.end import end_finished_operations
from fleet.operations.start import confirm
from fleet.operations.stop import discard
from fleet.operations.targets import finish
from tests.fleet.operations import at_once, only, planned, started, states
from tests.fleet.records import stored_cards

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_claim_lapses(settings: Settings) -> None:
    """However slow the machine is."""
    settings.CLAIM_START_SECONDS = 60.0


def test_a_claim_is_for_running_operations_only(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 3)
    planned(account, cards[:1])
    discard(planned(account, cards[1:2]))
    running = started(account, cards[2:])
    (item,) = claim(account, 10)
    target = only(running)
    assert (item.target_id, item.operation_id, item.kind) == (target.pk, running.pk, "enable")
    assert (item.remote_id, item.attempts) == (str(cards[2].remote_id), 1)
    assert not item.maybe_sent
    assert (target.state, target.attempts) == (TargetState.SUBMITTING, 1)
    assert target.claimed_at is not None
    assert target.due_at is not None
    assert target.due_at - target.claimed_at == timedelta(seconds=60.0 + 1.5)
    assert claim(account, 10) == []


def test_the_limit_holds_and_the_order_is_that_of_the_plan(account: TelnyxAccount) -> None:
    operation = started(account, stored_cards(account, 5))
    ids = list(operation.targets.order_by("id").values_list("id", flat=True))
    assert [item.target_id for item in claim(account, 2)] == ids[:2]
    assert [item.target_id for item in claim(account, 2)] == ids[2:4]
    assert [item.target_id for item in claim(account, 2)] == ids[4:]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"removed_at": timezone.now()}, "is no longer at Telnyx"),
        ({"status": "enabled"}, "already enabled"),
        ({"status": "quarantined"}, "cannot be enabled from status “quarantined”"),
        ({"group_remote_id": None}, "needs a group"),
    ],
)
def test_what_changed_since_the_plan_is_skipped(
    account: TelnyxAccount, change: dict[str, object], reason: str
) -> None:
    operation = started(account, stored_cards(account, 1))
    seen = operation.progressed_at
    SimCard.objects.update(**change)
    assert claim(account, 10) == []
    assert states(operation) == [("skipped", f"changed since the plan: {reason}")]
    operation.refresh_from_db()
    assert operation.progressed_at > seen
    assert end_finished_operations(account) == 1
    operation.refresh_from_db()
    assert (operation.state, operation.skipped_count) == (OperationState.CANCELLED, 1)
    assert operation.stopped_reason == "Nothing was sent: every target was skipped."


def test_many_that_are_skipped_do_not_hold_up_the_rest(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 9)
    started(account, cards)
    SimCard.objects.filter(pk__in=[card.pk for card in cards[:8]]).update(status="enabled")
    assert [item.remote_id for item in claim(account, 3)] == [str(cards[8].remote_id)]


@pytest.mark.django_db(transaction=True)
def test_many_that_are_skipped_are_stored_by_and_by_until_the_turn_is_over(
    account: TelnyxAccount,
) -> None:
    cards = stored_cards(account, 9)
    operation = started(account, cards)
    SimCard.objects.update(status="enabled")
    seen: list[int] = []

    def over() -> bool:
        # From another connection, which sees what is committed.
        seen.extend(at_once(operation.targets.filter(state=TargetState.SKIPPED).count))
        return len(seen) == 3

    assert claim(account, 3, over) == []
    assert seen == [0, 3, 6]
    assert claim(account, 3) == []
    assert set(operation.targets.values_list("state", flat=True)) == {TargetState.SKIPPED}


def test_a_target_that_is_not_due_waits(account: TelnyxAccount) -> None:
    operation = started(account, stored_cards(account, 1))
    operation.targets.update(due_at=timezone.now() + timedelta(minutes=1))
    assert claim(account, 10) == []
    operation.targets.update(due_at=timezone.now())
    assert len(claim(account, 10)) == 1


def test_what_may_have_been_sent_is_not_judged_again(account: TelnyxAccount) -> None:
    """Its status may be moving because of that very request."""
    operation = started(account, stored_cards(account, 1))
    operation.targets.update(submitted_at=timezone.now(), attempts=1)
    SimCard.objects.update(status="enabling")
    (item,) = claim(account, 10)
    assert item.maybe_sent
    assert item.attempts == 2


def test_of_two_operations_on_one_sim_card_the_second_waits_and_is_skipped(
    account: TelnyxAccount,
) -> None:
    cards = stored_cards(account, 1)
    first, second = planned(account, cards), planned(account, cards)
    assert confirm(second)
    assert confirm(first)
    # The one that was planned earlier goes first.
    (item,) = claim(account, 10)
    assert item.operation_id == first.pk
    assert claim(account, 10) == []
    SimCard.objects.update(status="enabled")
    finish(item.target_id, TargetState.COMPLETED)
    assert claim(account, 10) == []
    assert states(second) == [("skipped", "changed since the plan: already enabled")]


def test_a_lapsed_claim_is_of_unknown_outcome(account: TelnyxAccount) -> None:
    operation = started(account, stored_cards(account, 2))
    claim(account, 1)
    assert reap_lapsed_claims(account) == 0
    operation.targets.filter(state=TargetState.SUBMITTING).update(
        due_at=timezone.now() - timedelta(seconds=1)
    )
    assert reap_lapsed_claims(account) == 1
    lapsed, waiting = operation.targets.order_by("id")
    assert (lapsed.state, waiting.state) == (TargetState.UNKNOWN, TargetState.QUEUED)
    assert lapsed.submitted_at == lapsed.claimed_at is not None
    assert "ended before an answer" in lapsed.reason


def test_accounts_are_apart(account: TelnyxAccount, stranger: object) -> None:
    other = TelnyxAccount.objects.get(slug="else")
    started(other, stored_cards(other, 1))
    assert claim(account, 10) == []
    assert len(claim(other, 10)) == 1


@pytest.mark.django_db(transaction=True)
def test_no_target_is_claimed_twice(account: TelnyxAccount) -> None:
    operation = started(account, stored_cards(account, 60))

    def some() -> list[int]:
        return [item.target_id for _ in range(6) for item in claim(account, 5)]

    claimed = [pk for found in at_once(some, some, some, some) for pk in found]
    assert len(claimed) == len(set(claimed)) == 60
    assert set(operation.targets.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_two_operations_never_act_on_one_sim_card_at_once(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 20)
    plans = [planned(account, cards) for _ in range(2)]
    for operation in plans:
        assert confirm(operation)
    results = at_once(*[partial(claim, account, 15)] * 4)
    claimed = [item.remote_id for found in results for item in found]
    while more := claim(account, 15):
        claimed += [item.remote_id for item in more]
    assert len(claimed) == len(set(claimed)) == 20
    under_way = OperationTarget.objects.filter(state=TargetState.SUBMITTING)
    assert under_way.count() == 20
    assert Operation.objects.filter(state=OperationState.RUNNING).count() == 2
