"""Plans and runs for the tests of the pages."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import Person, TelnyxAccount
from fleet.models import Operation, OperationState, SimCard
from fleet.operations.catalog import KINDS
from fleet.operations.plan import plan

HTMX = {"HX-Request": "true"}


def signed_in(person: Person) -> Client:
    """A browser in which the person is signed in."""
    client = Client()
    client.force_login(person)
    return client


def disabled_cards(account: TelnyxAccount, number: int = 3) -> list[SimCard]:
    """SIM cards that can be enabled."""
    cards = SimCard.objects.filter(account=account, status="disabled", actions_in_progress=False)
    return list(cards.exclude(group=None).order_by("pk")[:number])


def planned(
    account: TelnyxAccount,
    person: Person,
    cards: list[SimCard] | None = None,
    kind: str = "enable",
    inputs: dict[str, Any] | None = None,
) -> Operation:
    """A plan for SIM cards, by default for three that are disabled."""
    cards = disabled_cards(account) if cards is None else cards
    rows = SimCard.objects.filter(pk__in=[card.pk for card in cards])
    return plan(account, KINDS[kind], rows, person, {"ids": len(cards)}, inputs)


def in_state(operation: Operation, state: OperationState, **fields: Any) -> Operation:
    """The operation, as if it had come to that state."""
    Operation.objects.filter(pk=operation.pk).update(state=state, **fields)
    operation.refresh_from_db()
    return operation


def ended(operation: Operation, *states: str, reason: str = "No coverage here") -> Operation:
    """The operation, ended with its targets in these states; what failed has the reason."""
    for target, state in zip(operation.targets.order_by("pk"), states, strict=True):
        said = reason if state in ("failed", "interrupted") else ""
        operation.targets.filter(pk=target.pk).update(state=state, reason=said)
    failed = {"failed", "interrupted"} & set(states)
    state = OperationState.PARTLY_FAILED if failed else OperationState.SUCCEEDED
    return in_state(operation, state)


def take(
    client: Client, name: str, operation: Operation, headers: dict[str, str] = HTMX, **data: Any
) -> Any:
    """Take a step through its button, as htmx does."""
    address = reverse(name, args=[operation.account.slug, operation.pk])
    return client.post(address, data, headers=headers)
