"""Starts the sandbox as a process of its own, for tests of every folder."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent
READY = re.compile(r"Sandbox is ready: (http://\S+)/v2 \((\d+) SIM cards, seed (\d+)\)")
API_KEY = "KEY-of-the-tests"


class SandboxProcess:
    """A running sandbox. ``start_seconds`` is the time from its start to its ready line."""

    def __init__(self, process: "subprocess.Popen[str]", origin: str, api_key: str) -> None:
        self.process = process
        self.base_url = f"{origin}/v2"
        self.admin_url = f"{origin}/_sandbox"
        self.api_key = api_key
        self.start_seconds = 0.0

    def stop(self) -> int:
        """End it with SIGTERM; answers the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it with SIGKILL, as a crash does."""
        return self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=15)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Call an admin endpoint, such as ``admin("GET", "state")``; answers its JSON or None."""
        answer = requests.request(method, f"{self.admin_url}/{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def __enter__(self) -> "SandboxProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_sandbox(
    sims: int = 2000,
    seed: int = 7,
    speed: float = 1.0,
    data: Path | str | None = None,
    api_key: str = API_KEY,
    rate_limit: int | None = None,
    port: int = 0,
    as_of: str | None = None,
    options: tuple[str, ...] = (),
) -> SandboxProcess:
    """Start a sandbox and wait until it is ready; ``port`` 0 is any free one."""
    command = [sys.executable, "-m", "sandbox", "--port", str(port)]
    command += ["--sims", str(sims), "--seed", str(seed), "--speed", str(speed), *options]
    for option, value in (("--data", data), ("--rate-limit", rate_limit), ("--as-of", as_of)):
        if value is not None:
            command += [option, str(value)]
    begin = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "SANDBOX_API_KEY": api_key},
        stdout=subprocess.PIPE,
        # What goes wrong inside belongs in the output of the test.
        stderr=None,
        text=True,
    )
    assert process.stdout is not None
    match = READY.match(process.stdout.readline())
    if match is None:
        process.kill()
        process.stdout.close()
        raise RuntimeError(f"The sandbox did not start; exit code {process.wait(timeout=15)}.")
    sandbox = SandboxProcess(process, match[1], api_key)
    sandbox.start_seconds = time.monotonic() - begin
    return sandbox
