"""The list of operations, what needs a person, the top bar, what rows say; and their queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Person, TelnyxAccount
from fleet.models import Group, Operation, OperationState, OperationTarget, SimCard
from tests.web.operations import HTMX, disabled_cards, ended, in_state, planned, signed_in

pytestmark = pytest.mark.django_db
AWAITING = OperationState.AWAITING_APPROVAL


def _list(client: Client, account: TelnyxAccount, **query: Any) -> Any:
    return client.get(reverse("operations", args=[account.slug]), query)


def test_the_list_is_filtered_by_state_kind_and_person(
    as_operator: Client, synced_account: TelnyxAccount, operator: Person, second: Person
) -> None:
    mine = planned(synced_account, operator)
    theirs = planned(synced_account, second, kind="add_tags", inputs={"tags": ["depot"]})
    in_state(theirs, OperationState.SCHEDULED, starts_at=timezone.now() + timedelta(hours=2))
    page = _list(as_operator, synced_account)
    assert [row.pk for row in page.context["page"].rows] == [theirs.pk, mine.pk]
    assert "Add tags: depot" in page.content.decode()
    assert "in 2 h" in page.content.decode()
    for query, expected in (
        ({"state": "scheduled"}, [theirs]),
        ({"kind": "enable"}, [mine]),
        ({"by": second.pk}, [theirs]),
        ({"by": second.pk, "kind": "enable"}, []),
        ({"by": "x" * 30, "kind": "nothing", "state": "nothing"}, [theirs, mine]),
    ):
        assert _list(as_operator, synced_account, **query).context["page"].rows == expected


def test_what_waits_for_a_person_is_marked_for_the_right_one(
    as_operator: Client,
    synced_account: TelnyxAccount,
    operator: Person,
    second: Person,
    manager: Person,
) -> None:
    in_state(planned(synced_account, operator), AWAITING)
    other, reader = signed_in(second), signed_in(manager)
    overview = reverse("overview", args=[synced_account.slug])
    assert "Waits for you" not in _list(as_operator, synced_account).content.decode()
    assert "Waits for you" not in _list(reader, synced_account).content.decode()
    assert "Waits for you" in _list(other, synced_account).content.decode()
    page = other.get(overview).content.decode()
    assert "What needs a person" in page
    assert "Waits for you" in page
    assert "1 to approve" in page


def test_the_overview_names_failures_until_somebody_acts(
    as_operator: Client, synced_account: TelnyxAccount, operator: Person
) -> None:
    overview = reverse("overview", args=[synced_account.slug])
    assert "What needs a person" not in as_operator.get(overview).content.decode()
    run = ended(planned(synced_account, operator), "failed", "interrupted", "completed")
    in_state(run, OperationState.PARTLY_FAILED, finished_at=timezone.now())
    assert "2 failed" in as_operator.get(overview).content.decode()
    retry = planned(synced_account, operator)
    Operation.objects.filter(pk=retry.pk).update(retries=run, state="cancelled")
    assert "2 failed" in as_operator.get(overview).content.decode()
    Operation.objects.filter(pk=retry.pk).update(state="running")
    assert "2 failed" not in as_operator.get(overview).content.decode()
    retry.targets.update(state="unknown")
    assert "3 unknown" in as_operator.get(overview).content.decode()
    old = timezone.now() - timedelta(days=8)
    Operation.objects.update(state="failed", finished_at=old, retries=None)
    assert "What needs a person" not in as_operator.get(overview).content.decode()


def test_the_top_bar_says_what_is_held_up(
    as_operator: Client, synced_account: TelnyxAccount, operator: Person
) -> None:
    address = reverse("activity", args=[synced_account.slug])
    for state, text in ((AWAITING, "1 to approve"), (OperationState.PAUSED, "1 paused")):
        in_state(planned(synced_account, operator), state)
        assert text in as_operator.get(address, headers=HTMX).content.decode()


@pytest.mark.parametrize(
    ("state", "target", "text"),
    [
        ("running", "queued", "Add tags: queued"),
        ("running", "in_progress", "adding tags"),
        ("running", "unknown", "Add tags: checking"),
        ("scheduled", "queued", "Add tags: scheduled"),
        ("awaiting_approval", "queued", "Add tags: awaiting approval"),
        ("paused", "queued", "Add tags: paused"),
        ("failed", "failed", "Add tags failed"),
    ],
)
def test_a_row_says_what_happens_to_it(
    as_operator: Client,
    synced_account: TelnyxAccount,
    operator: Person,
    state: str,
    target: str,
    text: str,
) -> None:
    card = disabled_cards(synced_account, 1)
    operation = planned(synced_account, operator, card, "add_tags", {"tags": ["x"]})
    in_state(operation, OperationState(state))
    operation.targets.update(state=target, finished_at=timezone.now())
    address = reverse("sim_card_rows", args=[synced_account.slug])
    row = as_operator.get(address, {"row": card[0].pk}).content.decode()
    assert text in row
    assert operation.get_absolute_url() in row


def test_what_is_under_way_is_shown_before_what_waits(
    as_operator: Client, synced_account: TelnyxAccount, operator: Person
) -> None:
    card = disabled_cards(synced_account, 1)
    running = in_state(planned(synced_account, operator, card), OperationState.RUNNING)
    running.targets.update(state="in_progress")
    later = planned(synced_account, operator, card, "add_tags", {"tags": ["x"]})
    in_state(later, AWAITING)
    address = reverse("sim_card_rows", args=[synced_account.slug])
    asked = {"row": [card[0].pk, "²", "9" * 30, "x"]}
    row = as_operator.get(address, asked).content.decode()
    assert "enabling" in row
    assert "Add tags" not in row


def _many(account: TelnyxAccount, person: Person, number: int) -> list[Operation]:
    """A plan, a run with failures, an undo, one on groups, and lists of each length."""
    made = []
    cards = list(SimCard.objects.filter(account=account).order_by("pk")[:number])
    groups = list(Group.objects.filter(account=account))
    for kind, state in (("enable", "planned"), ("enable", "partly_failed"), ("undo", "running")):
        operation = Operation.objects.create(
            account=account, kind=kind, state=state, requested_by=person, target_count=number
        )
        OperationTarget.objects.bulk_create(
            OperationTarget(
                operation=operation,
                sim_card=card,
                kind="add_tags" if kind == "undo" else "",
                inputs={"tags": ["x"]} if kind == "undo" else None,
                state="failed" if state == "partly_failed" else "queued",
                reason=f"reason {place % 7}",
                prior={"status": "disabled"},
            )
            for place, card in enumerate(cards)
        )
        made.append(operation)
    operation = Operation.objects.create(account=account, kind="clear_group_limit", state="failed")
    OperationTarget.objects.bulk_create(
        OperationTarget(operation=operation, group=group, state="failed") for group in groups
    )
    made.append(operation)
    for _ in range(number):
        Operation.objects.create(
            account=account, kind="enable", state=AWAITING, requested_by=person
        )
    return made


def test_the_pages_of_operations_do_as_many_queries_at_a_hundred_rows(
    as_operator: Client, synced_account: TelnyxAccount, second: Person
) -> None:
    def measure(number: int) -> dict[str, int]:
        Operation.objects.all().delete()
        kinds = ("plan", "failed", "undo", "groups")
        addresses = {
            name: operation.get_absolute_url()
            for name, operation in zip(kinds, _many(synced_account, second, number), strict=True)
        }
        for name in ("overview", "operations", "groups", "activity"):
            addresses[f"page {name}"] = reverse(name, args=[synced_account.slug])
        counts = {}
        for name, address in addresses.items():
            as_operator.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert as_operator.get(address).status_code == 200
            counts[name] = len(queries)
        return counts

    assert measure(100) == measure(10)
