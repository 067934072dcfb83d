"""Every kind of operation against the sandbox: it gets there, and undo leads back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Person, TelnyxAccount
from fleet.models import (
    Notification,
    Operation,
    OperationState,
    OperationTarget,
    PublicIp,
    Resource,
    SimCard,
)
from fleet.operations.catalog import KINDS
from fleet.operations.kinds.shown import shown
from fleet.operations.plan import plan
from fleet.operations.resume import submit_due
from fleet.operations.start import confirm
from fleet.operations.undo import plan_undo
from tests.fleet.api import change, fault, listed, posts, requests, run_sweep
from tests.fleet.operations import due_now, finish, planned, states, tick
from tests.fleet.records import stored_cards
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fleet(live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess) -> list[SimCard]:
    """The four SIM cards, all else of the account read as well."""
    for resource in (
        Resource.REGIONS,
        Resource.GROUPS,
        Resource.GATEWAYS,
        Resource.BLOCKLISTS,
        Resource.NOTIFICATIONS,
    ):
        assert run_sweep(live, resource).state == "complete"
    sandbox.admin("POST", "balance", {"amount": "500"})
    sandbox.admin("DELETE", "requests")
    return cards


def _started(
    account: TelnyxAccount, cards: list[SimCard], kind: str, given: Mapping[str, Any] | None = None
) -> Operation:
    entry = KINDS[kind]
    person = Person.objects.get_or_create(email="planner@acme.example")[0]
    rows = SimCard.objects.filter(pk__in=[card.pk for card in cards])
    inputs = entry.clean(account, given or {})
    operation = plan(account, entry, rows, person, {"ids": len(cards)}, inputs)
    assert confirm(operation), states(operation)
    return operation


def _carry_out(
    account: TelnyxAccount, cards: list[SimCard], kind: str, given: Mapping[str, Any] | None = None
) -> Operation:
    return finish(account, _started(account, cards, kind, given))


def _undo(operation: Operation) -> Operation:
    assert operation.requested_by is not None
    undo = plan_undo(operation, operation.requested_by)
    assert confirm(undo), states(undo)
    finish(operation.account, undo)
    operation.refresh_from_db()
    return undo


def _records(sandbox: SandboxProcess, cards: list[SimCard]) -> list[dict[str, Any]]:
    by_id = {record["id"]: record for record in listed(sandbox, "sim_cards")}
    return [by_id[str(card.remote_id)] for card in cards]


RECORD_KINDS: list[tuple[str, dict[str, str], str, Any]] = [
    ("add_tags", {"tags": "blue, depot"}, "tags", ["blue", "depot", "old"]),
    ("remove_tags", {"tags": "old"}, "tags", []),
    ("replace_tags", {"tags": "only"}, "tags", ["only"]),
    ("replace_tags", {"tags": ""}, "tags", []),
    (
        "set_data_limit",
        {"limit": "1.5", "limit_unit": "GB"},
        "data_limit",
        {"amount": "1.5", "unit": "GB"},
    ),
    (
        "replace_imeis",
        {"imeis": "490154203237518 356938035643809"},
        "authorized_imeis",
        ["356938035643809", "490154203237518"],
    ),
    (
        "add_imeis",
        {"imeis": "490154203237518"},
        "authorized_imeis",
        ["490154203237518"],
    ),
]


@pytest.mark.parametrize(("kind", "given", "field", "expected"), RECORD_KINDS)
def test_changes_of_a_record_and_back(
    live: TelnyxAccount,
    fleet: list[SimCard],
    sandbox: SandboxProcess,
    kind: str,
    given: dict[str, str],
    field: str,
    expected: Any,
) -> None:
    cards = fleet[:2]
    for card in cards:
        change(sandbox, card.remote_id, tags=["old"])
    run_sweep(live)
    sandbox.admin("DELETE", "requests")
    before = [record[field] for record in _records(sandbox, cards)]
    operation = _carry_out(live, cards, kind, given)
    assert states(operation) == [("completed", "")] * 2
    after = [record[field] for record in _records(sandbox, cards)]
    if isinstance(expected, list):
        assert [sorted(value) for value in after] == [expected] * 2
    else:
        assert [Decimal(value["amount"]) for value in after] == [Decimal("1.5")] * 2
    patches = requests(sandbox, "PATCH", "/sim_cards/")
    assert sorted(request["path"] for request in patches) == sorted(
        f"/v2/sim_cards/{card.remote_id}" for card in cards
    )
    assert all(shown(target.after) for target in operation.targets.all())
    undo = _undo(operation)
    assert states(undo) == [("completed", "")] * 2
    assert operation.state == OperationState.UNDONE
    assert [record[field] or None for record in _records(sandbox, cards)] == [
        value or None for value in before
    ]


def test_tags_that_others_give_meanwhile_outlive_the_undo(
    live: TelnyxAccount, fleet: list[SimCard], sandbox: SandboxProcess
) -> None:
    cards = fleet[:1]
    change(sandbox, cards[0].remote_id, tags=["old"])
    run_sweep(live)
    operation = _carry_out(live, cards, "add_tags", {"tags": "new"})
    change(sandbox, cards[0].remote_id, tags=["new", "old", "theirs"])
    # Whether or not a sweep has seen it by then.
    assert states(_undo(operation)) == [("completed", "")]
    assert sorted(_records(sandbox, cards)[0]["tags"]) == ["old", "theirs"]


def test_moving_to_a_group_and_back(
    live: TelnyxAccount, fleet: list[SimCard], sandbox: SandboxProcess
) -> None:
    cards = fleet[:2]
    before = [record["sim_card_group_id"] for record in _records(sandbox, cards)]
    group = next(
        record["id"] for record in listed(sandbox, "sim_card_groups") if record["id"] not in before
    )
    operation = _carry_out(live, cards, "move_to_group", {"group": group})
    assert operation.state == OperationState.SUCCEEDED
    assert [r["sim_card_group_id"] for r in _records(sandbox, cards)] == [group] * 2
    _undo(operation)
    assert [r["sim_card_group_id"] for r in _records(sandbox, cards)] == before


def test_clearing_a_limit_and_a_lock(
    live: TelnyxAccount, fleet: list[SimCard], sandbox: SandboxProcess
) -> None:
    cards = fleet[:1]
    fields = {
        "data_limit": {"amount": "2000", "unit": "MB"},
        "authorized_imeis": ["490154203237518"],
    }
    change(sandbox, cards[0].remote_id, **fields)
    run_sweep(live)
    for kind, field in (("clear_data_limit", "data_limit"), ("clear_imeis", "authorized_imeis")):
        operation = _carry_out(live, cards, kind)
        assert states(operation) == [("completed", "")], kind
        assert not _records(sandbox, cards)[0][field]
        assert _undo(operation).state == OperationState.SUCCEEDED
        assert _records(sandbox, cards)[0][field]


def test_public_ips_in_one_request_and_back(
    live: TelnyxAccount, fleet: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = _carry_out(live, fleet[:3], "set_public_ip")
    assert states(operation) == [("completed", "")] * 3
    assert operation.cost_change == Decimal("9.00")
    (bulk,) = requests(sandbox, "POST", "/sim_cards/actions/bulk_set_public_ips")
    assert bulk["status"] == 202
    assert not posts(sandbox, fleet[0].remote_id)
    for card in fleet[:3]:
        card.refresh_from_db()
        assert card.public_ip.ip
        assert card.public_ip.removed_at is None
    undo = _undo(operation)
    assert undo.cost_change == Decimal("-9.00")
    assert states(undo) == [("completed", "")] * 3
    again = _carry_out(live, fleet[:2], "set_public_ip")
    assert again.state == OperationState.SUCCEEDED


def test_a_public_ip_in_a_region_takes_a_request_for_each(
    live: TelnyxAccount, fleet: list[SimCard], sandbox: SandboxProcess
) -> None:
    regions = requests_regions(sandbox)
    operation = _carry_out(live, fleet[:2], "set_public_ip", {"region": regions[0]})
    assert operation.state == OperationState.SUCCEEDED
    assert [posts(sandbox, card.remote_id) for card in fleet[:2]] == [[202], [202]]
    for card in fleet[:2]:
        card.refresh_from_db()
        assert card.public_ip.region_code == regions[0]


def requests_regions(sandbox: SandboxProcess) -> list[str]:
    """Codes of the regions with public IPs."""
    import requests as http

    answer = http.get(
        f"{sandbox.base_url}/wireless/regions",
        {"product": "public_ips"},
        headers={"Authorization": f"Bearer {sandbox.api_key}"},
        timeout=5,
    )
    return [record["code"] for record in answer.json()["data"]]


def test_notifications_are_added_changed_deleted_and_undone(
    live: TelnyxAccount, fleet: list[SimCard]
) -> None:
    cards = fleet[:2]

    def thresholds() -> list[list[Decimal]]:
        return [
            sorted(
                Notification.objects.filter(sim_card=card, removed_at=None).values_list(
                    "threshold_mb", flat=True
                )
            )
            for card in cards
        ]

    before = thresholds()
    added = _carry_out(live, cards, "add_notification", {"threshold": "777"})
    assert states(added) == [("completed", "")] * 2
    assert thresholds() == [sorted([*had, Decimal(777)]) for had in before]
    given = {"threshold": "777", "to": "888"}
    changed = _carry_out(live, cards, "change_notification", given)
    assert states(changed) == [("completed", "")] * 2
    assert thresholds() == [sorted([*had, Decimal(888)]) for had in before]
    _undo(changed)
    assert thresholds() == [sorted([*had, Decimal(777)]) for had in before]
    deleted = _carry_out(live, cards, "delete_notification", {"threshold": "777"})
    assert deleted.state == OperationState.SUCCEEDED
    assert thresholds() == before


def test_notifications_that_cannot_be_read_are_waited_for_but_not_for_ever(
    live: TelnyxAccount, fleet: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = _started(live, fleet[:2], "add_notification", {"threshold": "321"})
    assert submit_due(live) == 2
    fault(sandbox, "status", status=400, method="GET", path="sim_card_data_usage_notifications$")
    for waited in (0, 2, 23):
        OperationTarget.objects.exclude(acted_at=None).update(
            acted_at=timezone.now() - timedelta(hours=waited)
        )
        due_now(operation)
        tick(live)
        assert {state for state, _ in states(operation)} == {"in_progress"}
    OperationTarget.objects.update(acted_at=timezone.now() - timedelta(hours=25))
    due_now(operation)
    tick(live)
    why = "the list of usage notifications could not be read whole"
    assert [(state, why in reason) for state, reason in states(operation)] == [("failed", True)] * 2
    operation.refresh_from_db()
    assert operation.state == OperationState.FAILED


def test_deleting_reads_a_404_as_done(
    live: TelnyxAccount, fleet: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = _carry_out(live, fleet[:1], "delete_sim_card")
    assert states(operation) == [("completed", "")]
    assert operation.cost_change == Decimal("-0.20")
    assert str(fleet[0].remote_id) not in {r["id"] for r in listed(sandbox, "sim_cards")}
    fleet[0].refresh_from_db()
    assert fleet[0].removed_at is not None


@pytest.mark.parametrize(
    ("status", "change_of_cost"), [("disabled", "-3.20"), ("enabled", "-5.00")]
)
def test_deleting_spares_the_public_ip_as_well(
    account: TelnyxAccount, status: str, change_of_cost: str
) -> None:
    with_one, with_none_any_more = stored_cards(account, 2, status)
    for card, removed_at in ((with_one, None), (with_none_any_more, timezone.now())):
        PublicIp.objects.create(
            account=account,
            sim_card=card,
            ip="192.0.2.1",
            read_at=timezone.now(),
            removed_at=removed_at,
        )
    assert planned(account, [with_one], "delete_sim_card").cost_change == Decimal(change_of_cost)
    both = planned(account, [with_one, with_none_any_more], "delete_sim_card")
    assert both.cost_change == 2 * Decimal(change_of_cost) + 3


def test_refreshing_reads_and_sends_nothing(
    live: TelnyxAccount, fleet: list[SimCard], sandbox: SandboxProcess
) -> None:
    change(sandbox, fleet[0].remote_id, tags=["seen"])
    operation = _carry_out(live, fleet[:2], "refresh")
    assert operation.state == OperationState.SUCCEEDED
    fleet[0].refresh_from_db()
    assert fleet[0].tags == ["seen"]
    assert {request["method"] for request in requests(sandbox)} == {"GET"}


def test_locking_to_the_present_device(
    live: TelnyxAccount, fleet: list[SimCard], sandbox: SandboxProcess
) -> None:
    device = "490154203237518"
    change(sandbox, fleet[0].remote_id, status="enabled", current_imei=device)
    _carry_out(live, fleet[:2], "refresh")
    operation = _carry_out(live, fleet[:1], "lock_imei")
    assert operation.state == OperationState.SUCCEEDED, states(operation)
    fleet[0].refresh_from_db()
    assert (fleet[0].imei, fleet[0].authorized_imeis) == (device, [device])


@pytest.mark.parametrize("lost", ["reset_after", "reset_before"])
@pytest.mark.parametrize(
    ("kind", "given", "method"),
    [
        ("delete_sim_card", {}, "DELETE"),
        ("replace_tags", {"tags": "only"}, "PATCH"),
        ("add_notification", {"threshold": "555"}, "POST"),
    ],
)
def test_a_lost_answer_is_found_out_by_reading_back(
    live: TelnyxAccount,
    fleet: list[SimCard],
    sandbox: SandboxProcess,
    lost: str,
    kind: str,
    given: dict[str, str],
    method: str,
) -> None:
    fault(sandbox, lost, method=method, times=1)
    operation = _carry_out(live, fleet[:1], kind, given)
    assert states(operation) == [("completed", "")]
    sent = [r["status"] for r in requests(sandbox, method)]
    assert sent == ([None] if lost == "reset_after" else [None, sent[-1]])
    if kind == "add_notification":
        found = Notification.objects.filter(sim_card=fleet[0], removed_at=None, threshold_mb=555)
        assert found.count() == 1
