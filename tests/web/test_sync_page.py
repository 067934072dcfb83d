"""The sync page: what is read and when, the hour's calls, the buttons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiCalls, AuditEntry, Connection, Person, TelnyxAccount
from fleet import tasks
from fleet.models import Group, Resource, SyncRun, SyncSchedule, SyncState
from fleet.sync.budget import hour_of
from fleet.sync.registry import SYNCS
from fleet.web.shell import Activity
from fleet.web.sync_runs.views import resource_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[Any]]]:
    """What the page enqueues, instead of a broker."""
    calls: list[tuple[str, list[Any]]] = []
    for task in (tasks.sync_account, tasks.sync_resource, tasks.sync_group):
        monkeypatch.setattr(
            task, "apply_async", lambda args, task=task, **options: calls.append((task.name, args))
        )
    return calls


def _signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _page(person: Person, account: TelnyxAccount) -> str:
    return _signed_in(person).get(reverse("sync_runs", args=[account.slug])).content.decode()


def test_every_resource_is_listed_with_its_freshness_and_next_turn(
    synced_account: TelnyxAccount, manager: Person
) -> None:
    SyncSchedule.objects.create(
        account=synced_account,
        resource=Resource.ORDERS,
        due_at=timezone.now() + timedelta(minutes=20, seconds=30),
        reason="nothing changed",
    )
    page = _page(manager, synced_account)
    for name in [*SYNCS, "details"]:
        assert str(Resource(name).label) in page
    assert "in 20 min" in page
    assert "nothing changed" in page
    assert "Sync now" not in page, "a manager may not start one"


def test_what_is_there_is_not_what_was_read(synced_account: TelnyxAccount) -> None:
    for resource in ("sim_cards", "sim_card_actions", "details"):
        SyncRun.objects.create(
            account=synced_account,
            resource=resource,
            state=SyncState.COMPLETE,
            expected=100_000,
            seen=250,
        )
    # A group that was read since is not the account's last sweep.
    SyncRun.objects.create(
        account=synced_account,
        resource="sim_cards",
        group_remote_id="11111111-1111-4111-8111-111111111111",
        state=SyncState.COMPLETE,
        seen=5,
    )
    there = {row.resource: row.there for row in resource_rows(synced_account)}
    assert there["sim_cards"] == 250
    assert there["sim_card_actions"] == 100_000, "of a journal only the newest pages are read"
    assert there["details"] is None
    last = Activity(synced_account).last_complete
    assert last is not None
    assert last.seen == 250


def test_the_hour_s_calls_are_shown_and_what_happens_when_they_are_used_up(
    synced_account: TelnyxAccount, manager: Person, admin: Person
) -> None:
    calls = ApiCalls.objects.create(
        account=synced_account, hour=hour_of(timezone.now()), calls=5_000
    )
    page = _page(manager, synced_account)
    assert "5,000 of 20,000" in page
    assert "Change it in the settings" not in page
    calls.calls = 20_000
    calls.save()
    page = _page(admin, synced_account)
    assert "Syncing waits" in page
    assert "Change it in the settings" in page


def test_a_pause_of_the_circuit_is_told(synced_account: TelnyxAccount, manager: Person) -> None:
    TelnyxAccount.objects.update(
        failures_in_a_row=4,
        paused_until=timezone.now() + timedelta(minutes=2, seconds=10),
        connection=Connection.UNREACHABLE,
        connection_detail="No connection could be made.",
    )
    page = _page(manager, synced_account)
    assert "4 times in a row" in page
    assert "in 2 min" in page


def test_runs_show_their_errors_their_group_and_that_they_were_resumed(
    synced_account: TelnyxAccount, manager: Person
) -> None:
    group = Group.objects.filter(account=synced_account).first()
    assert group is not None
    SyncRun.objects.create(
        account=synced_account,
        resource=Resource.SIM_CARDS,
        state=SyncState.PARTIAL,
        group_remote_id=group.remote_id,
        resumed=2,
        error_count=1,
        errors=[{"reason": "data_limit is 5", "raw": "<script>"}],
        outcome="It broke off.",
    )
    page = _page(manager, synced_account)
    assert f"of the group {group.name}" in page
    for text in ("resumed 2 times", "data_limit is 5", "&lt;script&gt;", "It broke off."):
        assert text in page


def test_one_resource_or_all_can_be_started(
    synced_account: TelnyxAccount, operator: Person, enqueued: list[tuple[str, list[Any]]]
) -> None:
    client, address = _signed_in(operator), reverse("start_sync", args=[synced_account.slug])
    pk = synced_account.pk
    client.post(address)
    client.post(address, {"resource": "orders"})
    assert enqueued == [
        ("fleet.sync_account", [pk, operator.pk]),
        ("fleet.sync_resource", [pk, "orders", operator.pk]),
    ]
    assert [entry.subject for entry in AuditEntry.objects.order_by("pk")] == ["", "SIM card orders"]


@pytest.mark.parametrize("resource", ["nothing", "<b>"])
def test_an_unknown_resource_is_named(
    synced_account: TelnyxAccount,
    operator: Person,
    enqueued: list[tuple[str, list[Any]]],
    resource: str,
) -> None:
    address = reverse("start_sync", args=[synced_account.slug])
    answer = _signed_in(operator).post(
        address, {"resource": resource}, headers={"HX-Request": "true"}
    )
    assert "There is nothing called" in answer["HX-Trigger"]
    assert enqueued == []


def test_what_runs_already_is_not_started_twice(
    synced_account: TelnyxAccount, operator: Person, enqueued: list[tuple[str, list[Any]]]
) -> None:
    SyncRun.objects.create(account=synced_account, resource="orders")
    client, address = _signed_in(operator), reverse("start_sync", args=[synced_account.slug])
    client.post(address, {"resource": "orders"})
    assert enqueued == []
    client.post(address, {"resource": "groups"})
    assert len(enqueued) == 1


def test_a_group_is_refreshed(
    synced_account: TelnyxAccount, operator: Person, enqueued: list[tuple[str, list[Any]]]
) -> None:
    group = Group.objects.filter(account=synced_account).first()
    assert group is not None
    address = reverse("start_group_sync", args=[synced_account.slug, group.remote_id])
    _signed_in(operator).post(address)
    expected = [synced_account.pk, str(group.remote_id), operator.pk]
    assert enqueued == [("fleet.sync_group", expected)]


def test_the_page_asks_no_more_the_more_runs_there_are(
    synced_account: TelnyxAccount, manager: Person
) -> None:
    group = Group.objects.filter(account=synced_account).first()
    assert group is not None
    client, address = _signed_in(manager), reverse("sync_runs", args=[synced_account.slug])

    def runs(count: int) -> int:
        for _ in range(count):
            SyncRun.objects.create(
                account=synced_account,
                resource="sim_cards",
                state=SyncState.COMPLETE,
                group_remote_id=group.remote_id,
                requested_by=manager,
            )
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    client.get(address)
    assert runs(2) == runs(40)
