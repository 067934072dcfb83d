"""What the API switches by group: a group goes whole, in its turn, and not before it is at rest."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import Person, TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, SimCard, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.claim import claim
from fleet.operations.claim_groups import MOVING_WAITS, claim_group
from fleet.operations.plan import plan
from fleet.operations.start import Terms, confirm
from fleet.operations.stop import judge_canaries
from fleet.operations.targets import finish
from tests.fleet.operations import started, states
from tests.fleet.records import sim_card, store

pytestmark = pytest.mark.django_db


def _groups(account: TelnyxAccount, count: int) -> list[list[SimCard]]:
    """Groups of two SIM cards with voice each."""
    TelnyxAccount.objects.filter(pk=account.pk).update(voice_per_sim_card=False)
    account.refresh_from_db()
    found = []
    for number in range(1, count + 1):
        group = str(UUID(int=number))
        records = [sim_card(voice_enabled=True, sim_card_group_id=group) for _ in range(2)]
        store(account, *records)
        found.append(list(SimCard.objects.filter(group_remote_id=group).order_by("pk")))
    return found


def _voice_off(
    account: TelnyxAccount, groups: list[list[SimCard]], terms: Terms | None = None
) -> Operation:
    person = Person.objects.get_or_create(email="planner@acme.example")[0]
    rows = SimCard.objects.filter(pk__in=[card.pk for cards in groups for card in cards])
    operation = plan(account, KINDS["voice_off"], rows, person, {"filter": ""})
    assert operation.kind == "group_voice_off"
    assert confirm(operation, terms)
    return operation


def _claimed(account: TelnyxAccount) -> list[UUID]:
    return [UUID(item.remote_id) for item in claim_group(account)]


def _ids(*groups: list[SimCard]) -> set[UUID]:
    return {card.remote_id for cards in groups for card in cards}


def test_only_the_groups_of_the_canaries_go_first(account: TelnyxAccount) -> None:
    groups = _groups(account, 4)
    # The third canary is one of the second group, which goes whole.
    operation = _voice_off(account, groups, Terms(canary_count=3))
    first = _claimed(account) + _claimed(account)
    assert set(first) == _ids(*groups[:2])
    assert _claimed(account) == []
    judge_canaries(account)
    assert _claimed(account) == []
    sent = operation.targets.filter(state=TargetState.SUBMITTING)
    finish(list(sent.values_list("pk", flat=True)), TargetState.COMPLETED)
    judge_canaries(account)
    assert {*_claimed(account), *_claimed(account)} == _ids(*groups[2:])


def test_a_group_that_failed_keeps_the_others_from_being_sent(account: TelnyxAccount) -> None:
    groups = _groups(account, 4)
    operation = _voice_off(account, groups, Terms(canary_count=1))
    assert set(_claimed(account)) == _ids(groups[0])
    # The canary itself got there; the other one of its group did not.
    canary, other = operation.targets.filter(state=TargetState.SUBMITTING).order_by("id")
    finish(canary.pk, TargetState.COMPLETED)
    judge_canaries(account)
    assert _claimed(account) == []
    finish(other.pk, TargetState.FAILED, "no")
    judge_canaries(account)
    operation.refresh_from_db()
    assert operation.state == OperationState.PAUSED
    assert operation.stopped_reason.startswith("1 of the first 2 failed")


@pytest.mark.parametrize("change", [{"actions_in_progress": True}, {"status": "enabling"}])
def test_a_group_waits_while_something_happens_to_one_of_its_sim_cards(
    account: TelnyxAccount, change: dict[str, object]
) -> None:
    (cards,) = _groups(account, 1)
    operation = _voice_off(account, [cards])
    SimCard.objects.filter(pk=cards[1].pk).update(**change)
    assert _claimed(account) == []
    assert states(operation) == [("queued", "waits for its group")] * 2
    SimCard.objects.filter(pk=cards[1].pk).update(actions_in_progress=False, status="disabled")
    assert _claimed(account) == [], "not at once"
    operation.targets.update(due_at=timezone.now())
    assert set(_claimed(account)) == _ids(cards)


def test_one_that_never_comes_to_rest_does_not_keep_its_group_for_ever(
    account: TelnyxAccount,
) -> None:
    (cards,) = _groups(account, 1)
    operation = _voice_off(account, [cards])
    SimCard.objects.filter(pk=cards[1].pk).update(status="registering")
    long_ago = timezone.now() - MOVING_WAITS - timedelta(seconds=1)
    Operation.objects.filter(pk=operation.pk).update(confirmed_at=long_ago)
    assert set(_claimed(account)) == _ids(cards)


def test_two_operations_on_a_group_never_wait_for_each_other(account: TelnyxAccount) -> None:
    """They were planned at the same moment, so that their targets alternate."""
    (cards,) = _groups(account, 1)
    first, second = _voice_off(account, [cards]), _voice_off(account, [cards])
    newest = OperationTarget.objects.order_by("-id").values_list("id", flat=True)[0]
    first.targets.filter(sim_card=cards[1]).update(id=newest + 1)
    claims = claim_group(account)
    assert {item.operation_id for item in claims} == {first.pk}
    assert len(claims) == 2
    assert {state for state, _ in states(second)} == {"queued"}


def test_of_several_operations_none_is_always_first(
    account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = _groups(account, 2)
    _first, second = _voice_off(account, groups[:1]), _voice_off(account, groups[1:])
    backwards = partial(list.sort, reverse=True)
    monkeypatch.setattr("fleet.operations.claim_groups.random.shuffle", backwards)
    assert {item.operation_id for item in claim_group(account)} == {second.pk}


def test_groups_that_are_all_skipped_do_not_hold_the_turn(account: TelnyxAccount) -> None:
    groups = _groups(account, 3)
    operation = _voice_off(account, groups)
    for cards in groups:
        group = cards[0].group_remote_id
        store(account, sim_card(voice_enabled=True, sim_card_group_id=str(group)))
    rounds = iter([False, True])
    assert claim_group(account, lambda: next(rounds)) == []
    assert [state for state, _ in states(operation)].count("skipped") == 2
    assert claim_group(account) == []
    assert [state for state, _ in states(operation)].count("skipped") == 6


def test_single_sim_cards_wait_for_an_earlier_operation_on_their_group(
    account: TelnyxAccount,
) -> None:
    (cards,) = _groups(account, 1)
    _voice_off(account, [cards])
    later = started(account, cards[:1])
    assert claim(account, 10) == []
    assert len(claim_group(account)) == 2
    assert states(later) == [("queued", "")]
