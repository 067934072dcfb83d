"""What tests ask of a sandbox, and do to it, beside the dashboard."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests as http

from fleet.models import Resource, SyncRun
from fleet.sync.engine import start_run, sweep
from tests.sandbox_process import SandboxProcess


def fault(sandbox: SandboxProcess, kind: str, **rule: Any) -> None:
    """Order a fault; `method` and `path` narrow it down."""
    match = {"method": rule.pop("method", None), "path_regex": rule.pop("path", None)}
    sandbox.admin("POST", "faults", {"kind": kind, "match": match, **rule})


def listed(sandbox: SandboxProcess, resource: str) -> list[dict[str, Any]]:
    """All records of a list, as the API gives them."""
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    records: list[dict[str, Any]] = []
    number = pages = 1
    while number <= pages:
        query = {"page[number]": str(number), "page[size]": "250"}
        address = f"{sandbox.base_url}/{resource}"
        answer = http.get(address, query, headers=headers, timeout=10).json()
        records += answer["data"]
        pages = answer["meta"]["total_pages"]
        number += 1
    return records


def change(sandbox: SandboxProcess, remote_id: Any, **fields: Any) -> dict[str, Any]:
    """Change a SIM card as if somebody else had; its record."""
    record: dict[str, Any] = sandbox.admin("POST", f"sim_cards/{remote_id}", fields)["data"]
    return record


def delete(sandbox: SandboxProcess, remote_id: Any) -> None:
    """Let a SIM card vanish."""
    sandbox.admin("DELETE", f"sim_cards/{remote_id}")


def requests(sandbox: SandboxProcess, method: str = "", prefix: str = "") -> list[dict[str, Any]]:
    """What the sandbox was asked."""
    query = f"requests?method={method}&path_prefix=/v2{prefix}"
    found: list[dict[str, Any]] = sandbox.admin("GET", query)["requests"]
    return found


def posts(sandbox: SandboxProcess, remote_id: Any) -> list[int | None]:
    """The answers to the actions that were begun on a SIM card; None where it was lost."""
    return [r["status"] for r in requests(sandbox, "POST", f"/sim_cards/{remote_id}/")]


def run_sweep(account: Any, resource: Resource = Resource.SIM_CARDS) -> SyncRun:
    """Begin a sweep and carry it out."""
    run = start_run(account, resource)
    assert run is not None
    sweep(run)
    run.refresh_from_db()
    return run


def eventually(condition: Callable[[], Any], seconds: float = 8.0) -> Any:
    """Wait until the condition is true; answers its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "It did not come true in time."
        time.sleep(0.02)
    return value
