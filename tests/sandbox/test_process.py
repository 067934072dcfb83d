"""The process: how it starts, what it keeps, how it ends."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.client import Api, eventually
from tests.sandbox_process import API_KEY, ROOT, start_sandbox


def _run(*options: str, key: str | None = API_KEY) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != "SANDBOX_API_KEY"}
    if key is not None:
        environment["SANDBOX_API_KEY"] = key
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def _fails(*options: str, key: str | None = API_KEY) -> str:
    result = _run(*options, key=key)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("sandbox: ")
    assert result.stderr.count("\n") == 1
    assert not key or key not in result.stderr
    return result.stderr


def test_it_starts_soon() -> None:
    with start_sandbox(sims=2000) as sandbox:
        assert sandbox.start_seconds < 2


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly(how: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--sims", "5", "--api-key", API_KEY],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    port = int(line.split("127.0.0.1:")[1].split("/")[0])
    assert line == f"Sandbox is ready: http://127.0.0.1:{port}/v2 (5 SIM cards, seed 7)\n"
    # A connection that stays open must not delay the end.
    session = requests.Session()
    headers = {"Authorization": f"Bearer {API_KEY}"}
    assert session.get(f"http://127.0.0.1:{port}/v2/sim_cards", headers=headers, timeout=5).ok
    process.send_signal(how)
    out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert port in _fails("--port", port)


def test_a_file_that_is_no_data_file(tmp_path: Path) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("These are notes, not a database. " * 40)
    assert str(text) in _fails("--port", "0", "--data", str(text))
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE things (name TEXT)")
    assert "not written by the sandbox" in _fails("--port", "0", "--data", str(other))
    _fails("--port", "0", "--data", str(tmp_path))
    cut = tmp_path / "cut.db"
    with start_sandbox(sims=50, data=cut):
        pass
    os.truncate(cut, 6_000)
    assert str(cut) in _fails("--port", "0", "--data", str(cut))
    _fails("--port", "0", "--data", str(tmp_path / "no" / "such" / "folder"))


def test_a_file_that_is_in_use(tmp_path: Path) -> None:
    data = tmp_path / "fleet.db"
    with start_sandbox(sims=20, data=data):
        assert str(data) in _fails("--port", "0", "--data", str(data))


@pytest.mark.parametrize(
    "options",
    [
        ("--port", "x"),
        ("--port", "70000"),
        ("--sims", "-1"),
        ("--speed", "0"),
        ("--rate-limit", "0"),
        ("--as-of", "yesterday"),
        ("--what",),
        ("--host", "256.1.1.1"),
        ("--fault", "latency"),
        ("--fault", '{"kind": "earthquake"}'),
        ("--action-outcome", '{"status": "maybe"}'),
        ("--clock-skew", "nan"),
    ],
)
def test_bad_options(options: tuple[str, ...]) -> None:
    _fails(*options)


def test_a_key_is_needed() -> None:
    assert "SANDBOX_API_KEY" in _fails("--port", "0", key=None)
    assert "SANDBOX_API_KEY" in _fails("--port", "0", key="")


def test_a_stored_fleet_wins(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "fleet.db"
    with start_sandbox(sims=60, seed=3, data=data) as sandbox:
        first = Api(sandbox).all("/sim_cards")
    capfd.readouterr()
    with start_sandbox(sims=70, seed=4, data=data) as sandbox:
        assert Api(sandbox).all("/sim_cards") == first
    notes = capfd.readouterr().err
    assert "seed 3" in notes
    assert "sims 60" in notes
    with start_sandbox(sims=60, seed=3, data=data):
        pass
    assert capfd.readouterr().err == ""


def test_a_half_written_fleet_is_made_anew(tmp_path: Path) -> None:
    data = tmp_path / "fleet.db"
    (tmp_path / "fleet.db.partial").write_bytes(b"half a fleet")
    data.touch()
    with start_sandbox(sims=30, data=data) as sandbox:
        assert len(Api(sandbox).all("/sim_cards")) == 30
    assert not (tmp_path / "fleet.db.partial").exists()


@pytest.mark.slow
def test_everything_outlives_a_kill(tmp_path: Path) -> None:
    data = tmp_path / "fleet.db"
    sandbox = start_sandbox(sims=200, speed=2, data=data)
    api = Api(sandbox)
    card = api.some("disabled", data_limit=None)
    other, gone = api.some("enabled"), api.some("standby")
    tagged = api("PATCH", f"/sim_cards/{other['id']}", json={"tags": ["kept"]}).json()["data"]
    group = api("POST", "/sim_card_groups", json={"name": "kept"}).json()["data"]
    sandbox.admin("DELETE", f"sim_cards/{gone['id']}")
    action = api.act(card["id"], "enable").json()["data"]
    during = api.card(card["id"])
    assert during["status"]["value"] == "enabling"
    assert sandbox.kill() == -signal.SIGKILL

    with start_sandbox(sims=200, speed=2, data=data) as sandbox:
        api = Api(sandbox)
        again = api.card(card["id"])
        assert again["status"]["value"] in ("enabling", "enabled")
        assert api.card(other["id"]) == tagged
        assert api.get(f"/sim_card_groups/{group['id']}")["data"] == group
        assert api("GET", f"/sim_cards/{gone['id']}").status_code == 404
        path = f"/sim_card_actions/{action['id']}"

        def ended() -> dict[str, Any] | None:
            found = api.get(path)["data"]
            return found if found["status"]["value"] == "completed" else None

        done = eventually(ended, seconds=10)
        assert done["created_at"] == action["created_at"]
        after = api.card(card["id"])
        assert after["status"]["value"] == "enabled"
        assert after["actions_in_progress"] is False
        assert after["updated_at"] > during["updated_at"]


@pytest.mark.slow
def test_due_changes_happen_though_nobody_asks(tmp_path: Path) -> None:
    data = tmp_path / "fleet.db"
    with start_sandbox(sims=60, speed=100, data=data) as sandbox:
        api = Api(sandbox)
        card = api.some("enabled")
        api.act(card["id"], "disable")
        # The state does not run the schedule, unlike every request under /v2.
        eventually(
            lambda: sandbox.admin("GET", "state")["sim_card_actions_in_progress"] == 0, seconds=3
        )


@pytest.mark.slow
def test_durations_are_believable() -> None:
    with start_sandbox(sims=60) as sandbox:
        api = Api(sandbox)
        card = api.some("enabled")
        action = api.act(card["id"], "disable").json()["data"]
        assert api.card(card["id"])["status"]["value"] == "disabling"
        path = f"/sim_card_actions/{action['id']}"
        eventually(lambda: api.get(path)["data"]["status"]["value"] == "completed", seconds=9)
        ended = api.get(path)["data"]["updated_at"]
        assert ended > action["updated_at"]
