"""The other resources' records as rows: whatever comes, it maps or is a BadValue."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import TelnyxAccount
from fleet.models import BulkAction, Cause, Order, Resource, SimCardAction
from fleet.sync.merge import Origin, merge, resolve_references
from fleet.sync.registry import SYNCS
from fleet.sync.resource import Mapped
from fleet.sync.values import BadValue
from tests.fleet.records import store
from tests.fleet.resource_records import ID, MODELS, RECORDS, STORED
from tests.fleet.test_mapping import AMOUNTS, JSON, TEXTS

NAMES = sorted(RECORDS)
# What makes a record that one: without it there is no id.
IDENTIFYING = {"regions": {"product", "code"}, "blocklist_values": {"type", "code"}}


def _columns(resource: str, mapped: Mapped) -> dict[str, Any]:
    names = [name for name, _ in SYNCS[resource].columns]
    return dict(zip(names, mapped.values, strict=True))


def _identity(resource: str) -> dict[str, Any]:
    return {name: RECORDS[resource][name] for name in IDENTIFYING.get(resource, {"id"})}


def test_every_listed_resource_is_tried_here() -> None:
    tried = {*RECORDS, Resource.GROUPS, Resource.SIM_CARDS}
    assert set(SYNCS) - {Resource.DETAILS} == tried
    assert list(SYNCS) == [name for name in Resource if name in SYNCS], "parents first"


@pytest.mark.parametrize("resource", NAMES)
def test_a_full_record_fills_every_column(resource: str) -> None:
    mapped = SYNCS[resource].map(RECORDS[resource])
    assert _columns(resource, mapped) == STORED[resource]


@pytest.mark.django_db
@pytest.mark.parametrize("resource", NAMES)
def test_a_full_record_is_stored_as_it_is(account: TelnyxAccount, resource: str) -> None:
    assert store(account, RECORDS[resource], resource=resource).new == 1
    assert store(account, RECORDS[resource], resource=resource).changed == 0
    (row,) = MODELS[resource].objects.filter(account=account, removed_at=None)
    assert {name: getattr(row, name) for name in STORED[resource]} == STORED[resource]
    ordered = {name: _sorted(value) for name, value in RECORDS[resource].items()}
    assert row.raw == ordered
    assert str(row), "it has a name for people"


@pytest.mark.parametrize("resource", NAMES)
@pytest.mark.parametrize("how", ["null", "missing"])
def test_nothing_but_the_id_is_needed(resource: str, how: str) -> None:
    record = _identity(resource)
    if how == "null":
        record = dict.fromkeys(RECORDS[resource]) | record
    columns = _columns(resource, SYNCS[resource].map(record))
    nothing: list[Any] = [None, "", [], False]
    empty = {name: v for name, v in columns.items() if v not in record.values()}
    if resource == "addresses":
        assert empty.pop("address_book") is True, "the specification's default"
    assert all(value in nothing for value in empty.values()), empty


@pytest.mark.parametrize("resource", NAMES)
def test_without_an_id_there_is_no_row(resource: str) -> None:
    for name in _identity(resource):
        with pytest.raises(BadValue, match="id is missing"):
            SYNCS[resource].map({**RECORDS[resource], name: None})


@pytest.mark.parametrize("resource", NAMES)
def test_new_fields_are_kept(resource: str) -> None:
    mapped = SYNCS[resource].map(RECORDS[resource] | {"radio": {"generation": "5G"}})
    assert orjson.loads(mapped.raw)["radio"] == {"generation": "5G"}
    assert _columns(resource, mapped) == STORED[resource]


@pytest.mark.parametrize(
    ("resource", "field"),
    [
        ("gateways", "status"),
        ("orders", "status"),
        ("sim_card_actions", "status"),
        ("group_actions", "status"),
        ("ota_updates", "status"),
        ("blocklists", "type"),
        ("bulk_actions", "action_type"),
        ("group_actions", "type"),
    ],
)
def test_unknown_words_are_kept_whether_bare_or_in_an_object(resource: str, field: str) -> None:
    forms: list[Any] = ["quarantined"]
    if field == "status":
        forms.append({"value": "quarantined"})
    for form in forms:
        mapped = SYNCS[resource].map(RECORDS[resource] | {field: form})
        assert _columns(resource, mapped)[field] == "quarantined"


@pytest.mark.parametrize(
    ("resource", "changes", "named"),
    [
        ("regions", {"inserted_at": "never"}, "inserted_at"),
        ("regions", {"code": "x" * 1_995}, "code"),
        ("blocklist_values", {"name": "x" * 3_000}, "name"),
        ("addresses", {"created_at": 5}, "created_at"),
        ("addresses", {"id": "x" * 3_000}, "id"),
        ("billing_groups", {"deleted_at": "gone"}, "deleted_at"),
        ("billing_groups", {"id": "5"}, "id"),
        ("voice_connections", {"inbound": "many"}, "inbound"),
        ("voice_connections", {"outbound": {"channel_limit": "4"}}, "channel_limit"),
        ("voice_connections", {"webhook_timeout_secs": 2.5}, "webhook_timeout_secs"),
        ("voice_connections", {"tags": "a,b"}, "tags"),
        ("gateways", {"assigned_resources": {"count": 1}}, "assigned_resources"),
        ("gateways", {"assigned_resources": [5]}, "assigned_resources"),
        (
            "gateways",
            {"assigned_resources": [{"record_type": "sim_card_group", "count": "2"}]},
            "count",
        ),
        ("blocklists", {"values": "DE"}, "values"),
        ("notifications", {"threshold": "2 GB"}, "threshold"),
        ("notifications", {"threshold": {"amount": "2", "unit": "furlong"}}, "threshold"),
        ("notifications", {"sim_card_id": "5"}, "sim_card_id"),
        ("orders", {"cost": "33.00 USD"}, "cost"),
        ("orders", {"cost": {"amount": "much", "currency": "USD"}}, "cost"),
        ("orders", {"cost": {"amount": "NaN", "currency": "USD"}}, "cost"),
        ("orders", {"quantity": "23"}, "quantity"),
        ("orders", {"order_address": ["Austin"]}, "order_address"),
        ("bulk_actions", {"sim_card_actions_summary": {"failed": 1}}, "sim_card_actions_summary"),
        ("bulk_actions", {"sim_card_actions_summary": [{"count": "1"}]}, "count"),
        (
            "bulk_actions",
            {"sim_card_actions_summary": [{"count": 2**31 - 1}, {"count": 1}]},
            "sim_card_actions_summary",
        ),
        ("sim_card_actions", {"sim_card_id": [1]}, "sim_card_id"),
        ("sim_card_actions", {"bulk_sim_card_action_id": "5"}, "bulk_sim_card_action_id"),
        ("group_actions", {"sim_card_group_id": "5"}, "sim_card_group_id"),
        ("ota_updates", {"updated_at": "2026-13-01"}, "updated_at"),
    ],
)
def test_a_broken_value_is_named(resource: str, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(BadValue, match=f"^{named} "):
        SYNCS[resource].map(RECORDS[resource] | changes)


def _sorted(value: Any) -> Any:
    texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return sorted(value) if texts else value


def _records(resource: str) -> st.SearchStrategy[Any]:
    """Real records of which some fields hold anything, and anything at all."""
    base = RECORDS[resource] | {"bulk_sim_card_action_id": None}
    inner = st.dictionaries(
        st.sampled_from(["value", "reason", "amount", "currency", "count", "channel_limit"]),
        JSON,
        max_size=4,
    )
    anything = JSON | AMOUNTS | inner | st.lists(inner, max_size=3)
    changed = st.dictionaries(st.sampled_from(sorted(base)) | TEXTS, anything, max_size=5)
    return st.builds(lambda changes: base | changes, changed) | JSON


@pytest.mark.django_db
@pytest.mark.parametrize("resource", NAMES)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_record_maps_and_merges_or_is_a_bad_value(
    account: TelnyxAccount, resource: str, data: st.DataObject
) -> None:
    record = data.draw(_records(resource))
    sync = SYNCS[resource]
    try:
        mapped = sync.map(record)
    except BadValue:
        assert isinstance(sync.excerpt(record), str)
        return
    orjson.loads(mapped.raw)
    # Not only the mapping: PostgreSQL must take the row too.
    merge(sync, account, [mapped], timezone.now(), Origin(Cause.SWEEP))


def test_ids_of_what_has_none_are_made_of_kind_and_code() -> None:
    assert SYNCS["regions"].map(RECORDS["regions"]).remote_id == "public_ips:dc2"
    assert SYNCS["blocklist_values"].map(RECORDS["blocklist_values"]).remote_id == "plmn:310260"
    assert SYNCS["addresses"].map(RECORDS["addresses"]).remote_id == "2903118446207001000"
    assert SYNCS["orders"].map(RECORDS["orders"]).remote_id == RECORDS["orders"]["id"]
    odd = RECORDS["orders"] | {"id": RECORDS["orders"]["id"].replace("-", "").upper()}
    assert SYNCS["orders"].map(odd).remote_id == RECORDS["orders"]["id"]


def test_credentials_of_a_connection_are_never_kept() -> None:
    record = RECORDS["voice_connections"] | {
        "password": "hunter2",
        "inbound": {"channel_limit": 3, "sip_password": "hunter2"},
        "outbound": {"channel_limit": 4, "hosts": [{"auth_token": "hunter2"}]},
    }
    sync = SYNCS["voice_connections"]
    assert b"hunter2" not in sync.map(record).raw
    assert "hunter2" not in sync.excerpt(record | {"created_at": "never"})
    changed = {**record, "password": "hunter3"}
    assert sync.digest(record).digest == sync.digest(changed).digest
    assert b"hunter2" not in sync.map_digested(sync.digest(record)).raw
    assert not sync.undecoded
    assert record["password"] == "hunter2", "the record itself is left alone"


def test_the_settings_of_an_ota_update_are_no_change() -> None:
    sync, record = SYNCS["ota_updates"], RECORDS["ota_updates"]
    detail = record | {"settings": {"mobile_network_operators_preferences": []}}
    assert sync.map(detail).raw == sync.map(record).raw
    assert sync.digest(detail).digest == sync.digest(record).digest


def test_a_gateway_without_groups_is_given_null() -> None:
    assigned = [{"record_type": "sim_card_group", "count": None}]
    mapped = SYNCS["gateways"].map(RECORDS["gateways"] | {"assigned_resources": assigned})
    assert _columns("gateways", mapped)["group_count"] == 0


def test_a_summary_counts_unknown_statuses_in_all() -> None:
    summary = [{"status": "failed", "count": 1}, {"status": "paused", "count": 2}]
    mapped = SYNCS["bulk_actions"].map(
        RECORDS["bulk_actions"] | {"sim_card_actions_summary": summary}
    )
    counts = [v for n, v in _columns("bulk_actions", mapped).items() if n.endswith("_count")]
    assert counts == [3, 0, 0, 1, 0]


@pytest.mark.django_db
def test_an_action_that_names_its_bulk_action_refers_to_it(account: TelnyxAccount) -> None:
    """The specification does not show it; an answer that does is worth reading."""
    action = RECORDS["sim_card_actions"] | {"bulk_sim_card_action_id": ID}
    store(account, action, resource="sim_card_actions")
    assert SimCardAction.objects.get().bulk_action is None
    store(account, RECORDS["bulk_actions"], resource="bulk_actions")
    assert resolve_references(SYNCS["bulk_actions"], list(SYNCS.values()), account.pk) == 1
    assert SimCardAction.objects.get().bulk_action == BulkAction.objects.get()
    # It stays so when the action is written again.
    store(account, action | {"status": "completed"}, resource="sim_card_actions")
    written = SimCardAction.objects.get()
    assert (written.status, written.bulk_action) == ("completed", BulkAction.objects.get())


@pytest.mark.django_db
def test_an_older_record_never_overwrites_a_newer_one(account: TelnyxAccount) -> None:
    newer = RECORDS["orders"]
    store(account, newer, resource="orders")
    older = newer | {"status": "pending", "updated_at": newer["created_at"]}
    assert store(account, older, resource="orders").changed == 0
    assert Order.objects.get().status == "shipped"


@pytest.mark.django_db
def test_money_and_amounts_keep_their_digits(account: TelnyxAccount) -> None:
    cost = {"amount": "12345678901234.567891", "currency": "XTS"}
    store(account, RECORDS["orders"] | {"cost": cost}, resource="orders")
    order = Order.objects.get()
    assert (str(order.cost_amount), order.cost_currency) == (cost["amount"], "XTS")
