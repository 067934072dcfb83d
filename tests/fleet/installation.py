"""An installation with servers of its own, which a test may restart as it likes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from config.embedded import Keeper, Services
from tests.fleet.api import eventually
from tests.sandbox_process import ROOT, SandboxProcess

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

    def start(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        """Start one of its processes."""
        environment = os.environ | {
            "SIMFLEET_HOME": str(self.home),
            "DATABASE_URL": self.services.database_url,
            "REDIS_URL": self.services.redis_url,
            "TELNYX_THREADS": "2",
            "CLAIM_START_SECONDS": "2",
            "TELNYX_CONNECT_SECONDS": "1",
            "TELNYX_READ_SECONDS": "2",
        }
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.STDOUT,
            text=True,
            **{"stdout": subprocess.PIPE, **options},
        )

    def run(self, *command: str) -> str:
        """Run one of its processes, which has to succeed; what it printed."""
        code, said = ended(self.start(*command))
        assert code == 0, said
        return said

    def add_account(self, slug: str, sandbox: SandboxProcess) -> None:
        """A Telnyx account whose API is a sandbox."""
        script = f"{WITH_DJANGO}\n{ADD_ACCOUNT}"
        self.run("-c", script, slug, sandbox.base_url, sandbox.api_key)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with psycopg.connect(self.services.database_url) as database:
            return database.execute(query, values).fetchall()

    def restart_database(self, how: signal.Signals) -> None:
        """End PostgreSQL; its keeper starts it again. As pg_ctl does it, for its modes."""
        before = self._server()
        os.kill(before, how)
        eventually(lambda: self._server() not in (0, before) and self._answers(), 20)

    def lose_redis(self) -> None:
        """Kill Redis and all that it held; its keeper starts it again, empty."""
        before = redis.Redis.from_url(self.services.redis_url).info("server")["process_id"]
        for dump in self.home.rglob("dump.rdb"):
            dump.unlink()
        os.kill(before, signal.SIGKILL)
        eventually(lambda: self._redis() not in (0, before), 20)

    def _redis(self) -> int:
        try:
            return int(redis.Redis.from_url(self.services.redis_url).info("server")["process_id"])
        except redis.RedisError:
            return 0

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
