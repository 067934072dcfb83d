"""The whole database restarts, gently or by a crash, while a sweep is under way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.embedded import Keeper, Services
from tests.fleet.api import eventually, fault, listed, requests
from tests.sandbox_process import ROOT, SandboxProcess

pytestmark = pytest.mark.slow
# Long enough for its ids to be kept in a table that outlives the process (fleet/sync/seen.py).
SIMS = 6_000
LIST = "/sim_cards$"
ADD_ACCOUNT = """
import sys
from accounts.models import TelnyxAccount
slug, base_url, api_key = sys.argv[1:]
account = TelnyxAccount(slug=slug, name=slug, requests_per_second=5_000)
account.set_connection(base_url, api_key)
account.save()
"""
WITH_DJANGO = "from config.environment import prepare; prepare(); import django; django.setup()"


@dataclass
class Installation:
    """Simfleet with a database of its own."""

    home: Path
    services: Services

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start one of its processes."""
        environment = os.environ | {
            "SIMFLEET_HOME": str(self.home),
            "DATABASE_URL": self.services.database_url,
            "REDIS_URL": self.services.redis_url,
            "TELNYX_THREADS": "2",
        }
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> str:
        """Run one of its processes, which has to succeed; what it printed."""
        code, said = ended(self.start(*command))
        assert code == 0, said
        return said

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with psycopg.connect(self.services.database_url) as database:
            return database.execute(query, values).fetchall()

    def restart_database(self, how: signal.Signals) -> None:
        """End PostgreSQL; its keeper starts it again. As pg_ctl does it, for its modes."""
        before = self._server()
        os.kill(before, how)
        eventually(lambda: self._server() not in (0, before) and self._answers(), 20)

    def _answers(self) -> bool:
        try:
            return self.rows("SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False

    def _server(self) -> int:
        try:
            return int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
        except (OSError, IndexError):
            return 0


def ended(process: subprocess.Popen[str], seconds: float = 60) -> tuple[int, str]:
    """The exit code of a process and what it printed."""
    try:
        said, _ = process.communicate(timeout=seconds)
    finally:
        process.kill()
    return process.returncode, said


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with empty tables."""
    home = tmp_path_factory.mktemp("installation")
    keeper = Keeper(home)
    try:
        made = Installation(home, keeper.start())
        made.run("manage.py", "migrate", "--verbosity", "0")
        yield made
    finally:
        keeper.release()


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
    account = (slug, sandbox.base_url, sandbox.api_key)
    installation.run("-c", f"{WITH_DJANGO}\n{ADD_ACCOUNT}", *account)
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
