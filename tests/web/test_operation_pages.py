"""Planning, starting and discarding through the pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, TelnyxAccount
from fleet.models import Operation, SimCard
from fleet.web.operations import one_operation

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def _plan(client: Client, account: TelnyxAccount, status: str = "disabled", **data: Any) -> Any:
    ids = list(SimCard.objects.filter(status=status).values_list("pk", flat=True)[:3])
    return client.post(
        reverse("plan_operation", args=[account.slug]),
        {"kind": "enable", "ids": ids, **data},
        headers=HTMX,
    )


def test_the_plan_is_a_dialog_with_figures_and_reasons(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    SimCard.objects.filter(status="disabled").exclude(group=None).update(status="disabled")
    chosen = [
        SimCard.objects.filter(status="disabled").exclude(group=None).first().pk,
        SimCard.objects.filter(status="enabled").first().pk,
        SimCard.objects.filter(status="disabled", group=None).first().pk,
        SimCard.objects.filter(status="registering").first().pk,
    ]
    response = _plan(as_operator, synced_account, ids=chosen)
    text = response.content.decode()
    assert "Enable: 4 SIM cards" in text
    # The one that moves waits, and is judged when its turn comes.
    assert "Enable 2 SIM cards" in text
    for reason in ("already enabled", "needs a group"):
        assert reason in text
    assert "+1.80 USD a month" in text
    operation = Operation.objects.get()
    assert (operation.state, operation.target_count, operation.skipped_count) == ("planned", 4, 2)
    assert AuditEntry.objects.get(action="operation.planned").detail["targets"] == 4


def test_an_unknown_kind_names_the_known_ones(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    response = _plan(as_operator, synced_account, kind="explode")
    assert response.status_code == 400
    assert "explode" in response.content.decode()
    assert "set_standby" in response.content.decode()
    assert not Operation.objects.exists()


def test_an_empty_selection_says_so(as_operator: Client, synced_account: TelnyxAccount) -> None:
    response = _plan(as_operator, synced_account, ids=[])
    assert response.status_code == 204
    assert json.loads(response["HX-Trigger"])["toast"]["text"] == "No SIM card is selected."


def test_confirming_starts_it_once(
    as_operator: Client, synced_account: TelnyxAccount, enqueued: list[dict[str, Any]]
) -> None:
    _plan(as_operator, synced_account)
    operation = Operation.objects.get()
    address = reverse("confirm_operation", args=[synced_account.slug, operation.pk])
    first = as_operator.post(address, headers=HTMX)
    second = as_operator.post(address, headers=HTMX)
    operation.refresh_from_db()
    assert operation.state == "running"
    assert len(enqueued) == 1
    assert "closeDialog" in first["HX-Trigger"]
    assert "running already" in json.loads(second["HX-Trigger"])["toast"]["text"]
    assert AuditEntry.objects.filter(action="operation.started").count() == 1


def test_without_a_broker_it_starts_all_the_same(
    as_operator: Client, synced_account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> None:
        raise one_operation.OperationalError("no broker")

    monkeypatch.setattr(one_operation.resume_operations, "apply_async", away)
    _plan(as_operator, synced_account)
    operation = Operation.objects.get()
    response = as_operator.post(
        reverse("confirm_operation", args=[synced_account.slug, operation.pk]), headers=HTMX
    )
    assert response.status_code == 204
    operation.refresh_from_db()
    assert operation.state == "running"


def test_a_plan_without_an_eligible_target_cannot_start(
    as_operator: Client, synced_account: TelnyxAccount, enqueued: list[dict[str, Any]]
) -> None:
    _plan(as_operator, synced_account, status="enabled")
    operation = Operation.objects.get()
    as_operator.post(
        reverse("confirm_operation", args=[synced_account.slug, operation.pk]), headers=HTMX
    )
    operation.refresh_from_db()
    assert operation.state == "planned"
    assert enqueued == []


def test_discarding_sends_nothing(as_operator: Client, synced_account: TelnyxAccount) -> None:
    _plan(as_operator, synced_account)
    operation = Operation.objects.get()
    as_operator.post(reverse("discard_operation", args=[synced_account.slug, operation.pk]))
    operation.refresh_from_db()
    assert operation.state == "cancelled"
    assert set(operation.targets.values_list("state", flat=True)) == {"skipped"}
    page = as_operator.get(operation.get_absolute_url()).content.decode()
    assert "Nothing was changed." in page
    assert "progress-wide" not in page, "no bar of what never ran"
    confirm = reverse("confirm_operation", args=[synced_account.slug, operation.pk])
    as_operator.post(confirm, headers=HTMX)
    operation.refresh_from_db()
    assert operation.state == "cancelled"


def test_without_javascript_the_plan_is_a_page(
    as_operator: Client, synced_account: TelnyxAccount, enqueued: list[dict[str, Any]]
) -> None:
    pk = SimCard.objects.filter(status="disabled").exclude(group=None).first().pk
    response = as_operator.post(
        reverse("plan_operation", args=[synced_account.slug]), {"kind": "enable", "ids": [pk]}
    )
    operation = Operation.objects.get()
    assert response["Location"] == operation.get_absolute_url()
    assert "Enable 1 SIM card" in as_operator.get(response["Location"]).content.decode()
    response = as_operator.post(
        reverse("confirm_operation", args=[synced_account.slug, operation.pk])
    )
    assert response["Location"] == operation.get_absolute_url()


def test_a_run_shows_counts_and_causes(as_operator: Client, synced_account: TelnyxAccount) -> None:
    _plan(as_operator, synced_account)
    operation = Operation.objects.get()
    Operation.objects.update(state="partly_failed")
    targets = list(operation.targets.exclude(state="skipped"))
    operation.targets.filter(pk=targets[0].pk).update(state="failed", reason="No coverage <b>here")
    page = as_operator.get(operation.get_absolute_url()).content.decode()
    assert "No coverage &lt;b&gt;here" in page
    assert "Partly failed" in page
    only = as_operator.get(operation.get_absolute_url(), {"state": "failed"})
    assert [target.pk for target in only.context["page"].rows] == [targets[0].pk]


def test_the_row_shows_what_is_pending_and_what_failed(
    as_operator: Client, synced_account: TelnyxAccount, enqueued: list[dict[str, Any]]
) -> None:
    _plan(as_operator, synced_account)
    operation = Operation.objects.get()
    address = reverse("sim_cards", args=[synced_account.slug])
    query = {"status": "disabled", "size": 100}
    planned = as_operator.get(address, query).content.decode()
    assert "is-pending" not in planned, "a plan alone does nothing"
    Operation.objects.update(state="running")
    assert "Enable: queued" in as_operator.get(address, query).content.decode()
    operation.targets.exclude(state="skipped").update(state="in_progress")
    assert "enabling" in as_operator.get(address, query).content.decode()
