"""An undo takes back what its operation did, and leaves alone what others did since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Person, TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, PublicIp, SimCard, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.end import end_finished_operations
from fleet.operations.plan import plan
from fleet.operations.retry import plan_retry
from fleet.operations.start import confirm
from fleet.operations.targets import finish
from fleet.operations.undo import CannotUndo, may_undo, plan_undo
from tests.fleet.operations import started, states
from tests.fleet.records import stored_cards

pytestmark = pytest.mark.django_db
OURS, THEIRS = "490154203237518", "356938035643809"


def _person() -> Person:
    return Person.objects.get_or_create(email="second@acme.example")[0]


def _completed(operation: Operation) -> Operation:
    """The operation after all its targets were verified as their SIM cards are now."""
    for target in operation.targets.filter(state=TargetState.QUEUED):
        kind = KINDS[target.kind or operation.kind]
        rows = SimCard.objects.filter(pk=target.sim_card_id).annotate(now=kind.snapshot())
        finish(target.pk, TargetState.COMPLETED)
        OperationTarget.objects.filter(pk=target.pk).update(after=rows.get().now)
    assert end_finished_operations(operation.account) == 1
    operation.refresh_from_db()
    return operation


def _done(
    account: TelnyxAccount,
    cards: list[SimCard],
    kind: str,
    given: Mapping[str, Any],
    led_to: Mapping[str, Any],
) -> Operation:
    """An operation that has succeeded, with what it led to."""
    entry = KINDS[kind]
    rows = SimCard.objects.filter(pk__in=[card.pk for card in cards])
    operation = plan(account, entry, rows, _person(), {}, entry.clean(account, given))
    assert confirm(operation), states(operation)
    rows.update(**led_to)
    return _completed(operation)


def _undone(operation: Operation) -> list[tuple[str, str, Any]]:
    """Of each target of its undo: kind or reason, state, inputs."""
    undo = plan_undo(operation, _person())
    found = undo.targets.order_by("sim_card_id")
    return [(target.kind or target.reason, target.state, target.inputs) for target in found]


@pytest.mark.parametrize(
    ("kind", "prior", "led_to", "others", "back"),
    [
        ("add_tags", ["a"], ["a", "new", "old"], ["a", "new", "old", "x"], "remove_tags"),
        ("remove_tags", ["a", "old"], ["a"], ["x"], "add_tags"),
    ],
)
def test_tags_that_others_gave_since_stay(
    account: TelnyxAccount,
    kind: str,
    prior: list[str],
    led_to: list[str],
    others: list[str],
    back: str,
) -> None:
    cards = stored_cards(account, 1)
    SimCard.objects.update(tags=prior)
    operation = _done(account, cards, kind, {"tags": "new, old"}, {"tags": led_to})
    SimCard.objects.update(tags=others)
    tags = sorted({"new", "old"} - set(prior) if kind == "add_tags" else {"old"})
    assert _undone(operation) == [(back, "queued", {"tags": tags})]


@pytest.mark.parametrize(
    ("kind", "planned_at", "led_to", "why"),
    [
        ("add_tags", [], ["a", "b"], "had these tags before"),
        ("remove_tags", ["a"], [], "had none of these tags before"),
    ],
)
def test_tags_that_were_so_before_stay_so(
    account: TelnyxAccount, kind: str, planned_at: list[str], led_to: list[str], why: str
) -> None:
    """Others were faster between the plan and the request."""
    cards = stored_cards(account, 1)
    SimCard.objects.update(tags=planned_at)
    operation = _done(account, cards, kind, {"tags": "a, b"}, {"tags": led_to})
    operation.targets.update(prior={"tags": led_to})
    assert _undone(operation) == [(why, "skipped", None)]


def test_a_device_that_others_let_in_since_is_not_locked_out(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 2)
    led_to = {"authorized_imeis": [OURS]}
    operation = _done(account, cards, "add_imeis", {"imeis": OURS}, led_to)
    SimCard.objects.filter(pk=cards[0].pk).update(authorized_imeis=[OURS, THEIRS])
    assert _undone(operation) == [
        (f"is no longer as operation #{operation.pk} left it", "skipped", None),
        ("clear_imeis", "queued", {}),
    ]


def test_the_order_of_devices_does_not_matter(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 1)
    led_to = {"authorized_imeis": [OURS, THEIRS]}
    operation = _done(account, cards, "replace_imeis", {"imeis": f"{OURS} {THEIRS}"}, led_to)
    SimCard.objects.update(authorized_imeis=[THEIRS, OURS])
    assert _undone(operation) == [("clear_imeis", "queued", {})]


def test_another_device_since_does_not_keep_a_lock_from_being_undone(
    account: TelnyxAccount,
) -> None:
    cards = stored_cards(account, 1)
    SimCard.objects.update(imei=OURS)
    operation = _done(account, cards, "lock_imei", {}, {"authorized_imeis": [OURS]})
    SimCard.objects.update(imei=THEIRS)
    assert _undone(operation) == [("clear_imeis", "queued", {})]


def test_a_public_ip_that_others_set_since_stays(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 2)
    for number, card in enumerate(cards):
        PublicIp.objects.create(
            account=account,
            sim_card=card,
            ip=f"192.0.2.{number}",
            read_at=timezone.now(),
            removed_at=timezone.now(),
        )
    entry = KINDS["set_public_ip"]
    operation = plan(account, entry, SimCard.objects.all(), _person(), {}, {"region": None})
    assert confirm(operation)
    PublicIp.objects.update(removed_at=None)
    _completed(operation)
    PublicIp.objects.filter(sim_card=cards[0]).update(ip="198.51.100.7")
    assert _undone(operation) == [
        (f"is no longer as operation #{operation.pk} left it", "skipped", None),
        ("remove_public_ip", "queued", {}),
    ]


def test_where_the_state_after_was_not_noted_the_wanted_one_counts(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 2)
    led_to = {"authorized_imeis": [OURS]}
    operation = _done(account, cards, "add_imeis", {"imeis": OURS}, led_to)
    operation.targets.update(after=None)
    SimCard.objects.filter(pk=cards[0].pk).update(authorized_imeis=None)
    assert [state for _, state, _ in _undone(operation)] == ["skipped", "queued"]


def test_what_nothing_takes_back_is_not_offered(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 1)
    led_to = {"removed_at": timezone.now()}
    operation = _done(account, cards, "delete_sim_card", {}, led_to)
    assert may_undo(operation) == "what is deleted stays so"
    with pytest.raises(CannotUndo, match="cannot be undone: what is deleted stays so"):
        plan_undo(operation, _person())


def test_why_one_target_cannot_be_undone_is_said_before_all_else(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 1, "registered")
    operation = _done(account, cards, "enable", {}, {"status": "enabled"})
    SimCard.objects.update(status="blocked")
    assert _undone(operation) == [("no request leads back to “registered”", "skipped", None)]


def test_what_is_only_partly_taken_back_is_not_undone(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 3)
    operation = _done(account, cards, "enable", {}, {"status": "enabled"})
    SimCard.objects.exclude(pk=cards[0].pk).update(status="blocked")
    undo = plan_undo(operation, _person())
    assert (undo.eligible_count, undo.skipped_count) == (1, 2)
    assert confirm(undo)
    _completed(undo)
    operation.refresh_from_db()
    assert (undo.state, operation.state) == (OperationState.SUCCEEDED, OperationState.SUCCEEDED)


def test_what_is_taken_back_by_two_is_undone(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 3)
    operation = _done(account, cards, "enable", {}, {"status": "enabled"})
    undo = plan_undo(operation, _person())
    assert confirm(undo)
    finish(undo.targets.filter(sim_card=cards[0]).get().pk, TargetState.FAILED, "no")
    _completed(undo)
    operation.refresh_from_db()
    assert (undo.state, operation.state) == ("partly_failed", "succeeded")
    again = plan_retry(undo, _person())
    assert confirm(again)
    _completed(again)
    operation.refresh_from_db()
    assert (again.state, operation.state) == (OperationState.SUCCEEDED, OperationState.UNDONE)


def _queries_to_undo(account: TelnyxAccount, count: int) -> int:
    """How many statements plan the undo of an undo whose targets all have other tags."""
    cards = stored_cards(account, count)
    for card in cards:
        SimCard.objects.filter(pk=card.pk).update(tags=[f"tag-{card.pk}"])
    operation = _done(account, cards, "replace_tags", {"tags": "same"}, {"tags": ["same"]})
    undo = plan_undo(operation, _person())
    assert confirm(undo)
    for card in cards:
        SimCard.objects.filter(pk=card.pk).update(tags=[f"tag-{card.pk}"])
    _completed(undo)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        redo = plan_undo(undo, _person())
    for target in redo.targets.all():
        assert (target.kind, target.inputs) == ("replace_tags", {"tags": ["same"]})
    return len(queries)


def test_inputs_of_their_own_cost_no_query_each(account: TelnyxAccount) -> None:
    assert _queries_to_undo(account, 3) == _queries_to_undo(account, 60)


@pytest.mark.parametrize("rule", ["set_public_ip", "enable"])
def test_an_undo_needs_the_approval_that_what_it_does_needs(
    account: TelnyxAccount, rule: str
) -> None:
    cards = stored_cards(account, 1)
    PublicIp.objects.create(
        account=account, sim_card=cards[0], ip="192.0.2.1", read_at=timezone.now()
    )
    entry = KINDS["remove_public_ip"]
    operation = plan(account, entry, SimCard.objects.all(), _person(), {}, {})
    assert confirm(operation)
    PublicIp.objects.update(removed_at=timezone.now())
    _completed(operation)
    account.approval_kinds = [rule]
    account.save()
    undo = plan_undo(Operation.objects.get(pk=operation.pk), _person())
    assert confirm(undo)
    if rule == "set_public_ip":
        assert undo.state == OperationState.AWAITING_APPROVAL
        assert undo.approval_reason == "“Set public IP” always needs it"
    else:
        assert undo.state == OperationState.RUNNING


def test_an_operation_of_one_kind_is_approved_by_its_own_rule(account: TelnyxAccount) -> None:
    account.approval_kinds = ["disable"]
    account.save()
    assert started(account, stored_cards(account, 1)).state == OperationState.RUNNING
