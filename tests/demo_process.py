"""Starts `make demo`'s process, for tests of every folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
READY = "Simfleet is ready: "
# The demo has its own.
_NOT_INHERITED = (
    *("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "SIMFLEET_HOME", "DEBUG"),
    *("TELNYX_API_KEY", "TELNYX_BASE_URL", "PORT", "DEMO_SIMS", "SANDBOX_SPEED"),
)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def demo_environment(home: Path, port: int, sims: int, env: dict[str, str]) -> dict[str, str]:
    """The environment of a demo that depends on nothing outside its home."""
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    chosen = {"SIMFLEET_HOME": str(home), "PORT": str(port), "DEMO_SIMS": str(sims)}
    return inherited | chosen | env


class Demo:
    """A running demo. ``start_seconds`` is the time from its start to its ready line."""

    def __init__(self, process: subprocess.Popen[str], home: Path, errors: Path) -> None:
        self.process = process
        self.home = home
        self.url = ""
        self.output: list[str] = []
        self.start_seconds = 0.0
        self._errors = errors

    @property
    def info(self) -> dict[str, Any]:
        """What demo.json says now: URLs and process ids."""
        stored: dict[str, Any] = json.loads((self.home / "demo.json").read_text())
        return stored

    @property
    def errors(self) -> str:
        """What it wrote to stderr."""
        return self._errors.read_text()

    def processes(self) -> list[psutil.Process]:
        """Everything that runs because of it, embedded services included."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """End it as Ctrl-C does; its exit code."""
        return self._end(how)

    def kill(self) -> int:
        """End its supervisor by SIGKILL, as a crash does; its exit code."""
        return self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=60)
        if self.process.stdout and not self.process.stdout.closed:
            self.output += self.process.stdout.read().splitlines()
            self.process.stdout.close()
        return code

    def __enter__(self) -> Demo:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_demo(
    home: Path, *, port: int | None = None, sims: int = 300, env: dict[str, str] | None = None
) -> Demo:
    """Start a demo and wait until it is ready; it takes a free port unless one is given.

    Raises RuntimeError with what it wrote where it does not become ready.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "stderr.log").open("w") as errors:
        begin = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "config.demo"],
            cwd=ROOT,
            env=demo_environment(home, port or free_port(), sims, env or {}),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    demo = Demo(process, home, Path(errors.name))
    assert process.stdout is not None
    for line in process.stdout:
        demo.output.append(line.rstrip("\n"))
        if line.startswith(READY):
            demo.url = line.removeprefix(READY).strip()
            demo.start_seconds = time.monotonic() - begin
            return demo
    code = process.wait(timeout=60)
    raise RuntimeError(f"The demo did not start (exit code {code}): {demo.errors}")


def ended(processes: list[psutil.Process], seconds: float = 20) -> list[psutil.Process]:
    """Those of the processes that still run after the seconds; none is what a test wants."""
    deadline = time.monotonic() + seconds
    while (alive := list(filter(_runs, processes))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


def _runs(process: psutil.Process) -> bool:
    try:
        # Who has ended but waits for its parent to notice does not run.
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
