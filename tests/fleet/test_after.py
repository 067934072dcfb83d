"""Turns between operations, retrying failures, and undoing."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Person, TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, SimCard, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.claim import claim
from fleet.operations.end import end_finished_operations
from fleet.operations.plan import NothingSelected, plan
from fleet.operations.retry import plan_retry
from fleet.operations.start import confirm
from fleet.operations.stop import pause
from fleet.operations.targets import finish
from fleet.operations.undo import CannotUndo, may_undo, plan_undo
from tests.fleet.operations import planned, started, states
from tests.fleet.records import stored_cards

pytestmark = pytest.mark.django_db


def _person() -> Person:
    return Person.objects.get_or_create(email="second@acme.example")[0]


def _ended(operation: Operation, ends: list[tuple[str, str]], status: str = "enabled") -> Operation:
    """The operation after its targets came to these ends; those that got there have the status."""
    for target, (state, reason) in zip(operation.targets.order_by("id"), ends, strict=True):
        finish(target.pk, TargetState(state), reason)
        if state == "completed":
            SimCard.objects.filter(pk=target.sim_card_id).update(status=status)
    assert end_finished_operations(operation.account) == 1
    operation.refresh_from_db()
    return operation


def test_a_small_operation_does_not_wait_behind_a_large_one(account: TelnyxAccount) -> None:
    large = started(account, stored_cards(account, 60))
    small = started(account, stored_cards(account, 1))
    first = claim(account, 16)
    assert small.pk in {item.operation_id for item in first}
    assert len(first) == 16
    # What the small one does not need is for the large one.
    assert [item.operation_id for item in claim(account, 16)] == [large.pk] * 16


def test_many_operations_take_turns(account: TelnyxAccount) -> None:
    running = {started(account, stored_cards(account, 30)).pk for _ in range(4)}
    counts: dict[int, int] = dict.fromkeys(running, 0)
    for item in claim(account, 40):
        counts[item.operation_id] += 1
    assert set(counts.values()) == {10}


def test_of_one_sim_card_the_earlier_wish_is_sent_first(account: TelnyxAccount) -> None:
    """However little the later operation has to do, it waits for its turn on that SIM card."""
    cards = stored_cards(account, 30)
    started(account, cards)
    later = planned(account, cards[-1:], "disable")
    assert later.eligible_count == 1, "what an operation is about to change cannot be judged yet"
    assert confirm(later)
    for item in claim(account, 16):
        assert item.operation_id != later.pk
    OperationTarget.objects.filter(operation__kind="enable").update(state=TargetState.COMPLETED)
    SimCard.objects.update(status="enabled")
    assert [item.operation_id for item in claim(account, 16)] == [later.pk]


def test_failures_are_planned_again_by_cause(account: TelnyxAccount) -> None:
    operation = _ended(
        started(account, stored_cards(account, 4)),
        [("completed", ""), ("failed", "no money"), ("interrupted", "limit"), ("failed", "limit")],
    )
    again = plan_retry(operation, _person())
    assert (again.kind, again.retries, again.target_count) == ("enable", operation, 3)
    assert again.requested_by == _person()
    by_cause = plan_retry(operation, _person(), ["limit"])
    failed = operation.targets.filter(reason="limit").values_list("sim_card_id", flat=True)
    assert set(by_cause.targets.values_list("sim_card_id", flat=True)) == set(failed)
    assert by_cause.selection == {"retry_of": operation.pk}
    with pytest.raises(NothingSelected):
        plan_retry(operation, _person(), ["nothing failed so"])


def test_what_has_got_there_meanwhile_is_not_sent_again(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 2)
    operation = _ended(started(account, cards), [("failed", "no"), ("failed", "no")])
    SimCard.objects.filter(pk=cards[0].pk).update(status="enabled")
    assert states(plan_retry(operation, _person())) == [
        ("skipped", "already enabled"),
        ("queued", ""),
    ]


def test_undo_leads_each_back_to_its_own_prior_state(account: TelnyxAccount) -> None:
    disabled, standby, registered = (
        stored_cards(account, 1, status)[0] for status in ("disabled", "standby", "registered")
    )
    operation = _ended(started(account, [disabled, standby, registered]), [("completed", "")] * 3)
    undo = plan_undo(operation, _person())
    assert (undo.kind, undo.undoes, undo.target_count, undo.skipped_count) == (
        "undo",
        operation,
        3,
        1,
    )
    kinds = dict(undo.targets.values_list("sim_card_id", "kind"))
    assert kinds == {disabled.pk: "disable", standby.pk: "set_standby", registered.pk: ""}
    assert states(undo)[2] == ("skipped", "no request leads back to “registered”")
    assert str(undo.cost_change) == "-3.60"
    assert confirm(undo)
    assert {item.kind for item in claim(account, 10)} == {"disable", "set_standby"}
    assert may_undo(operation) == "an operation that undoes it exists already"


def test_undo_leaves_alone_what_is_no_longer_ours(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 3)
    operation = _ended(
        started(account, cards), [("completed", ""), ("completed", ""), ("failed", "no")]
    )
    SimCard.objects.filter(pk=cards[0].pk).update(status="blocked")
    undo = plan_undo(operation, _person())
    assert states(undo) == [
        ("skipped", f"is no longer as operation #{operation.pk} left it"),
        ("queued", ""),
    ]
    assert confirm(undo)
    # And again when it is sent.
    SimCard.objects.filter(pk=cards[1].pk).update(status="blocked")
    assert claim(account, 10) == []
    assert states(undo)[1] == (
        "skipped",
        "changed since the plan: cannot be disabled from status “blocked”",
    )


def test_tags_go_back_to_each_ones_own(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 2)
    SimCard.objects.filter(pk=cards[0].pk).update(tags=["z", "a"])
    kind = KINDS["replace_tags"]
    inputs = kind.clean(account, {"tags": "new"})
    rows = SimCard.objects.filter(account=account)
    operation = plan(account, kind, rows, _person(), {}, inputs)
    assert confirm(operation)
    SimCard.objects.update(tags=["new"])
    operation = _ended(operation, [("completed", "")] * 2)
    undo = plan_undo(operation, _person())
    found = undo.targets.order_by("sim_card_id").values_list("kind", "inputs")
    assert list(found) == [
        ("replace_tags", {"tags": ["a", "z"]}),
        ("replace_tags", {"tags": ["model:B", "site:A"]}),
    ]


def test_an_undo_that_succeeds_marks_what_it_undid(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 2)
    operation = _ended(started(account, cards), [("completed", "")] * 2)
    undo = plan_undo(operation, _person())
    assert confirm(undo)
    _ended(undo, [("completed", "")] * 2, "disabled")
    operation.refresh_from_db()
    assert (undo.state, operation.state) == (OperationState.SUCCEEDED, OperationState.UNDONE)
    assert may_undo(operation) == "it is undone already"
    redo = plan_undo(undo, _person())
    assert set(redo.targets.values_list("kind", flat=True)) == {"enable"}


def test_failures_of_an_undo_are_retried_with_their_own_kinds(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 2)
    operation = _ended(started(account, cards), [("completed", "")] * 2)
    undo = plan_undo(operation, _person())
    assert confirm(undo)
    undo = _ended(undo, [("completed", ""), ("failed", "no")], "disabled")
    again = plan_retry(undo, _person())
    (target,) = again.targets.all()
    assert (target.kind, target.state, again.undoes) == ("disable", "queued", operation)


def test_what_cannot_be_undone_says_why(account: TelnyxAccount) -> None:
    running = started(account, stored_cards(account, 1))
    with pytest.raises(CannotUndo, match="has not ended yet"):
        plan_undo(running, _person())
    failed = _ended(running, [("failed", "no")])
    with pytest.raises(CannotUndo, match="nothing of it got there"):
        plan_undo(failed, _person())
    Operation.objects.filter(pk=failed.pk).update(kind="refresh")
    failed.targets.update(state=TargetState.COMPLETED, finished_at=timezone.now())
    failed.refresh_from_db()
    with pytest.raises(CannotUndo, match="nothing to take back"):
        plan_undo(failed, _person())


def test_what_a_paused_operation_has_not_sent_holds_nobody_up(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 2)
    paused = started(account, cards)
    later = started(account, cards)
    assert pause(paused, "for a while")
    assert {item.operation_id for item in claim(account, 10)} == {later.pk}
