"""What is done to groups."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests as http

from accounts.models import Person, TelnyxAccount
from fleet.models import Group, Operation, OperationState, Resource
from fleet.operations.catalog import KINDS
from fleet.operations.plan import plan
from fleet.operations.start import confirm
from fleet.operations.undo import plan_undo
from fleet.sync.values import megabytes
from tests.fleet.api import eventually, fault, listed, requests, run_sweep
from tests.fleet.operations import finish
from tests.sandbox_process import SandboxProcess, start_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def quick_sandbox() -> Iterator[SandboxProcess]:
    """One in which a gateway is provisioned within seconds."""
    with start_sandbox(sims=60, seed=5, speed=400.0) as running:
        yield running


@pytest.fixture
def sandbox(quick_sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    """That one in place of the shared one."""
    yield quick_sandbox
    quick_sandbox.admin("DELETE", "faults")


@pytest.fixture
def group(live: TelnyxAccount, sandbox: SandboxProcess) -> Group:
    """A group of the sandbox's, all that it may be given read as well."""
    for resource in (Resource.GATEWAYS, Resource.BLOCKLISTS, Resource.GROUPS):
        assert run_sweep(live, resource).state == "complete"
    sandbox.admin("DELETE", "requests")
    return Group.objects.filter(account=live, is_default=False).order_by("name")[0]


def _carry_out(group: Group, kind: str, given: dict[str, str] | None = None) -> Operation:
    entry, account = KINDS[kind], group.account
    person = Person.objects.get_or_create(email="planner@acme.example")[0]
    inputs = entry.clean(account, given or {})
    rows = Group.objects.filter(pk=group.pk)
    operation = plan(account, entry, rows, person, {"groups": 1}, inputs)
    assert confirm(operation), list(operation.targets.values("state", "reason"))
    finish(account, operation)
    assert operation.state == OperationState.SUCCEEDED, list(
        operation.targets.values("state", "reason")
    )
    return operation


def _undo(operation: Operation) -> None:
    assert operation.requested_by is not None
    undo = plan_undo(operation, operation.requested_by)
    assert confirm(undo), list(undo.targets.values("state", "reason"))
    assert finish(operation.account, undo).state == OperationState.SUCCEEDED


def _at_api(sandbox: SandboxProcess, group: Group) -> dict[str, Any]:
    return next(r for r in listed(sandbox, "sim_card_groups") if r["id"] == str(group.remote_id))


BODIES = {
    "private_wireless_gateways": {"network_id": "6a09cdc3-8948-47f0-aa62-74ac943d6c58"},
    "wireless_blocklists": {"type": "country", "values": ["FR"]},
}


def _made(account: TelnyxAccount, sandbox: SandboxProcess, resource: str) -> str:
    """A new gateway or blocklist, ready and read; its id."""
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    body = {"name": "of a test", **BODIES[resource]}
    answer = http.post(f"{sandbox.base_url}/{resource}", json=body, headers=headers, timeout=5)
    assert answer.ok, answer.text
    made: str = answer.json()["data"]["id"]

    def is_ready() -> bool:
        record = next(r for r in listed(sandbox, resource) if r["id"] == made)
        return record.get("status", {}).get("value", "provisioned") == "provisioned"

    eventually(is_ready, 60)
    kind = Resource.GATEWAYS if "gateways" in resource else Resource.BLOCKLISTS
    assert run_sweep(account, kind).state == "complete"
    return made


@pytest.mark.parametrize(
    ("what", "resource", "field"),
    [
        ("gateway", "private_wireless_gateways", "private_wireless_gateway_id"),
        ("blocklist", "wireless_blocklists", "wireless_blocklist_id"),
    ],
)
def test_gateways_and_blocklists_are_set_and_removed(
    group: Group, sandbox: SandboxProcess, what: str, resource: str, field: str
) -> None:
    chosen = _made(group.account, sandbox, resource)
    if _at_api(sandbox, group)[field]:
        _carry_out(group, f"remove_{what}")
    sandbox.admin("DELETE", "requests")
    operation = _carry_out(group, f"set_{what}", {what: chosen})
    assert _at_api(sandbox, group)[field] == chosen
    assert len(requests(sandbox, "POST")) == 1
    _undo(operation)
    assert _at_api(sandbox, group)[field] is None
    fault(sandbox, "reset_after", method="POST", path=f"set_.*{what}$", times=1)
    sandbox.admin("DELETE", "requests")
    _carry_out(group, f"set_{what}", {what: chosen})
    assert len(requests(sandbox, "POST")) == 1
    _undo(_carry_out(group, f"remove_{what}"))
    assert _at_api(sandbox, group)[field] == chosen


def test_limits_and_names(group: Group, sandbox: SandboxProcess) -> None:
    before = _at_api(sandbox, group)
    limited = _carry_out(group, "set_group_limit", {"limit": "123456", "limit_unit": "MB"})
    assert Decimal(_at_api(sandbox, group)["data_limit"]["amount"]) == 123456
    _undo(limited)
    renamed = _carry_out(group, "rename_group", {"name": f"{before['name']} (new)"})
    assert _at_api(sandbox, group)["name"] == f"{before['name']} (new)"
    group.refresh_from_db()
    # The answer by id has no count of SIM cards; the one of the list stays.
    assert group.sim_card_count == before["sim_card_count"]
    assert group.name == f"{before['name']} (new)"
    _undo(renamed)
    after = _at_api(sandbox, group)
    assert after["name"] == before["name"]
    assert megabytes(after, "data_limit") == megabytes(before, "data_limit")
