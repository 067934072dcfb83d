"""Real Celery processes for tests, each in a process group of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from django.conf import settings
from django.db import connection

from config.celery import broker_url
from tests.sandbox_process import ROOT

Start = Callable[..., "subprocess.Popen[bytes]"]
WORKER = ("worker", "-Q", "operations", "-c", "2", "--without-gossip", "--without-mingle")


def _test_database_url() -> str:
    url = urlsplit(settings.DATABASE_URL)
    return urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))


def other_redis(url: str) -> str:
    """The same server, another database than the tests use."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db=5"
    return urlunsplit(parts._replace(path="/5"))


@pytest.fixture
def start_celery(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a part of Celery in a process group of its own."""
    redis_url = other_redis(settings.REDIS_URL)
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
        kill(process)
    redis.Redis.from_url(redis_url).flushdb()
    sys.stderr.write((tmp_path / "celery.log").read_text(errors="replace")[-4_000:])


def kill(process: subprocess.Popen[bytes]) -> None:
    """As a crash does it: with all its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
