"""The whole database restarts, gently or by a crash, while a sweep is under way."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.fleet.api import eventually, fault, listed, requests
from tests.fleet.installation import Installation, ended
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.slow
# Long enough for its ids to be kept in a table that outlives the process (fleet/sync/seen.py).
SIMS = 6_000
LIST = "/sim_cards$"


@pytest.mark.parametrize(
    ("slug", "how", "goes_on"),
    [("gently", signal.SIGINT, True), ("crash", signal.SIGQUIT, False)],
    ids=["fast", "immediate"],
)
def test_the_copy_is_right_though_the_database_restarted(
    installation: Installation,
    new_sandbox: Callable[[int], SandboxProcess],
    slug: str,
    how: signal.Signals,
    goes_on: bool,
) -> None:
    sandbox = new_sandbox(SIMS)
    installation.add_account(slug, sandbox)
    one = ("--account", slug, "--resource", "sim_cards")
    installation.run("manage.py", "sync", *one)
    _age(installation, slug)
    fault(sandbox, "latency", seconds=0.4, path=LIST)
    sandbox.admin("DELETE", "requests")

    process = installation.start("manage.py", "sync", *one)
    eventually(lambda: _runs(installation, slug)[0][0] == "running", 20)
    eventually(lambda: _runs(installation, slug)[0][1] >= 8, 20)
    installation.restart_database(how)
    code, said = ended(process)
    assert code == 1, said
    assert "connection to the database was lost" in said
    assert "Traceback" not in said
    ((state, pages, outcome, _, seen), _) = _runs(installation, slug)
    assert (state, seen) == ("failed", pages * 250), outcome
    assert 8 <= pages < SIMS // 250
    assert outcome == (
        "An error of Simfleet's own: the connection to its database was lost. What was seen is "
        "stored; nothing was removed."
    )

    sandbox.admin("DELETE", "faults")
    sandbox.admin("DELETE", "requests")
    installation.run("manage.py", "sync", "--account", slug)
    again = _runs(installation, slug)[0]
    # After a crash the kept ids are gone, so that the list is read from its beginning.
    assert (again[0], again[3]) == ("complete", int(goes_on)), again
    asked = [r for r in requests(sandbox, "GET", "/sim_cards") if r["path"] == "/v2/sim_cards"]
    assert len(asked) == SIMS // 250 - (pages if goes_on else 0)
    assert installation.rows("SELECT 1 FROM fleet_syncrun WHERE state = 'running'") == []
    assert _stored(installation, slug) == _there(sandbox)


def _age(installation: Installation, slug: str) -> None:
    """Let every second row look as if the API had changed it since, and forget its tags."""
    with psycopg.connect(installation.services.database_url) as database:
        database.execute(
            "UPDATE fleet_simcard SET digest = '', raw = '{}', tags = '{}', status = 'standby'"
            " WHERE id %% 2 = 0 AND account_id = (SELECT id FROM accounts_telnyxaccount"
            " WHERE slug = %s)",
            [slug],
        )


def _runs(installation: Installation, slug: str) -> list[tuple[Any, ...]]:
    """State, pages, outcome, how often it was resumed, and what was seen; the latest run first."""
    return installation.rows(
        "SELECT state, pages, outcome, resumed, seen FROM fleet_syncrun"
        " WHERE resource = 'sim_cards' AND account_id ="
        " (SELECT id FROM accounts_telnyxaccount WHERE slug = %s) ORDER BY id DESC",
        slug,
    )


def _stored(installation: Installation, slug: str) -> dict[str, tuple[Any, ...]]:
    """The copy, removed SIM cards among it."""
    found = installation.rows(
        "SELECT remote_id::text, removed_at, iccid, status, tags, consumed_mb,"
        " remote_updated_at FROM fleet_simcard"
        " WHERE account_id = (SELECT id FROM accounts_telnyxaccount WHERE slug = %s)",
        slug,
    )
    return {
        remote_id: (removed_at, iccid, status, sorted(tags), float(consumed), updated_at)
        for remote_id, removed_at, iccid, status, tags, consumed, updated_at in found
    }


def _there(sandbox: SandboxProcess) -> dict[str, tuple[Any, ...]]:
    return {
        record["id"]: (
            None,
            record["iccid"],
            record["status"]["value"],
            sorted(record["tags"]),
            float(record["current_billing_period_consumed_data"]["amount"]),
            datetime.fromisoformat(record["updated_at"]).astimezone(UTC),
        )
        for record in listed(sandbox, "sim_cards")
    }
