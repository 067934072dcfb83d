"""`make demo`: it starts, says what is wrong, keeps its data, and leaves no process behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import requests

from accounts.demo import PASSWORD, PEOPLE
from tests.demo_process import (
    READY,
    ROOT,
    Demo,
    demo_environment,
    ended,
    free_port,
    start_demo,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """A running demo, for tests that leave it running."""
    with (
        tempfile.TemporaryDirectory(prefix="sf", ignore_cleanup_errors=True) as home,
        start_demo(Path(home)) as running,
    ):
        yield running


def _refused(home: Path, port: int, env: dict[str, str] | None = None) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "config.demo"],
        cwd=ROOT,
        env=demo_environment(home, port, 20, env or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert READY not in result.stdout
    assert result.stderr.startswith("Simfleet cannot start: ")
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def _rows(home: Path, sql: str) -> list[tuple[Any, ...]]:
    stored = json.loads((home / "services.json").read_text())
    with psycopg.connect(stored["database_url"]) as connection:
        return connection.execute(sql).fetchall()


def test_what_it_prints(demo: Demo) -> None:
    assert demo.output[-1] == f"Simfleet is ready: {demo.url}"
    text = "\n".join(demo.output)
    assert PASSWORD in text
    assert all(email in text for email, _, _ in PEOPLE)
    assert f"{demo.home}/logs/" in text
    assert demo.errors == ""


def test_health(demo: Demo) -> None:
    assert requests.get(f"{demo.url}/healthz", timeout=10).json() == {"status": "ok"}
    ready = requests.get(f"{demo.url}/readyz", timeout=10)
    assert ready.status_code == 200
    assert ready.json()["checks"] == {"database": "ok", "redis": "ok", "migrations": "ok"}


def test_the_sign_in_page_says_who_can_sign_in(demo: Demo) -> None:
    page = requests.get(f"{demo.url}/sign-in/", timeout=10)
    assert page.status_code == 200
    assert PASSWORD in page.text
    assert all(email in page.text for email, _, _ in PEOPLE)


def test_a_static_file(demo: Demo) -> None:
    assert requests.get(f"{demo.url}/static/dist/tabler.min.css", timeout=10).status_code == 200


def test_it_listens_on_loopback_only(demo: Demo) -> None:
    ours = {process.pid for process in demo.processes()}
    addresses = {
        connection.laddr.ip
        for connection in psutil.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN and connection.pid in ours
    }
    assert addresses == {"127.0.0.1"}


def test_the_fleet_arrives(demo: Demo) -> None:
    deadline = time.monotonic() + 60
    count = 0
    while count != 300 and time.monotonic() < deadline:
        time.sleep(0.5)
        ((count,),) = _rows(demo.home, "SELECT count(*) FROM fleet_simcard")
    assert count == 300


def test_demo_json(demo: Demo) -> None:
    info = demo.info
    assert info["url"] == demo.url
    assert info["pid"] == demo.process.pid
    commands = {name: " ".join(psutil.Process(pid).cmdline()) for name, pid in info["pids"].items()}
    assert commands.keys() == {"sandbox", "web", "worker", "beat"}
    assert "gunicorn config.wsgi" in commands["web"]
    assert "config.celery worker" in commands["worker"]
    assert "config.celery beat" in commands["beat"]
    assert "-m sandbox" in commands["sandbox"]
    assert requests.get(f"{info['sandbox_url']}/sim_cards", timeout=10).status_code == 401


def test_no_key_is_on_a_command_line_or_where_it_is_not_needed(demo: Demo) -> None:
    secrets = json.loads((demo.home / "secrets.json").read_text())
    assert (demo.home / "secrets.json").stat().st_mode & 0o077 == 0
    for process in demo.processes():
        assert not [name for name, value in secrets.items() if value in process.cmdline()]
        if process.name() == "postgres" and os.geteuid() != 0:
            continue
        holds_key = "SANDBOX_API_KEY" in process.environ()
        assert not holds_key or "sandbox" in process.cmdline(), process.cmdline()


def test_a_second_demo_in_the_same_home(demo: Demo) -> None:
    line = _refused(demo.home, free_port())
    assert str(demo.home) in line
    assert "SIMFLEET_HOME" in line
    assert requests.get(f"{demo.url}/readyz", timeout=10).status_code == 200
    assert demo.info["url"] == demo.url


def test_a_port_in_use(short_home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = _refused(short_home, port)
    assert f"PORT {port} cannot be used" in line
    assert "make demo PORT=" in line
    assert not (short_home / "postgres").exists(), "nothing was started"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("DEMO_SIMS", "-3"),
        ("SANDBOX_SPEED", "fast"),
        ("TELNYX_READ_SECONDS", "abc"),
        ("DEBUG", "maybe"),
    ],
)
def test_a_broken_setting(name: str, value: str, short_home: Path) -> None:
    line = _refused(short_home, free_port(), {name: value})
    assert (name if name != "SANDBOX_SPEED" else "'fast'") in line


def test_a_home_that_cannot_be_used(short_home: Path) -> None:
    (short_home / "file").write_text("")
    assert "SIMFLEET_HOME" in _refused(short_home / "file" / "home", free_port())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_its_end_ends_every_process(how: signal.Signals, short_home: Path) -> None:
    demo = start_demo(short_home, sims=50)
    processes = demo.processes()
    names = {process.name() for process in processes}
    assert {"postgres", "redis-server"} <= names
    for pid in demo.info["pids"].values():
        assert psutil.Process(pid) in processes
    code = demo.stop(how)
    assert ended(processes) == []
    if how == signal.SIGKILL:
        assert code == -signal.SIGKILL
    else:
        assert (code, demo.output[-1]) == (0, "Simfleet has ended.")
        assert not (short_home / "demo.json").exists()
        assert demo.errors == ""


def test_a_signal_while_it_starts(short_home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "config.demo"],
        cwd=ROOT,
        env=demo_environment(short_home, free_port(), 50, {}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(1)
    started = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "Simfleet has ended.\n")
    assert started
    assert ended(started) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_end_of_make_ends_the_demo(how: signal.Signals, short_home: Path) -> None:
    makefile = f"demo:\n\t@exec {sys.executable} -m config.demo\n"
    (short_home / "Makefile").write_text(makefile)
    make = subprocess.Popen(
        ["make", "-f", str(short_home / "Makefile"), "demo"],
        cwd=ROOT,
        env=demo_environment(short_home / "home", free_port(), 50, {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert make.stdout is not None
    next(line for line in make.stdout if line.startswith(READY))
    started = psutil.Process(make.pid).children(recursive=True)
    make.send_signal(how)
    make.communicate(timeout=60)
    assert started
    assert ended(started) == []


def test_a_start_at_once_after_sigkill_and_what_it_keeps(short_home: Path) -> None:
    port = free_port()
    first = start_demo(short_home, port=port, sims=50)
    _rows(short_home, "UPDATE accounts_person SET name = 'Kept' RETURNING id")
    keys = (short_home / "secrets.json").read_text()
    first.kill()
    with start_demo(short_home, port=port, sims=50) as second:
        assert {row[0] for row in _rows(short_home, "SELECT name FROM accounts_person")} == {"Kept"}
        assert (short_home / "secrets.json").read_text() == keys
        ((base_url,),) = _rows(short_home, "SELECT base_url FROM accounts_telnyxaccount")
        assert base_url == second.info["sandbox_url"]
        assert second.start_seconds < 15


@pytest.mark.parametrize("name", ["worker", "web", "sandbox"])
def test_a_killed_process_is_started_again(demo: Demo, name: str) -> None:
    before, said = demo.info, demo.errors
    killed = psutil.Process(before["pids"][name])
    below = killed.children(recursive=True)
    killed.kill()
    deadline = time.monotonic() + 30
    while demo.info["pids"][name] == killed.pid and time.monotonic() < deadline:
        time.sleep(0.1)
    after = demo.info
    assert after["pids"][name] != killed.pid
    assert psutil.pid_exists(after["pids"][name])
    assert {**after, "pids": 0} == {**before, "pids": 0}, "it answers where it did"
    assert ended(below) == []
    new = demo.errors.removeprefix(said)
    assert re.fullmatch(rf"The {name} process ended \(exit code -9\) and is .*\n", new)
    if name == "web":
        _wait_until_ready(demo)


def test_killed_services_come_back(demo: Demo) -> None:
    keeper = json.loads((demo.home / "services.json").read_text())["keeper_pid"]
    below = psutil.Process(keeper).children(recursive=True)
    psutil.Process(keeper).kill()
    assert ended(below, 30) == [], "the next keeper ends what the last one left"
    _wait_until_ready(demo)
    assert json.loads((demo.home / "services.json").read_text())["keeper_pid"] != keeper
    assert "lost their keeper" in demo.errors


def _wait_until_ready(demo: Demo) -> None:
    deadline = time.monotonic() + 30
    status = 0
    while status != 200:
        assert time.monotonic() < deadline
        try:
            status = requests.get(f"{demo.url}/readyz", timeout=10).status_code
        except requests.ConnectionError:
            time.sleep(0.2)


def test_it_uses_no_other_database(short_home: Path) -> None:
    """The demo's people have a published password."""
    elsewhere = "postgresql://nobody@127.0.0.1:1/production"
    with start_demo(short_home, sims=50, env={"DATABASE_URL": elsewhere}) as demo:
        assert demo.errors == "Note: DATABASE_URL is set, but the demo uses its own.\n"
        assert requests.get(f"{demo.url}/readyz", timeout=10).status_code == 200


def _has_the_key(process: psutil.Process) -> bool:
    try:
        return process.name() != "postgres" and "TELNYX_API_KEY" in process.environ()
    except psutil.NoSuchProcess:
        # A short-lived child, such as a question of PostgreSQL's own tools.
        return False


def test_with_a_real_api_key(short_home: Path) -> None:
    settings = {"TELNYX_API_KEY": "KEY0123", "TELNYX_BASE_URL": "http://127.0.0.1:1/v2"}
    with start_demo(short_home, env=settings) as demo:
        rows = _rows(short_home, "SELECT name, base_url, api_key_last4 FROM accounts_telnyxaccount")
        assert rows == [("Telnyx", "http://127.0.0.1:1/v2", "0123")]
        assert demo.info["pids"].keys() == {"web", "worker", "beat"}
        assert demo.info["sandbox_url"] is None
        assert not [p for p in demo.processes() if _has_the_key(p)]
