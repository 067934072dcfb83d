"""What people do with a confirmed operation, and that each step is recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Person, TelnyxAccount
from fleet.models import Operation, OperationState
from tests.web.operations import HTMX, disabled_cards, ended, in_state, planned, signed_in, take

pytestmark = pytest.mark.django_db
RUNNING = OperationState.RUNNING
AWAITING = OperationState.AWAITING_APPROVAL


def _says(response: Any) -> str:
    return json.loads(response["HX-Trigger"])["toast"]["text"]


def _recorded(action: str) -> AuditEntry:
    entry = AuditEntry.objects.get(action=f"operation.{action}")
    assert entry.address == "127.0.0.1"
    assert entry.person is not None
    return entry


@pytest.fixture
def plan(synced_account: TelnyxAccount, operator: Person) -> Operation:
    """Three SIM cards, to be enabled."""
    return planned(synced_account, operator)


def test_the_second_person_approves(
    plan: Operation, as_operator: Client, second: Person, enqueued: list[Any]
) -> None:
    in_state(plan, AWAITING, approval_reason="it is large")
    own = as_operator.get(plan.get_absolute_url()).content.decode()
    assert "waits for a second person to approve it, because it is large" in own
    assert "you asked for it yourself" in own
    refused = take(as_operator, "approve_operation", plan)
    assert refused.status_code == 403
    assert "you asked for it yourself" in refused.content.decode()
    plan.refresh_from_db()
    assert plan.state == AWAITING
    other = signed_in(second)
    page = other.get(plan.get_absolute_url()).content.decode()
    assert "This waits for you" in page
    assert "approved and running" in _says(take(other, "approve_operation", plan))
    assert "does not wait for approval" in _says(take(other, "approve_operation", plan))
    plan.refresh_from_db()
    assert (plan.state, plan.approved_by) == (RUNNING, second)
    assert _recorded("approved").person == second
    assert len(enqueued) == 1


def test_the_second_person_refuses_with_a_reason(plan: Operation, second: Person) -> None:
    in_state(plan, AWAITING)
    other = signed_in(second)
    address = reverse("ask_step", args=[plan.account.slug, plan.pk, "refuse"])
    assert "Refuse operation" in other.get(address, headers=HTMX).content.decode()
    take(other, "refuse_operation", plan, reason="not on a Friday")
    plan.refresh_from_db()
    assert plan.state == OperationState.CANCELLED
    assert plan.stopped_reason == "not approved by second: not on a Friday"
    assert "not on a Friday" in other.get(plan.get_absolute_url()).content.decode()
    assert _recorded("refused").detail == {"reason": "not on a Friday"}
    assert "does not wait" in _says(take(other, "refuse_operation", plan))


def test_a_plan_is_not_refused_but_discarded(plan: Operation, as_operator: Client) -> None:
    assert "does not wait" in _says(take(as_operator, "refuse_operation", plan))
    plan.refresh_from_db()
    assert plan.state == OperationState.PLANNED


def test_pausing_and_going_on(plan: Operation, as_operator: Client, enqueued: list[Any]) -> None:
    in_state(plan, RUNNING)
    assert "Paused" in _says(take(as_operator, "pause_operation", plan))
    assert "not running" in _says(take(as_operator, "pause_operation", plan))
    page = as_operator.get(plan.get_absolute_url()).content.decode()
    assert "operator paused it. Nothing is sent" in page
    assert "Go on with all" in page
    assert "goes on" in _says(take(as_operator, "go_on_operation", plan))
    assert "not paused" in _says(take(as_operator, "go_on_operation", plan))
    plan.refresh_from_db()
    assert plan.state == RUNNING
    assert _recorded("paused").subject == str(plan)
    assert _recorded("resumed")
    assert len(enqueued) == 1


def test_cancelling_says_how_many_are_spared(
    plan: Operation, as_operator: Client, enqueued: list[Any]
) -> None:
    in_state(plan, RUNNING)
    first = plan.targets.order_by("pk").first()
    plan.targets.filter(pk=first.pk).update(state="in_progress")
    address = reverse("ask_step", args=[plan.account.slug, plan.pk, "cancel"])
    asked = as_operator.get(address, headers=HTMX).content.decode()
    assert "2 SIM cards" in asked
    assert "<html" not in asked
    assert "<html" in as_operator.get(address).content.decode()
    assert "2 SIM cards not sent" in _says(take(as_operator, "cancel_operation", plan))
    assert "not running" in _says(take(as_operator, "cancel_operation", plan))
    assert _recorded("cancelled").detail == {"spared": 2}
    page = as_operator.get(plan.get_absolute_url()).content.decode()
    assert "It was cancelled." in page
    assert "Cancel the rest" not in page


def test_no_other_step_is_asked_about(plan: Operation, as_operator: Client) -> None:
    address = reverse("ask_step", args=[plan.account.slug, plan.pk, "explode"])
    assert as_operator.get(address).status_code == 404


def test_failures_are_retried_all_or_by_cause(plan: Operation, as_operator: Client) -> None:
    ended(plan, "failed", "interrupted", "completed")
    plan.targets.filter(state="failed").update(reason="Busy")
    page = as_operator.get(plan.get_absolute_url()).content.decode()
    assert "Retry 2 failed" in page
    response = take(as_operator, "retry_operation", plan, reason="Busy")
    again = Operation.objects.latest("pk")
    assert response["HX-Redirect"] == again.get_absolute_url()
    assert (again.target_count, again.retries) == (1, plan)
    take(as_operator, "retry_operation", plan)
    assert Operation.objects.latest("pk").target_count == 2
    assert AuditEntry.objects.filter(action="operation.retried").count() == 2
    page = as_operator.get(plan.get_absolute_url()).content.decode()
    assert f"#{again.pk}</a>" in page
    page = as_operator.get(again.get_absolute_url()).content.decode()
    assert "Enable" in page
    for other in ("Other", "\0"):
        assert "failed so" in _says(take(as_operator, "retry_operation", plan, reason=other))


def test_nothing_is_retried_before_the_end(plan: Operation, as_operator: Client) -> None:
    assert "has not ended" in _says(take(as_operator, "retry_operation", plan))
    assert Operation.objects.count() == 1


def test_undoing_plans_the_way_back_once(
    synced_account: TelnyxAccount, plan: Operation, as_operator: Client
) -> None:
    for card in disabled_cards(synced_account):
        type(card).objects.filter(pk=card.pk).update(status="enabled")
    ended(plan, "completed", "completed", "completed")
    response = take(as_operator, "undo_operation", plan)
    undo = Operation.objects.latest("pk")
    assert response["HX-Redirect"] == undo.get_absolute_url()
    assert (undo.kind, undo.eligible_count, undo.undoes) == ("undo", 3, plan)
    page = as_operator.get(undo.get_absolute_url()).content.decode()
    assert f"Undo of #{plan.pk}" in page
    assert "→ Disable" in page
    assert _recorded("undone").detail["by"] == undo.pk
    assert "exists already" in _says(take(as_operator, "undo_operation", plan))
    page = as_operator.get(plan.get_absolute_url()).content.decode()
    assert "an operation that undoes it exists already" in page


def test_a_manager_sees_no_step(plan: Operation, manager: Person) -> None:
    reader = signed_in(manager)
    for state in ("planned", "awaiting_approval", "scheduled", "running", "paused", "failed"):
        in_state(plan, OperationState(state))
        page = reader.get(plan.get_absolute_url()).content.decode()
        assert "<main" in page
        for word in ("Discard", "Approve<", "Pause<", "Cancel the rest", "Undo<", "Retry"):
            assert word not in page, (state, word)


def test_a_page_that_has_ended_asks_no_more(plan: Operation, as_operator: Client) -> None:
    in_state(plan, RUNNING)
    live = as_operator.get(plan.get_absolute_url(), headers=HTMX).content.decode()
    assert 'hx-trigger="activity from:body"' in live
    assert "<html" not in live
    ended(plan, "completed", "completed", "completed")
    final = as_operator.get(plan.get_absolute_url(), headers=HTMX).content.decode()
    assert 'hx-trigger="none"' in final


def test_unknown_outcomes_stand_apart(plan: Operation, as_operator: Client) -> None:
    in_state(plan, RUNNING)
    plan.targets.update(state="unknown", reason="no answer came")
    page = as_operator.get(plan.get_absolute_url()).content.decode()
    assert "Being looked into" in page
    assert "no answer came" in page
    assert "What went wrong" not in page
