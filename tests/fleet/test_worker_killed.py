"""A real worker is killed in mid-operation: what it left is carried on, nothing is done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from django.conf import settings
from django.db import connection

from accounts.models import TelnyxAccount
from config.celery import broker_url
from fleet.models import OperationState, SimCard, TargetState
from fleet.operations.plan import confirm
from tests.fleet.api import change, eventually, fault, listed, requests
from tests.fleet.conftest import account_at
from tests.fleet.operations import planned
from tests.fleet.records import store
from tests.sandbox_process import ROOT, SandboxProcess

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CARDS = 200
SECONDS = 60.0


def _test_database_url() -> str:
    url = urlsplit(settings.DATABASE_URL)
    return urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))


def _other_redis(url: str) -> str:
    """The same server, another database than the tests use."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db=5"
    return urlunsplit(parts._replace(path="/5"))


@pytest.fixture
def start_celery(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a part of Celery in a process group of its own."""
    redis_url = _other_redis(settings.REDIS_URL)
    redis.Redis.from_url(redis_url).flushdb()
    environment = os.environ | {
        "DATABASE_URL": _test_database_url(),
        "REDIS_URL": redis_url,
        "TELNYX_CONNECT_SECONDS": "1",
        "TELNYX_READ_SECONDS": "2",
        "CLAIM_START_SECONDS": "1",
        "LOG_LEVEL": "WARNING",
    }
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "config.celery", *arguments]
        with (tmp_path / "celery.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.append(process)
        return process

    assert broker_url(redis_url)
    yield start
    for process in started:
        _kill(process)
    redis.Redis.from_url(redis_url).flushdb()
    sys.stderr.write((tmp_path / "celery.log").read_text(errors="replace")[-4_000:])


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


WORKER = ("worker", "-Q", "operations", "-c", "2", "--without-gossip", "--without-mingle")


def _disabled_fleet(sandbox: SandboxProcess, account: TelnyxAccount) -> list[SimCard]:
    """200 SIM cards, disabled at the API and in the copy."""
    chosen = [record for record in listed(sandbox, "sim_cards") if record["sim_card_group_id"]]
    free = {"status": "disabled", "data_limit": None, "authorized_imeis": None}
    records = [change(sandbox, record["id"], **free) for record in chosen[:CARDS]]
    store(account, *records)
    sandbox.admin("DELETE", "requests")
    return list(SimCard.objects.filter(account=account))


def test_every_sim_card_gets_there_once_though_the_worker_is_killed(
    new_sandbox: Callable[[int], SandboxProcess],
    start_celery: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    sandbox = new_sandbox(CARDS + 40)
    account = account_at(sandbox)
    cards = _disabled_fleet(sandbox, account)
    assert len(cards) == CARDS
    fault(sandbox, "latency", seconds=0.05, method="POST", path="/actions/enable$")
    operation = planned(account, cards)
    assert confirm(operation)

    start_celery("beat", "-s", str(tmp_path / "beat"), "--pidfile=")
    worker = start_celery(*WORKER)
    begun = time.monotonic()

    def in_the_middle() -> bool:
        sent = len(requests(sandbox, "POST"))
        return sent >= CARDS // 5

    eventually(in_the_middle, SECONDS)
    _kill(worker)
    killed_at = len(requests(sandbox, "POST"))
    assert killed_at < CARDS, "it was killed too late to be in the middle"
    left = Counter(operation.targets.values_list("state", flat=True))
    assert left[TargetState.QUEUED] > 0
    start_celery(*WORKER)

    def ended() -> bool:
        operation.refresh_from_db()
        return operation.state != OperationState.RUNNING

    eventually(ended, SECONDS - (time.monotonic() - begun))
    assert operation.state == OperationState.SUCCEEDED, operation.targets.exclude(
        state=TargetState.COMPLETED
    ).values_list("state", "reason")
    assert operation.targets.filter(state=TargetState.COMPLETED).count() == CARDS
    mine = SimCard.objects.filter(pk__in=[card.pk for card in cards])
    assert set(mine.values_list("status", flat=True)) == {"enabled"}
    # One request for each SIM card, and each was accepted: the killed worker's too.
    sent = requests(sandbox, "POST", "/sim_cards/")
    assert Counter((request["path"], request["status"]) for request in sent) == Counter(
        (f"/v2/sim_cards/{card.remote_id}/actions/enable", 202) for card in cards
    )
    assert sandbox.admin("GET", "state")["sim_card_actions_in_progress"] == 0
