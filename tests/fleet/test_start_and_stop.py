"""Approval, schedule, canaries, pausing, cancelling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Person, TelnyxAccount
from fleet.models import Operation, OperationState
from fleet.operations import answers
from fleet.operations.claim import claim
from fleet.operations.end import end_finished_operations
from fleet.operations.kinds.inputs import BadInputs
from fleet.operations.plan import duration
from fleet.operations.resume import accounts_with_work
from fleet.operations.start import MayNotApprove, Terms, approve, confirm, start_due
from fleet.operations.stop import (
    cancel,
    discard,
    go_on,
    pause,
    pause_after_window,
    spare_what_is_cancelled,
)
from tests.fleet.operations import planned, started, states
from tests.fleet.records import stored_cards

pytestmark = pytest.mark.django_db
SOON = timedelta(hours=1)


def test_nobody_approves_where_no_rule_asks_for_it(account: TelnyxAccount) -> None:
    assert started(account, stored_cards(account, 30)).state == OperationState.RUNNING


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"approval_above_sim_cards": 2}, "it is on more than 2 SIM cards"),
        (
            {"approval_above_cost": Decimal("5.39")},
            "it raises the monthly bill by more than 5.39 USD",
        ),
        ({"approval_kinds": ["enable"]}, "“Enable” always needs it"),
    ],
)
def test_a_second_person_approves_where_a_rule_asks_for_it(
    account: TelnyxAccount, operator: Person, rule: dict[str, object], reason: str
) -> None:
    for name, value in rule.items():
        setattr(account, name, value)
    account.save()
    operation = planned(account, stored_cards(account, 3))
    assert operation.cost_change == Decimal("5.40")
    assert confirm(operation)
    assert operation.state == OperationState.AWAITING_APPROVAL
    assert operation.approval_reason == reason
    assert claim(account, 10) == []
    assert operation.requested_by is not None
    with pytest.raises(MayNotApprove):
        approve(operation, operation.requested_by)
    assert operation.state == OperationState.AWAITING_APPROVAL
    assert approve(operation, operator)
    assert not approve(operation, operator)
    assert (operation.state, operation.approved_by) == (OperationState.RUNNING, operator)
    assert len(claim(account, 10)) == 3


def test_who_confirms_another_s_plan_does_not_approve_it(
    account: TelnyxAccount, operator: Person
) -> None:
    account.approval_kinds = ["enable"]
    account.save()
    operation = planned(account, stored_cards(account, 1))
    assert confirm(operation, None, operator)
    with pytest.raises(MayNotApprove):
        approve(operation, operator)
    third = Person.objects.create_user("third@acme.example")
    assert approve(operation, third)


def test_rules_are_about_more_than_their_limit(account: TelnyxAccount) -> None:
    account.approval_above_sim_cards = 3
    account.approval_above_cost = Decimal("5.40")
    account.save()
    assert started(account, stored_cards(account, 3)).state == OperationState.RUNNING


def test_what_is_refused_sends_nothing(account: TelnyxAccount) -> None:
    account.approval_kinds = ["enable"]
    account.save()
    operation = planned(account, stored_cards(account, 1))
    confirm(operation)
    assert discard(operation, "not approved by Ada")
    assert (operation.state, operation.stopped_reason) == ("cancelled", "not approved by Ada")
    assert states(operation) == [("skipped", "not approved by Ada")]


def test_a_scheduled_operation_begins_when_its_time_has_come(account: TelnyxAccount) -> None:
    operation = planned(account, stored_cards(account, 1))
    assert confirm(operation, Terms(starts_at=timezone.now() + SOON))
    assert operation.state == OperationState.SCHEDULED
    assert accounts_with_work() == []
    assert claim(account, 10) == []
    assert start_due() == 0
    Operation.objects.update(starts_at=timezone.now())
    assert accounts_with_work() == [account]
    assert len(claim(account, 10)) == 1


def test_an_approved_operation_still_waits_for_its_time(
    account: TelnyxAccount, operator: Person
) -> None:
    account.approval_kinds = ["enable"]
    account.save()
    operation = planned(account, stored_cards(account, 1))
    confirm(operation, Terms(starts_at=timezone.now() + SOON))
    assert start_due(timezone.now() + 2 * SOON) == 0
    approve(operation, operator)
    assert operation.state == OperationState.SCHEDULED


def test_after_its_window_an_operation_pauses_with_what_is_unsent(account: TelnyxAccount) -> None:
    operation = planned(account, stored_cards(account, 2))
    confirm(operation, Terms(ends_at=timezone.now() + SOON))
    assert pause_after_window() == 0
    assert len(claim(account, 1)) == 1
    Operation.objects.update(ends_at=timezone.now())
    assert claim(account, 1) == []
    assert pause_after_window() == 1
    operation.refresh_from_db()
    assert (operation.state, operation.stopped_reason) == ("paused", "Its window has ended.")
    assert go_on(operation)
    assert len(claim(account, 1)) == 1


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms(ends_at=timezone.now() - SOON), "ends_at"),
        (Terms(starts_at=timezone.now() + 2 * SOON, ends_at=timezone.now() + SOON), "ends_at"),
        (Terms(starts_at=datetime.max.replace(tzinfo=UTC)), "starts_at"),
        (Terms(ends_at=datetime.max.replace(tzinfo=UTC)), "ends_at"),
        (Terms(canary_count=0), "canary_count"),
        (Terms(canary_percent=100), "canary_percent"),
        (Terms(canary_count=1, canary_percent=1), "canary_count"),
        (Terms(canary_count=1, canary_failures_percent=101), "canary_failures_percent"),
    ],
)
def test_bad_terms_are_named_and_start_nothing(
    account: TelnyxAccount, terms: Terms, field: str
) -> None:
    operation = planned(account, stored_cards(account, 2))
    with pytest.raises(BadInputs) as bad:
        confirm(operation, terms)
    assert list(bad.value.problems) == [field]
    operation.refresh_from_db()
    assert operation.state == OperationState.PLANNED


def test_pausing_and_going_on(account: TelnyxAccount) -> None:
    operation = started(account, stored_cards(account, 2))
    assert pause(operation, "Ada paused it.")
    assert not pause(operation, "Ada paused it.")
    assert claim(account, 10) == []
    assert go_on(operation)
    assert not go_on(operation)
    assert len(claim(account, 10)) == 2


def test_cancelling_spares_what_is_not_sent_and_follows_the_rest(account: TelnyxAccount) -> None:
    operation = started(account, stored_cards(account, 5))
    sent = claim(account, 2)
    assert cancel(operation) == 3
    assert cancel(operation) is None
    assert operation.state == OperationState.RUNNING
    assert operation.eligible_count == 2
    assert [state for state, _ in states(operation)].count("submitting") == len(sent) == 2
    assert [reason for _, reason in states(operation)].count("cancelled before it was sent") == 3
    assert not pause(operation, "too late")


def test_only_what_has_begun_is_cancelled(account: TelnyxAccount) -> None:
    assert cancel(planned(account, stored_cards(account, 1))) is None


def test_the_duration_is_that_of_the_rate_limit(account: TelnyxAccount) -> None:
    account.requests_per_second = 10
    account.save()
    assert duration(planned(account, stored_cards(account, 95))) == timedelta(seconds=10)


def test_what_comes_back_to_the_queue_of_a_cancelled_operation_is_spared(
    account: TelnyxAccount,
) -> None:
    operation = started(account, stored_cards(account, 2))
    (item,) = claim(account, 1)
    assert cancel(operation) == 1
    answers.put_back(item, "The API was not reached.", 0)
    assert claim(account, 10) == []
    assert spare_what_is_cancelled(account) == 1
    assert end_finished_operations(account) == 1
    operation.refresh_from_db()
    assert (operation.state, operation.skipped_count) == (OperationState.CANCELLED, 2)
