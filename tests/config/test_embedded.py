"""The embedded services: they start, are shared, and never outlive their owner."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config.embedded import EmbeddedError, Keeper, Services, attach, is_kept
from tests.demo_process import ROOT, ended

pytestmark = pytest.mark.slow

OWNER = """
import sys, time
from pathlib import Path
from config.embedded import Keeper
keeper = Keeper(Path(sys.argv[1]))
print(keeper.start().keeper_pid, flush=True)
time.sleep(600)
"""


def _both_answer(services: Services) -> bool:
    with psycopg.connect(services.database_url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return bool(row and row[0].startswith("18") and _redis(services).ping())


def _redis(services: Services) -> "redis.Redis":
    return redis.Redis.from_url(services.redis_url)


def _eventually(happens: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if happens():
                return True
        except (psycopg.OperationalError, redis.ConnectionError):
            pass
        time.sleep(0.1)
    return False


def _start_owner(home: Path) -> tuple["subprocess.Popen[str]", list[psutil.Process]]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    keeper = psutil.Process(int(owner.stdout.readline()))
    return owner, [keeper, *keeper.children(recursive=True)]


def test_start_attach_release(short_home: Path) -> None:
    keeper = Keeper(short_home)
    services = keeper.start()
    assert _both_answer(services)
    processes = psutil.Process(services.keeper_pid).children(recursive=True)
    assert {"postgres", "redis-server"} <= {process.name() for process in processes}
    other = Keeper(short_home)
    assert attach(short_home) == other.start() == services
    other.release()
    assert _both_answer(services), "who only attached must not end the services"
    keeper.release()
    assert ended(processes, 5) == []
    assert attach(short_home) is None
    assert not is_kept(short_home)


def test_the_data_stay(short_home: Path) -> None:
    for number in range(2):
        keeper = Keeper(short_home)
        with psycopg.connect(keeper.start().database_url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS numbers (number int)")
            connection.execute("INSERT INTO numbers VALUES (%s)", [number])
            rows = connection.execute("SELECT number FROM numbers ORDER BY 1").fetchall()
        keeper.release()
    assert rows == [(0,), (1,)]


def test_nothing_listens_on_a_port(short_home: Path) -> None:
    keeper = Keeper(short_home)
    processes = psutil.Process(keeper.start().keeper_pid).children(recursive=True)
    listening = [c for process in processes for c in process.net_connections("inet")]
    keeper.release()
    assert processes
    assert listening == []


def test_sigkill_of_the_owner_ends_both_servers(short_home: Path) -> None:
    owner, processes = _start_owner(short_home)
    names = {process.name() for process in processes}
    owner.kill()
    owner.communicate()
    assert {"postgres", "redis-server"} <= names
    assert ended(processes) == []


def test_the_next_start_follows_at_once(short_home: Path) -> None:
    """It must not attach to services that are about to end."""
    owner, processes = _start_owner(short_home)
    owner.kill()
    owner.communicate()
    keeper = Keeper(short_home)
    services = keeper.start()
    assert ended(processes) == []
    assert _both_answer(services)
    keeper.release()


def test_a_killed_keeper_leaves_servers_that_the_next_one_takes_over(short_home: Path) -> None:
    owner, processes = _start_owner(short_home)
    processes[0].kill()
    assert _eventually(lambda: not is_kept(short_home))
    keeper = Keeper(short_home)
    services = keeper.start()
    assert ended(processes[1:]) == [], "both were replaced, so that this keeper owns its own"
    assert _both_answer(services)
    keeper.release()
    owner.kill()
    owner.communicate()


@pytest.mark.parametrize("name", ["postgres", "redis-server"])
def test_a_server_that_dies_is_started_again(short_home: Path, name: str) -> None:
    keeper = Keeper(short_home)
    services = keeper.start()
    servers = psutil.Process(services.keeper_pid).children()
    next(server for server in servers if server.name() == name).kill()
    assert _eventually(lambda: _both_answer(services))
    keeper.release()


def test_a_pid_file_that_names_an_unrelated_process(short_home: Path) -> None:
    keeper = Keeper(short_home)
    keeper.start()
    keeper.release()
    stale = f"{os.getpid()}\n{short_home}/postgres\n1700000000\n5432\n{short_home}\n\n1 1\nready\n"
    (short_home / "postgres" / "postmaster.pid").write_text(stale)
    assert _both_answer(keeper.start())
    keeper.release()


def test_a_file_of_services_that_is_not_true(short_home: Path) -> None:
    stored = Services("postgresql://nobody@/none", "unix:///none", os.getpid(), os.getpid())
    (short_home / "services.json").write_text(json.dumps(stored.__dict__))
    keeper = Keeper(short_home)
    assert _both_answer(keeper.start())
    keeper.release()


@pytest.mark.parametrize("name", ["a b, c's", "x" * 120])
def test_a_path_that_is_no_socket_path(short_home: Path, name: str) -> None:
    keeper = Keeper(short_home / name)
    services = keeper.start()
    assert _both_answer(services)
    folder = Path(services.redis_url.removeprefix("unix://").split("?")[0]).parent
    assert folder.stat().st_mode & 0o077 == 0
    keeper.release()
    assert not folder.exists()


def test_a_forked_process_does_not_keep_them_alive(short_home: Path) -> None:
    script = OWNER.replace("time.sleep(600)", "import os; os.fork(); time.sleep(600)")
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(short_home)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    keeper = psutil.Process(int(owner.stdout.readline()))
    assert _eventually(lambda: len(_python_children(owner.pid)) == 2)
    (forked,) = (p for p in _python_children(owner.pid) if p.pid != keeper.pid)
    owner.kill()
    assert ended([keeper]) == []
    assert forked.is_running()
    forked.kill()
    owner.communicate()


def _python_children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children()


@pytest.mark.parametrize("place", ["file", "below a file"])
def test_a_home_that_cannot_be_used(short_home: Path, place: str) -> None:
    file = short_home / "file"
    file.write_text("")
    home = file if place == "file" else file / "home"
    with pytest.raises(EmbeddedError) as refused:
        Keeper(home).start()
    assert str(refused.value).startswith(f"SIMFLEET_HOME: cannot write to {home}")
    assert "\n" not in str(refused.value)


def test_data_of_another_version(short_home: Path) -> None:
    (short_home / "postgres").mkdir()
    (short_home / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match="was not made by PostgreSQL 18"):
        Keeper(short_home).start()


def test_sigterm_to_the_keeper_ends_cleanly(short_home: Path) -> None:
    owner, processes = _start_owner(short_home)
    processes[0].send_signal(signal.SIGTERM)
    processes[0].send_signal(signal.SIGTERM)
    owner.kill()
    owner.communicate()
    assert ended(processes) == []
    assert not (short_home / "postgres" / "postmaster.pid").exists()
