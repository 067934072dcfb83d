"""Child processes that cannot outlive this one, however it ends.

Each child runs behind a guard: this file, run as a program, which needs nothing but Python's
standard library. The guard reads from a pipe that only this process holds open; when that end
closes (release, exit, SIGKILL alike) it ends its child and all that the child started.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

GRACE_SECONDS = 5.0
LONGEST_BACKOFF = 30.0


class Child:
    """A program with its log, in a session of its own, behind a guard."""

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, env: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.pid = 0
        self._folder = folder
        self._env = dict(env)
        self._guard: subprocess.Popen[bytes] | None = None
        if log.exists():
            log.replace(log.with_name(log.name + ".1"))

    def start(self) -> None:
        """Start the program, again if it ran before."""
        self._clear()
        with self.log.open("ab") as log:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, str(GRACE_SECONDS), *self.command],
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self._guard.stdout is not None
        self.pid = int(self._guard.stdout.readline() or 0)

    def exit_code(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        if self._guard is None:
            return 0
        code = self._guard.poll()
        if code is not None and self.pid:
            # It may be the guard alone that was killed.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self.pid = 0
        return code - 256 if code is not None and code > 128 else code

    def release(self) -> None:
        """Tell the guard to end it; does not wait."""
        if self._guard is not None and self._guard.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.close()

    def wait(self) -> None:
        """Wait for the end of what was released."""
        if self._guard is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guard.wait(GRACE_SECONDS + 5)
        self._clear()

    def _clear(self) -> None:
        if self._guard is None:
            return
        self.release()
        if self._guard.poll() is None:
            self._guard.kill()
            self._guard.wait()
        self.exit_code()
        if self._guard.stdout is not None:
            self._guard.stdout.close()
        self._guard = None


@dataclass
class Restart:
    """When a child that ended is to be started again."""

    failures: int = 0
    started_at: float = field(default_factory=time.monotonic)
    due_at: float | None = None

    def plan(self) -> float:
        """Choose the next start; the seconds until then."""
        if time.monotonic() - self.started_at > 60:
            self.failures = 0
        pause = min(LONGEST_BACKOFF, 0.5 * 2**self.failures)
        self.failures += 1
        self.due_at = time.monotonic() + pause
        return pause

    def is_due(self) -> bool:
        """Whether the pause is over."""
        return self.due_at is not None and time.monotonic() >= self.due_at

    def done(self) -> None:
        """Note a new start."""
        self.due_at, self.started_at = None, time.monotonic()


def runs(pid: int) -> bool:
    """Whether a process that is not our child still runs; one that waits for burial does not."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def guard(grace_seconds: float, command: list[str]) -> int:
    """Run the command until it ends or standard input closes; its exit code, as a byte."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    told_to_end = False

    def end(*_: object) -> None:
        nonlocal told_to_end
        told_to_end = True

    # Handlers, not SIG_IGN, which the child would inherit.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True
        )
    except OSError as error:
        print(error, file=sys.stderr)
        return 127
    print(child.pid, flush=True)
    while child.poll() is None and not told_to_end:
        readable, _, _ = select.select([sys.stdin, wake_read], [], [])
        if sys.stdin in readable:
            break
        os.read(wake_read, 512)
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace_seconds)
    # What it started and left behind goes too.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    return child.wait() % 256


if __name__ == "__main__":
    sys.exit(guard(float(sys.argv[1]), sys.argv[2:]))
