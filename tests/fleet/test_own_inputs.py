"""Targets with kinds and inputs of their own: looked at together, timed by what each takes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Person, TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, SimCard, TargetState
from fleet.operations import alike as grouping
from fleet.operations.alike import alike
from fleet.operations.catalog import KINDS
from fleet.operations.compare import compare
from fleet.operations.kinds.kind import Kind
from fleet.operations.plan import duration
from fleet.operations.verify import _waiting
from tests.fleet.records import stored_cards

pytestmark = pytest.mark.django_db


def _undo(
    account: TelnyxAccount, targets: list[tuple[SimCard, str, dict[str, Any]]], **fields: Any
) -> Operation:
    """An undo with a target for each SIM card, kind and inputs."""
    person = Person.objects.get_or_create(email="planner@acme.example")[0]
    operation = Operation.objects.create(
        account=account, kind="undo", requested_by=person, state=OperationState.RUNNING
    )
    for card, kind, inputs in targets:
        OperationTarget.objects.create(
            operation=operation, sim_card=card, kind=kind, inputs=inputs, **fields
        )
    return operation


def _own_tags(cards: list[SimCard]) -> list[tuple[SimCard, str, dict[str, Any]]]:
    return [(card, "replace_tags", {"tags": [f"tag-{card.pk}"]}) for card in cards]


def _queries_to_compare(account: TelnyxAccount, count: int) -> int:
    """How many statements end the targets whose SIM cards all have other tags, half of them."""
    cards = stored_cards(account, count)
    operation = _undo(
        account,
        _own_tags(cards),
        state=TargetState.IN_PROGRESS,
        acted_at=timezone.now() - timedelta(hours=1),
    )
    there = cards[: count // 2]
    for card in there:
        SimCard.objects.filter(pk=card.pk).update(tags=[f"tag-{card.pk}"])
    with CaptureQueriesContext(connection) as queries:
        assert compare(_waiting(account)) == count
    completed = operation.targets.filter(state=TargetState.COMPLETED)
    assert {t.sim_card_id: t.after for t in completed} == {
        card.pk: {"tags": [f"tag-{card.pk}"]} for card in there
    }
    failed = operation.targets.filter(state=TargetState.FAILED)
    assert failed.count() == count - len(there)
    assert all("reads back as “tags model:B, site:A”" in target.reason for target in failed)
    return len(queries)


def test_comparing_inputs_of_their_own_costs_no_query_each(account: TelnyxAccount) -> None:
    assert _queries_to_compare(account, 4) == _queries_to_compare(account, 80)


def test_each_is_judged_by_its_own_inputs(
    account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever falls into one statement: many inputs, many targets, or all of one kind."""
    cards = stored_cards(account, 12)
    for card in cards[:4]:
        SimCard.objects.filter(pk=card.pk).update(tags=[f"tag-{card.pk}"])
    SimCard.objects.filter(pk__in=[card.pk for card in cards[4:8]]).update(tags=["same"])
    same = [(card, "replace_tags", {"tags": ["same"]}) for card in cards[4:12]]
    _undo(
        account,
        _own_tags(cards[:4]) + same,
        state=TargetState.IN_PROGRESS,
        acted_at=timezone.now(),
    )
    for targets, inputs in ((2_000, 250), (3, 250), (2_000, 2), (1, 1)):
        monkeypatch.setattr(grouping, "TARGETS", targets)
        monkeypatch.setattr(grouping, "INPUTS", inputs)
        groups = list(alike(_waiting(account)))
        assert all(len(group.targets) <= targets for group in groups)
        assert all(len(group.parts) <= inputs for group in groups)
        assert sum(len(group.targets) for group in groups) == 12
        reached = {
            pk
            for group in groups
            for pk, is_reached in group.rows.annotate(it=group.reached()).values_list("pk", "it")
            if is_reached
        }
        assert reached == {card.pk for card in cards[:8]}
        reasons = {
            pk: why
            for group in groups
            for pk, why in group.rows.annotate(why=group.changed()).values_list("pk", "why")
        }
        assert {pk for pk, why in reasons.items() if why} == reached
        assert set(reasons.values()) == {"", "already tagged so"}


def _kinds_of_sim_cards() -> list[Kind]:
    return [kind for kind in KINDS.values() if kind.subject == "sim_cards" and kind.name != "undo"]


@pytest.mark.parametrize("kind", _kinds_of_sim_cards(), ids=lambda kind: kind.name)
def test_every_kind_can_be_looked_at_with_several_inputs(
    account: TelnyxAccount, kind: Kind
) -> None:
    cards = stored_cards(account, 2)
    amount = {"amount": "5", "unit": "MB"}
    inputs = {
        "tags": ["a"],
        "imeis": ["490154203237518"],
        "group": "11111111-1111-4111-8111-111111111112",
        "limit": amount,
        "threshold": amount,
        "to": {"amount": "6", "unit": "MB"},
    }
    _undo(
        account,
        [(card, kind.name, inputs | {"number": number}) for number, card in enumerate(cards)],
        state=TargetState.IN_PROGRESS,
        acted_at=timezone.now(),
    )
    (group,) = alike(_waiting(account))
    assert len(group.parts) == 2
    found = group.rows.annotate(it=group.reached(), why=group.changed()).values_list("it", "why")
    alone = kind.rows_by_id([card.pk for card in cards])
    assert list(found) == [
        (kind.rows_by_id([pk]).filter(kind.reached(inputs)).exists(), why)
        for pk, why in alone.annotate(why=kind.changed(inputs)).values_list("pk", "why")
    ]


def test_an_undo_takes_as_long_as_what_it_does(account: TelnyxAccount) -> None:
    account.requests_per_second = 10
    account.save()
    cards = stored_cards(account, 150)
    # Two requests for each; one for a hundred, but one for each where a region is asked for.
    tags = [(card, "remove_tags", {"tags": ["a"]}) for card in cards[:30]]
    ips = [(card, "set_public_ip", {"region": ""}) for card in cards[30:130]]
    ips += [(card, "set_public_ip", {"region": "us-1"}) for card in cards[130:]]
    assert duration(_undo(account, tags)) == timedelta(seconds=6)
    assert duration(_undo(account, ips)) == timedelta(seconds=3)
    assert duration(_undo(account, tags + ips)) == timedelta(seconds=9)
