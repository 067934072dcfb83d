"""PostgreSQL 18 and Redis from their wheels, for a machine that has neither.

A keeper process owns both servers. Whoever starts it holds its standard input open; when that
end closes (normal end, Ctrl-C, SIGKILL alike) the keeper ends both servers. The keeper's lock is
an flock, which the kernel releases with its process, so it cannot go stale. Both servers listen
on Unix sockets only: there is no port to collide with.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from config.embedded_servers import EmbeddedError, Postgres, Redis
from config.processes import runs

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


@dataclass(frozen=True)
class Services:
    """Where the embedded services answer."""

    database_url: str
    redis_url: str
    keeper_pid: int
    owner_pid: int


class Keeper:
    """A hold on the embedded services: they live until it is released or its process ends."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._process: subprocess.Popen[str] | None = None
        # A forked worker must not hold the pipe open when its parent is gone.
        os.register_at_fork(after_in_child=self._let_go)

    def start(self) -> Services:
        """Start the services, or attach to those that another process keeps.

        Raises EmbeddedError with one line that says what is wrong.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            # The other keeper may be starting, ready, or about to end.
            services = _kept_by_another(self.home) if is_kept(self.home) else self._start_keeper()
            if services:
                return services
            time.sleep(0.05)
        raise EmbeddedError(
            f"Another Simfleet holds {self.home}/embedded.lock but does not become ready: end it, "
            "or set SIMFLEET_HOME to another folder."
        )

    def is_lost(self) -> bool:
        """Whether the process that keeps the services is gone."""
        if self._process is not None:
            return self._process.poll() is not None
        return not is_kept(self.home)

    def _start_keeper(self) -> Services | None:
        """None where another process was faster."""
        self.release()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "config.embedded", str(self.home)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
        if "database_url" in answer:
            return Services(**answer)
        self.release()
        if "busy" in answer:
            return None
        raise EmbeddedError(
            answer.get("error")
            or f"The embedded services ended before they were ready; see {self.home}/postgres.log."
        )

    def release(self) -> None:
        """End the services if this process started them."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def _let_go(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None


def attach(home: Path) -> Services | None:
    """The services that another process keeps in this home, or None."""
    return _kept_by_another(home) if is_kept(home) else None


def is_kept(home: Path) -> bool:
    """Whether a keeper runs in this home. Raises EmbeddedError where the home cannot be used."""
    lock = _try_lock(home)
    if lock:
        lock.close()
    return lock is None


def _kept_by_another(home: Path) -> Services | None:
    try:
        stored = Services(**json.loads((home / "services.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    # A keeper without its owner is about to end.
    return stored if runs(stored.keeper_pid) and runs(stored.owner_pid) else None


def _try_lock(home: Path) -> IO[str] | None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "embedded.lock").open("w")
    except OSError as error:
        raise EmbeddedError(
            f"SIMFLEET_HOME: cannot write to {home} ({error.strerror}); choose another folder, or "
            "set DATABASE_URL and REDIS_URL."
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def keep(home: Path) -> int:
    """Run as the keeper: print one line of JSON, then serve until standard input closes."""
    stop_read, stop_write = os.pipe()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os.write(stop_write, b"."))
    lock = _try_lock(home)
    if lock is None:
        print(json.dumps({"busy": True}), flush=True)
        return 0
    state = home / "services.json"
    state.unlink(missing_ok=True)
    postgres, redis = Postgres(home), Redis(home)
    try:
        services = Services(postgres.start(), redis.start(), os.getpid(), os.getppid())
        state.write_text(json.dumps(asdict(services)))
        print(json.dumps(asdict(services)), flush=True)
        while not select.select([sys.stdin, stop_read], [], [], 1.0)[0]:
            postgres.keep_running()
            redis.keep_running()
    finally:
        state.unlink(missing_ok=True)
        redis.stop()
        postgres.stop()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(keep(Path(sys.argv[1])))
    except EmbeddedError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        sys.exit(1)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        print(json.dumps({"error": f"The embedded services failed: {reason}"}), flush=True)
        sys.exit(1)
