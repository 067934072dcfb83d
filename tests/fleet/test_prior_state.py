"""What an undo goes back to is what was before the operation acted, not before it was planned."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, TelnyxAccount
from fleet.models import Operation, SimCard, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.claim import claim
from fleet.operations.plan import plan
from fleet.operations.start import confirm
from fleet.operations.targets import finish
from tests.fleet.operations import only, started
from tests.fleet.records import stored_cards

pytestmark = pytest.mark.django_db


def _limited(account: TelnyxAccount, cards: list[SimCard], amount: str) -> Operation:
    person = Person.objects.get_or_create(email="planner@acme.example")[0]
    rows = SimCard.objects.filter(pk__in=[card.pk for card in cards])
    inputs = {"limit": {"amount": amount, "unit": "MB"}}
    operation = plan(account, KINDS["set_data_limit"], rows, person, {"filter": ""}, inputs)
    assert confirm(operation)
    return operation


def test_of_two_operations_the_second_stores_what_the_first_led_to(
    account: TelnyxAccount,
) -> None:
    cards = stored_cards(account, 1)
    first, second = _limited(account, cards, "500"), _limited(account, cards, "1000")
    assert only(second).prior == {"limit_mb": None}
    (item,) = claim(account, 10)
    assert item.operation_id == first.pk
    SimCard.objects.update(data_limit_mb=500)
    finish(item.target_id, TargetState.COMPLETED)
    (item,) = claim(account, 10)
    assert item.operation_id == second.pk
    assert KINDS["set_data_limit"].inverse(only(second).prior, item.inputs) == (
        "set_data_limit",
        {"limit": {"amount": "500", "unit": "MB"}},
    )
    assert only(first).prior == {"limit_mb": None}


def test_what_was_planned_while_another_operation_waited(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 1, status="enabled")
    started(account, cards, "disable")
    (item,) = claim(account, 10)
    # "Already enabled" is not said of what is under way.
    SimCard.objects.update(status="disabling")
    second = started(account, cards, "enable")
    assert only(second).prior["status"] == "disabling"
    SimCard.objects.update(status="disabled")
    finish(item.target_id, TargetState.COMPLETED)
    assert [item.operation_id for item in claim(account, 10)] == [second.pk]
    assert only(second).prior["status"] == "disabled"


@pytest.mark.parametrize(
    ("kind", "change", "prior"),
    [
        ("disable", {"status_reason": "seen since"}, {"status_reason": "seen since"}),
        # What is on its way is no state to go back to: the one that was planned from stays.
        ("disable", {"status": "enabling"}, {"status": "enabled"}),
        ("disable", {"actions_in_progress": True}, {"status": "enabled"}),
        ("clear_imeis", {"authorized_imeis": ["490154203237518"]}, {"imeis": ["490154203237518"]}),
    ],
)
def test_what_changed_between_plan_and_claim(
    account: TelnyxAccount, kind: str, change: dict[str, Any], prior: dict[str, Any]
) -> None:
    cards = stored_cards(account, 1, status="enabled")
    SimCard.objects.update(authorized_imeis=["356938035643809"])
    operation = started(account, cards, kind)
    SimCard.objects.update(**change)
    assert len(claim(account, 10)) == 1
    stored = only(operation).prior
    assert stored | prior == stored


def test_what_may_have_acted_already_keeps_what_was_before(account: TelnyxAccount) -> None:
    cards = stored_cards(account, 1)
    operation = _limited(account, cards, "500")
    (item,) = claim(account, 10)
    # Its answer was lost, and it was applied all the same.
    operation.targets.update(
        state=TargetState.QUEUED, submitted_at=item.claimed_at, due_at=None, reason=""
    )
    SimCard.objects.update(data_limit_mb=700)
    (again,) = claim(account, 10)
    assert again.maybe_sent
    assert only(operation).prior == {"limit_mb": None}


def test_a_claim_costs_the_same_number_of_queries_for_many_as_for_few(
    account: TelnyxAccount,
) -> None:
    counts = []
    for number in (2, 40):
        _limited(account, stored_cards(account, number), "500")
        SimCard.objects.update(data_limit_mb=100)
        with CaptureQueriesContext(connection) as captured:
            assert len(claim(account, number)) == number
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_inputs_of_their_own_cost_no_queries_of_their_own(account: TelnyxAccount) -> None:
    """As where tags are taken back that differed from SIM card to SIM card."""
    counts = []
    for number in (2, 40):
        operation = started(account, stored_cards(account, number))
        for target in operation.targets.all():
            target.kind, target.inputs = "replace_tags", {"tags": [f"was:{target.pk}"]}
            target.save()
        with CaptureQueriesContext(connection) as captured:
            claims = claim(account, number)
        assert len({str(item.inputs) for item in claims}) == number
        counts.append(len(captured))
    assert counts[0] == counts[1]
