"""Those that go first: judged once all have ended, replaced where they were skipped."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationState, SimCard, TargetState
from fleet.operations.claim import Claim, claim
from fleet.operations.start import Terms, confirm
from fleet.operations.stop import cancel, go_on, judge_canaries, pause, pause_after_window
from fleet.operations.targets import finish
from tests.fleet.operations import planned
from tests.fleet.records import stored_cards

pytestmark = pytest.mark.django_db
SOON = timedelta(hours=1)


def _canaries(account: TelnyxAccount, percent: int) -> Operation:
    operation = planned(account, stored_cards(account, 10))
    assert confirm(operation, Terms(canary_percent=35, canary_failures_percent=percent))
    assert operation.canary_count == 4
    return operation


def _end(claims: list[Claim], failed: int = 0) -> None:
    ids = [item.target_id for item in claims]
    finish(ids[failed:], TargetState.COMPLETED)
    finish(ids[:failed], TargetState.FAILED, "no")


def test_canaries_go_first_and_the_rest_follows(account: TelnyxAccount) -> None:
    operation = _canaries(account, 25)
    first = claim(account, 10)
    assert len(first) == 4
    assert claim(account, 10) == []
    judge_canaries(account)
    assert claim(account, 10) == []
    _end(first, failed=1)
    judge_canaries(account)
    operation.refresh_from_db()
    assert (operation.state, operation.canary_until) == (OperationState.RUNNING, None)
    assert len(claim(account, 10)) == 6


def test_too_many_bad_canaries_pause_the_operation(account: TelnyxAccount) -> None:
    operation = _canaries(account, 24)
    _end(claim(account, 10), failed=1)
    judge_canaries(account)
    operation.refresh_from_db()
    assert operation.state == OperationState.PAUSED
    assert operation.stopped_reason.startswith("1 of the first 4 failed, which is more than 24 %.")
    assert claim(account, 10) == []
    assert cancel(operation) == 6
    assert claim(account, 10) == []


def test_after_bad_canaries_somebody_goes_on_with_all(account: TelnyxAccount) -> None:
    operation = _canaries(account, 0)
    _end(claim(account, 10), failed=1)
    judge_canaries(account)
    operation.refresh_from_db()
    assert go_on(operation)
    judge_canaries(account)
    assert len(claim(account, 10)) == 6


def test_canaries_that_were_not_judged_still_go_first_after_a_pause(
    account: TelnyxAccount,
) -> None:
    operation = _canaries(account, 0)
    first = claim(account, 2)
    assert pause(operation, "Ada paused it.")
    assert go_on(operation)
    first += claim(account, 10)
    assert len(first) == 4
    assert pause(operation, "Ada paused it.")
    # They end, and one fails, while it is paused.
    _end(first, failed=1)
    judge_canaries(account)
    assert go_on(operation)
    assert claim(account, 10) == []
    judge_canaries(account)
    operation.refresh_from_db()
    assert operation.stopped_reason.startswith("1 of the first 4 failed")


def test_a_window_that_is_not_over_still_bounds_it_after_a_pause(account: TelnyxAccount) -> None:
    operation = planned(account, stored_cards(account, 2))
    ends_at = timezone.now() + SOON
    assert confirm(operation, Terms(ends_at=ends_at))
    assert pause(operation, "Ada paused it.")
    assert go_on(operation)
    assert operation.ends_at == ends_at
    assert pause_after_window(ends_at) == 1
    Operation.objects.update(ends_at=timezone.now())
    operation.refresh_from_db()
    assert go_on(operation)
    assert operation.ends_at is None
    assert len(claim(account, 10)) == 2


def test_others_go_in_the_place_of_canaries_that_were_skipped(account: TelnyxAccount) -> None:
    operation = _canaries(account, 0)
    ids = list(operation.targets.order_by("id").values_list("id", "sim_card_id"))
    SimCard.objects.filter(pk__in=[card for _, card in ids[:3]]).update(status="enabled")
    first = claim(account, 10)
    assert [item.target_id for item in first] == [ids[3][0]]
    _end(first)
    judge_canaries(account)
    second = claim(account, 10)
    assert [item.target_id for item in second] == [pk for pk, _ in ids[4:7]]
    _end(second[:2])
    judge_canaries(account)
    assert claim(account, 10) == []
    _end(second[2:])
    judge_canaries(account)
    assert [item.target_id for item in claim(account, 10)] == [pk for pk, _ in ids[7:]]


def test_canaries_that_were_all_skipped_prove_nothing(account: TelnyxAccount) -> None:
    operation = _canaries(account, 0)
    ids = list(operation.targets.order_by("id").values_list("id", "sim_card_id"))
    SimCard.objects.filter(pk__in=[card for _, card in ids[:4]]).update(status="enabled")
    assert claim(account, 10) == []
    judge_canaries(account)
    second = claim(account, 10)
    assert [item.target_id for item in second] == [pk for pk, _ in ids[4:8]]
    _end(second, failed=1)
    judge_canaries(account)
    operation.refresh_from_db()
    assert operation.stopped_reason.startswith("1 of the first 4 failed")


def test_enough_bad_ones_pause_it_before_others_go_in_the_place_of_the_skipped(
    account: TelnyxAccount,
) -> None:
    operation = _canaries(account, 30)
    ids = list(operation.targets.order_by("id").values_list("id", "sim_card_id"))
    SimCard.objects.filter(pk__in=[card for _, card in ids[:2]]).update(status="enabled")
    # One of four would do, two of four are too many whatever the others do.
    _end(claim(account, 10), failed=2)
    judge_canaries(account)
    operation.refresh_from_db()
    assert operation.stopped_reason.startswith("2 of the first 2 failed")
    assert operation.state == OperationState.PAUSED
