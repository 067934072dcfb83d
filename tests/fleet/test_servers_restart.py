"""PostgreSQL crashes and Redis is lost in the middle of an operation: it goes on by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.fleet.api import eventually, fault, requests
from tests.fleet.celery_processes import WORKER
from tests.fleet.installation import WITH_DJANGO, Installation
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.slow
TARGETS = 300
# "It goes on by itself within a minute"; most of this is the sending itself.
SECONDS = 60.0
START = """
import sys
from accounts.models import Person, TelnyxAccount
from fleet.models import SimCard
from fleet.operations.catalog import KINDS
from fleet.operations.plan import plan
from fleet.operations.start import confirm
account = TelnyxAccount.objects.get(slug=sys.argv[1])
cards = SimCard.objects.filter(account=account, status="enabled", actions_in_progress=False)
chosen = cards.exclude(group_remote_id=None).order_by("pk")[: int(sys.argv[2])]
rows = SimCard.objects.filter(pk__in=[card.pk for card in chosen])
person = Person.objects.create_user("planner@acme.example")
operation = plan(account, KINDS["disable"], rows, person, {})
assert confirm(operation)
"""


@pytest.fixture
def celery(installation: Installation, tmp_path: Path) -> Iterator[None]:
    """A worker and beat."""
    beat = ("beat", "-s", str(tmp_path / "beat"), "--pidfile=")
    started: list[subprocess.Popen[str]] = []
    with (tmp_path / "celery.log").open("w") as log:
        for part in (beat, WORKER):
            command = ("-m", "celery", "-A", "config.celery", *part)
            started.append(installation.start(*command, stdout=log, start_new_session=True))
        yield
        for process in started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
    print((tmp_path / "celery.log").read_text(errors="replace")[-6_000:])


def test_an_operation_goes_on_and_sends_nothing_twice(
    installation: Installation, new_sandbox: Callable[[int], SandboxProcess], celery: None
) -> None:
    sandbox = new_sandbox(900)
    installation.add_account("restarted", sandbox)
    installation.run("manage.py", "sync", "--account", "restarted", "--resource", "sim_cards")
    sandbox.admin("DELETE", "requests")
    fault(sandbox, "latency", seconds=0.05, method="POST", path="/actions/disable$")
    installation.run("-c", f"{WITH_DJANGO}\n{START}", "restarted", str(TARGETS))

    def sent() -> int:
        return len(requests(sandbox, "POST"))

    eventually(lambda: sent() > TARGETS // 10, SECONDS)
    installation.restart_database(signal.SIGQUIT)
    begun = time.monotonic()
    before = sent()
    assert before < TARGETS
    eventually(lambda: sent() > before, SECONDS)
    installation.lose_redis()
    eventually(lambda: _state(installation) not in ("", "running"), SECONDS)
    assert _state(installation) == "succeeded"
    assert time.monotonic() - begun < SECONDS
    accepted = Counter(r["path"] for r in requests(sandbox, "POST") if r["status"] == 202)
    assert len(accepted) == TARGETS
    assert set(accepted.values()) == {1}
    counts = installation.rows("SELECT state, count(*) FROM fleet_operationtarget GROUP BY 1")
    assert counts == [("completed", TARGETS)]


def _state(installation: Installation) -> str:
    try:
        ((state,),) = installation.rows("SELECT state FROM fleet_operation")
    except psycopg.OperationalError:
        return ""
    return str(state)
