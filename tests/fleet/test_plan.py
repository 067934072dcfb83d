"""Plans: frozen, counted, explained, and started or discarded once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, TelnyxAccount
from fleet.models import Operation, OperationState, SimCard, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.plan import NothingSelected, kind_of, plan, skipped
from fleet.operations.start import confirm
from fleet.operations.stop import discard
from tests.fleet.operations import at_once, planned, states
from tests.fleet.records import sim_card, store, stored_cards

pytestmark = pytest.mark.django_db


def test_a_plan_freezes_the_selection_with_reasons(
    account: TelnyxAccount, operator: Person
) -> None:
    good = stored_cards(account, 3)
    enabled = stored_cards(account, 2, "enabled")
    store(account, sim_card(sim_card_group_id=None))
    chosen = SimCard.objects.filter(account=account)
    operation = plan(account, KINDS["enable"], chosen, operator, {"filter": "q=1"})
    assert (operation.state, operation.requested_by) == (OperationState.PLANNED, operator)
    assert (operation.target_count, operation.skipped_count, operation.eligible_count) == (6, 3, 3)
    assert operation.selection == {"filter": "q=1"}
    assert kind_of(operation) is KINDS["enable"]
    assert [(s.reason, s.count) for s in skipped(operation)] == [
        ("already enabled", 2),
        ("needs a group", 1),
    ]
    queued = operation.targets.filter(state=TargetState.QUEUED)
    assert {target.sim_card_id for target in queued} == {card.pk for card in good}
    assert {target.prior["status"] for target in queued} == {"disabled"}
    assert {target.attempts for target in queued} == {0}
    # Frozen: what joins the selection later is not part of it.
    stored_cards(account, 1)
    assert operation.targets.count() == 6
    assert enabled[0].targets.get().reason == "already enabled"


def test_sim_cards_of_another_account_are_not_taken(
    account: TelnyxAccount, stranger: Person, operator: Person
) -> None:
    other = TelnyxAccount.objects.get(slug="else")
    foreign, own = stored_cards(other, 1), stored_cards(account, 1)
    operation = planned(account, [*foreign, *own])
    assert [target.sim_card_id for target in operation.targets.all()] == [own[0].pk]
    with pytest.raises(NothingSelected):
        planned(account, foreign)


@pytest.mark.parametrize(
    "choose",
    [
        lambda: SimCard.objects.none(),
        lambda: SimCard.objects.filter(pk__in=[]),
        lambda: SimCard.objects.search("ab"),
        lambda: SimCard.objects.filter(iccid="nothing"),
    ],
)
def test_nothing_selected_leaves_nothing_behind(
    account: TelnyxAccount, operator: Person, choose: Callable[[], Any]
) -> None:
    stored_cards(account, 1)
    with pytest.raises(NothingSelected):
        plan(account, KINDS["enable"], choose(), operator, {})
    assert not Operation.objects.exists()


def test_a_search_can_be_planned(account: TelnyxAccount, operator: Person) -> None:
    cards = stored_cards(account, 3)
    chosen = SimCard.objects.search(cards[1].iccid).order_by("-consumed_mb")
    operation = plan(account, KINDS["enable"], chosen, operator, {})
    assert [target.sim_card_id for target in operation.targets.all()] == [cards[1].pk]


def test_as_many_queries_for_ten_as_for_a_thousand(
    account: TelnyxAccount, operator: Person
) -> None:
    def queries(count: int) -> int:
        cards = stored_cards(account, count)
        chosen = SimCard.objects.filter(pk__gte=cards[0].pk)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            operation = plan(account, KINDS["enable"], chosen, operator, {})
        assert operation.target_count == count
        return len(captured)

    assert queries(10) == queries(1_000) <= 10


def test_confirming_and_discarding_work_once(account: TelnyxAccount) -> None:
    first, second = (planned(account, stored_cards(account, 1)) for _ in range(2))
    assert confirm(first)
    assert not confirm(first)
    assert not discard(first)
    assert (first.state, first.confirmed_at is None) == (OperationState.RUNNING, False)
    assert discard(second)
    assert not discard(second)
    assert not confirm(second)
    assert (second.state, second.finished_at is None) == (OperationState.CANCELLED, False)
    assert states(second) == [("skipped", "the plan was discarded")]


def test_a_plan_without_an_eligible_target_does_not_start(account: TelnyxAccount) -> None:
    operation = planned(account, stored_cards(account, 2, "enabled"))
    assert not confirm(operation)
    assert operation.state == OperationState.PLANNED


@pytest.mark.django_db(transaction=True)
def test_a_double_click_starts_it_once(account: TelnyxAccount) -> None:
    for _ in range(5):
        operation = planned(account, stored_cards(account, 1))
        mine = Operation.objects.get(pk=operation.pk)
        assert sorted(at_once(partial(confirm, mine), partial(confirm, operation))) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_of_starting_and_discarding_one_wins(account: TelnyxAccount) -> None:
    for _ in range(5):
        operation = planned(account, stored_cards(account, 1))
        mine = Operation.objects.get(pk=operation.pk)
        started, discarded = at_once(partial(confirm, mine), partial(discard, operation))
        assert started != discarded
        operation.refresh_from_db()
        assert operation.state == ("running" if started else "cancelled")
        assert states(operation)[0][0] == ("queued" if started else "skipped")
