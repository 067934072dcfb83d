"""Sweeps over every resource of a sandbox: what is stored is what its lists say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import TelnyxAccount
from fleet.models import (
    Event,
    Group,
    GroupAction,
    Notification,
    Order,
    OtaUpdate,
    Resource,
    SimCardAction,
    SyncState,
)
from fleet.sync.registry import SYNCS
from fleet.sync.schedule import sweep_all
from tests.fleet.api import eventually, fault, listed, requests, run_sweep
from tests.fleet.conftest import account_at
from tests.fleet.lists import KINDS, PATHS, all_listed
from tests.fleet.population import ask, connect_group, populate, settled
from tests.fleet.resource_records import MODELS, RECORDS
from tests.sandbox_process import SandboxProcess, start_sandbox

# Orders arrive after three seconds, gateways are there after two.
QUICK = 400.0
END = {"gateways": "failed", "orders": "delivered"}
REFERENCES: list[tuple[Any, str, str]] = [
    (Group, "gateway_remote_id", "gateway"),
    (Group, "blocklist_remote_id", "blocklist"),
    (Notification, "sim_card_remote_id", "sim_card"),
    (Order, "address_remote_id", "address"),
    (SimCardAction, "sim_card_remote_id", "sim_card"),
    (GroupAction, "group_remote_id", "group"),
    (OtaUpdate, "sim_card_remote_id", "sim_card"),
]


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxProcess]:
    """A sandbox with two or more of every resource, in which nothing is on its way."""
    with start_sandbox(sims=60, seed=3, speed=QUICK) as running:
        made = populate(running)
        eventually(lambda: settled(running), 30)
        connect_group(running, made["gateways"]["id"])
        eventually(lambda: settled(running), 30)
        yield running


@pytest.fixture
def account(transactional_db: None, world: SandboxProcess) -> Iterator[TelnyxAccount]:
    """An account at it with nothing read yet."""
    world.admin("DELETE", "requests")
    yield account_at(world)
    world.admin("DELETE", "faults")
    eventually(lambda: settled(world), 30)


@pytest.fixture
def swept(account: TelnyxAccount) -> TelnyxAccount:
    """The account after its first sweeps."""
    assert [run.state for run in sweep_all(account)] == [SyncState.COMPLETE] * len(SYNCS)
    return account


def _lists(sandbox: SandboxProcess) -> dict[str, dict[str, Any]]:
    """Every list by the ids that rows have, with texts in order, in which the API promises none."""
    return {
        resource: {
            _key(resource, record): {name: _sorted(value) for name, value in record.items()}
            for record in records
        }
        for resource, records in all_listed(sandbox).items()
    }


def _key(resource: str, record: dict[str, Any]) -> str:
    if resource in KINDS:
        return f"{record[KINDS[resource][1]]}:{record['code']}"
    return str(record["id"])


def _sorted(value: Any) -> Any:
    texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return sorted(value) if texts else value


def _stored(account: TelnyxAccount, resource: str) -> dict[str, Any]:
    rows = MODELS[resource].objects.filter(account=account, removed_at=None)
    return {str(row.remote_id): row for row in rows}


def _row(account: TelnyxAccount, resource: str, record: dict[str, Any]) -> Any:
    return MODELS[resource].objects.get(account=account, remote_id=record["id"])


def _events(row: Any, resource: str) -> dict[str, tuple[str | None, str | None]]:
    found = Event.objects.filter(resource=resource, row_id=row.pk)
    return {event.what: (event.old, event.new) for event in found}


def _unresolved() -> dict[str, int]:
    return {
        f"{model.__name__}.{row}": model.objects.filter(**{row: None})
        .exclude(**{column: None})
        .exclude(**({column: ""} if column == "address_remote_id" else {}))
        .count()
        for model, column, row in REFERENCES
    }


def test_the_first_sweep_stores_every_list_record_by_record(
    account: TelnyxAccount, world: SandboxProcess
) -> None:
    runs = {run.resource: run for run in sweep_all(account)}
    assert set(runs) - {Resource.DETAILS} == {*PATHS, *KINDS}
    for resource, records in _lists(world).items():
        run, rows = runs[resource], _stored(account, resource)
        assert (run.state, run.outcome, run.error_count) == (SyncState.COMPLETE, "", 0), resource
        assert run.seen == run.expected == run.new == len(records) > 1, resource
        assert {key: row.raw for key, row in rows.items()} == records, resource
    assert not Event.objects.exists()


def test_the_records_of_the_mapping_s_tests_are_like_these(world: SandboxProcess) -> None:
    for resource, records in all_listed(world).items():
        if resource in RECORDS:
            assert records[0].keys() == RECORDS[resource].keys(), resource


def test_a_second_sweep_of_the_same_writes_nothing(swept: TelnyxAccount) -> None:
    before = {name: dict(MODELS[name].objects.values_list("pk", "read_at")) for name in MODELS}
    for run in sweep_all(swept):
        counts = (run.state, run.new, run.changed, run.removed)
        assert counts == (SyncState.COMPLETE, 0, 0, 0), run.resource
    after = {name: dict(MODELS[name].objects.values_list("pk", "read_at")) for name in MODELS}
    assert after == before
    assert not Event.objects.exists()


def test_references_are_resolved(swept: TelnyxAccount) -> None:
    assert set(_unresolved().values()) == {0}
    for model, column, row in REFERENCES:
        resolved = model.objects.exclude(**{row: None}).select_related(row)
        assert resolved, (model, row)
        for one in resolved:
            assert str(getattr(one, column)) == str(getattr(one, row).remote_id)


def test_references_to_what_was_not_seen_are_kept_and_resolved_later(
    account: TelnyxAccount,
) -> None:
    for resource in reversed(list(SYNCS)):
        if resource == Resource.ADDRESSES:
            waiting = _unresolved()
            assert waiting.pop("Order.address") > 0
        run_sweep(account, Resource(resource))
        if resource == Resource.GROUPS:
            waiting = _unresolved()
            assert waiting["Group.gateway"] == 1
            assert waiting["Group.blocklist"] == 2
            assert waiting["GroupAction.group"] == waiting["Notification.sim_card"] == 0
        if resource == Resource.NOTIFICATIONS:
            assert _unresolved()["Notification.sim_card"] == 2
            assert _unresolved()["OtaUpdate.sim_card"] > 2
    assert set(_unresolved().values()) == {0}


@pytest.mark.parametrize(
    ("resource", "path", "changes", "seen"),
    [
        ("billing_groups", "billing_groups", {"name": "Lifts"}, {"name": "Lifts"}),
        (
            "voice_connections",
            "v2/mobile_voice_connections",
            {"connection_name": "Lifts", "active": False, "webhook_timeout_secs": 5},
            {"name": "Lifts", "active": "false"},
        ),
        (
            "blocklists",
            "wireless_blocklists",
            {"name": "Lifts", "values": ["PL"]},
            {"name": "Lifts", "values": "PL"},
        ),
        (
            "notifications",
            "sim_card_data_usage_notifications",
            {"threshold": {"amount": "3.0", "unit": "GB"}},
            {"threshold_mb": "3072.000000"},
        ),
    ],
)
def test_changes_are_seen_and_leave_events(
    swept: TelnyxAccount,
    world: SandboxProcess,
    resource: str,
    path: str,
    changes: dict[str, Any],
    seen: dict[str, str],
) -> None:
    record = listed(world, path)[-1]
    before = _row(swept, resource, record)
    ask(world, "PATCH", f"{path}/{record['id']}", **changes)
    run = run_sweep(swept, Resource(resource))
    assert (run.state, run.new, run.changed, run.removed) == (SyncState.COMPLETE, 0, 1, 0)
    assert {name: new for name, (_, new) in _events(before, resource).items()} == seen
    event = Event.objects.filter(resource=resource).latest("id")
    assert (event.row_id, event.sim_card, event.sync_run) == (before.pk, None, run)
    after = _row(swept, resource, record)
    assert event.subject == getattr(after, SYNCS[resource].subject)
    ask(world, "PATCH", f"{path}/{record['id']}", **{name: record[name] for name in changes})


def test_gateways_and_orders_are_followed_to_their_end(
    swept: TelnyxAccount, world: SandboxProcess
) -> None:
    network = "6a09cdc3-8948-47f0-aa62-74ac943d6c58"
    made = {
        "gateways": ask(
            world, "POST", "private_wireless_gateways", name="fail", network_id=network
        ),
        "orders": ask(
            world, "POST", "sim_card_orders", address_id=listed(world, "addresses")[0]["id"],
            quantity=2,
        ),
    }  # fmt: skip
    before = {}
    for resource, record in made.items():
        assert run_sweep(swept, Resource(resource)).new == 1
        before[resource] = _row(swept, resource, record)
    eventually(lambda: settled(world), 30)
    for resource, old in before.items():
        assert run_sweep(swept, Resource(resource)).changed == 1
        new = _row(swept, resource, made[resource])
        told = _events(old, resource)
        assert told.pop("added")[0] is None
        assert told["status"] == (
            old.status,
            {"gateways": "failed", "orders": "delivered"}[resource],
        )
        assert told == {
            name: (getattr(old, name), getattr(new, name))
            for name in SYNCS[resource].tracked
            if getattr(old, name) != getattr(new, name)
        }
    order = Order.objects.get(remote_id=made["orders"]["id"])
    assert order.tracking_url.startswith("https://parcels.")
    assert {event.subject for event in Event.objects.filter(resource="orders")} == {
        str(order.remote_id)
    }
    failed = _row(swept, "gateways", made["gateways"])
    assert (failed.error_code, failed.ip_range) == ("no_address_range", "")


@pytest.mark.parametrize(
    ("resource", "body"),
    [
        ("billing_groups", {"name": "Short"}),
        ("voice_connections", {"connection_name": "Short"}),
        ("blocklists", {"name": "Short", "type": "mcc", "values": ["262"]}),
        ("notifications", {"threshold": {"amount": "1.0", "unit": "MB"}}),
        (
            "addresses",
            {
                "first_name": "Ada",
                "last_name": "Quist",
                "business_name": "Fieldworks",
                "street_address": "5 Quay Side",
                "locality": "Bristol",
                "country_code": "GB",
            },
        ),
    ],
)
def test_what_is_deleted_is_marked_and_told(
    swept: TelnyxAccount, world: SandboxProcess, resource: str, body: dict[str, Any]
) -> None:
    path = PATHS[resource]
    if resource == "notifications":
        body = body | {"sim_card_id": listed(world, "sim_cards")[0]["id"]}
    record = ask(world, "POST", path, **body)
    assert run_sweep(swept, Resource(resource)).new == 1
    ask(world, "DELETE", f"{path}/{record['id']}")
    run = run_sweep(swept, Resource(resource))
    assert (run.state, run.removed) == (SyncState.COMPLETE, 1)
    row = _row(swept, resource, record)
    assert row.removed_at is not None
    assert set(_events(row, resource)) == (
        {"added", "removed"} if SYNCS[resource].tracked else set()
    )
    assert _stored(swept, resource).keys() == _lists(world)[resource].keys()


def test_a_new_action_and_its_end_are_read(swept: TelnyxAccount, world: SandboxProcess) -> None:
    card = next(c for c in listed(world, "sim_cards") if c["status"]["value"] == "enabled")
    action = ask(world, "POST", f"sim_cards/{card['id']}/actions/disable")
    assert run_sweep(swept, Resource.SIM_CARD_ACTIONS).new == 1
    eventually(lambda: settled(world))
    run_sweep(swept, Resource.SIM_CARD_ACTIONS)
    row = SimCardAction.objects.select_related("sim_card").get(remote_id=action["id"])
    assert (row.action_type, row.status) == ("disable", "completed")
    assert row.sim_card is not None
    assert str(row.sim_card.remote_id) == card["id"]
    assert not Event.objects.exists()


def test_a_key_that_may_not_read_one_resource_reads_the_others(
    account: TelnyxAccount, world: SandboxProcess
) -> None:
    fault(world, "status", status=403, path="/sim_card_orders")
    runs = {run.resource: run for run in sweep_all(account)}
    refused = runs.pop("orders")
    assert (refused.state, refused.seen) == (SyncState.FAILED, 0)
    assert "403" in refused.outcome
    assert {run.state for run in runs.values()} == {SyncState.COMPLETE}
    assert set(runs) == set(SYNCS) - {"orders"}


def test_lists_of_kinds_are_read_to_their_last_page(
    account: TelnyxAccount, world: SandboxProcess
) -> None:
    run = run_sweep(account, Resource.BLOCKLIST_VALUES)
    assert run.new == len(_lists(world)["blocklist_values"]) > 100
    asked = [r["path"] for r in requests(world, "GET", "/wireless_blocklist_values")]
    assert len(asked) > 3, "more than a page of each type"
