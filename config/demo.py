"""`make demo`: all of Simfleet in one foreground process, which ends everything it started."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import re
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

from config.embedded import EmbeddedError, Keeper
from config.environment import PROJECT, generated_secrets, home, use
from config.processes import Child, Restart, runs

START_SECONDS = 90
TELNYX_BASE_URL = "https://api.telnyx.com/v2"
_SANDBOX_READY = re.compile(r"^Sandbox is ready: (http://\S+)/v2 ", re.MULTILINE)


class Refused(Exception):
    """The demo cannot start; the text is one line for a person."""


class Ended(BaseException):
    """A signal asked for the end. Not an Exception, so that nothing on the way swallows it."""


@dataclass(frozen=True)
class Options:
    """What a person chose by environment or make variables."""

    home: Path
    port: int
    sims: str
    speed: str
    api_key: str
    base_url: str

    @classmethod
    def take(cls) -> Options:
        """Read the options, and cut the demo off from an installation's settings.

        The demo's people have a published password, so they must not come near another database.
        """
        environment = os.environ
        port = environment.get("PORT") or "8000"
        if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65_535:
            raise Refused(f"PORT is {port!r}: give a number from 1 to 65535.")
        sims = environment.get("DEMO_SIMS") or "2000"
        if not sims.isascii() or not sims.isdigit():
            raise Refused(f"DEMO_SIMS is {sims!r}: give a whole number.")
        options = cls(
            home=home(),
            port=int(port),
            sims=sims,
            speed=environment.get("SANDBOX_SPEED") or "1",
            # Each key goes to the one process that needs it, and to no other.
            api_key=environment.pop("TELNYX_API_KEY", ""),
            base_url=environment.get("TELNYX_BASE_URL") or TELNYX_BASE_URL,
        )
        for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS"):
            if environment.pop(name, ""):
                print(f"Note: {name} is set, but the demo uses its own.", file=sys.stderr)
        environment |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
            "SIMFLEET_DEMO": "1",
            "SIMFLEET_ENV_FILE": "",
            "SIMFLEET_HOME": str(options.home),
        }
        return options


class Demo:
    """Everything that runs, from the first start to the last end."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.url = f"http://127.0.0.1:{options.port}"
        self.sandbox_origin = ""
        self.children: dict[str, Child] = {}
        self._restarts: dict[str, Restart] = {}
        self._keeper = Keeper(options.home)
        self._keeper_restart = Restart()
        self._lock: IO[str] | None = None
        self._parent = os.getppid()
        self._info = options.home / "demo.json"

    def start(self) -> None:
        """Start all; what depends on nothing starts first."""
        self._take_home()
        self._wait_for_last_run()
        self._check_port()
        shown = _shown(self.options.home)
        print(f"Starting Simfleet: data in {shown}, logs in {shown}/logs/*.log", flush=True)
        if not self.options.api_key:
            self._start_sandbox(port=0)
        use(self._keeper.start())
        celery = [sys.executable, "-m", "celery", "-A", "config.celery"]
        self._start(
            "web",
            [
                *(sys.executable, "-m", "gunicorn", "config.wsgi", "--log-level", "warning"),
                *("--bind", f"127.0.0.1:{self.options.port}", "--workers", "2", "--threads", "4"),
            ],
        )
        self._start(
            "worker",
            [
                *(*celery, "worker", "-Q", "operations,sync", "-c", "3", "-l", "WARNING"),
                *("--without-gossip", "--without-mingle"),
            ],
        )
        self._prepare_database()
        schedule = self.options.home / "celerybeat-schedule"
        self._start("beat", [*celery, "beat", "-s", str(schedule), "--pidfile=", "-l", "WARNING"])
        self._wait_until_ready()
        self._write_info()
        self._greet()

    def watch(self) -> NoReturn:
        """Start again what dies, until a signal comes."""
        while True:
            time.sleep(0.2)
            self._watch_make()
            self._watch_keeper()
            for name, child in self.children.items():
                restart = self._restarts[name]
                if restart.is_due():
                    child.start()
                    restart.done()
                    self._write_info()
                elif restart.due_at is None and (code := child.exit_code()) is not None:
                    _tell(
                        f"The {name} process ended (exit code {code}) and is started again in "
                        f"{restart.plan():g} s; see {_shown(child.log)}."
                    )

    def end(self) -> None:
        """End all: first what uses the database, then the database."""
        for child in self.children.values():
            child.release()
        for child in self.children.values():
            child.wait()
        self._keeper.release()
        if self._lock is not None:
            self._info.unlink(missing_ok=True)
            self._lock.close()

    def _take_home(self) -> None:
        folder = self.options.home
        try:
            (folder / "logs").mkdir(parents=True, exist_ok=True)
            lock = (folder / "demo.lock").open("w")
        except OSError as error:
            raise Refused(f"SIMFLEET_HOME: cannot write to {folder} ({error.strerror}).") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise Refused(
                f"a demo runs in {_shown(folder)} already: end that one, or choose another folder "
                "and port, as in `make demo SIMFLEET_HOME=.simfleet-2 PORT=8001`."
            ) from None
        self._lock = lock

    def _wait_for_last_run(self) -> None:
        """After a crash, what it had started may be about to end, and still hold port and files."""
        try:
            pids = list(json.loads(self._info.read_text())["pids"].values())
        except (OSError, ValueError, LookupError, AttributeError):
            return
        deadline = time.monotonic() + 10
        while any(map(runs, pids)) and time.monotonic() < deadline:
            time.sleep(0.05)
        self._info.unlink()

    def _check_port(self) -> None:
        port = self.options.port
        with socket.socket() as probe:
            # As Gunicorn does: a connection of the last run that lingers is no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                probe.listen(1)
            except OSError as error:
                raise Refused(
                    f"PORT {port} cannot be used ({error.strerror}): choose another, as in "
                    f"`make demo PORT={port + 1 if port < 65_535 else 8000}`."
                ) from None

    def _start(self, name: str, command: list[str], env: dict[str, str] | None = None) -> Child:
        log = self.options.home / "logs" / f"{name}.log"
        child = Child(name, command, PROJECT, os.environ | (env or {}), log)
        self.children[name], self._restarts[name] = child, Restart()
        child.start()
        return child

    def _start_sandbox(self, port: int) -> None:
        self._start(
            "sandbox",
            [
                *(sys.executable, "-m", "sandbox", "--port", str(port), "--seed", "7", "--growth"),
                *("--sims", self.options.sims, "--speed", self.options.speed),
                *("--data", str(self.options.home / "sandbox.db")),
            ],
            {"SANDBOX_API_KEY": generated_secrets()["SANDBOX_API_KEY"]},
        )

    def _wait_for_sandbox(self) -> None:
        sandbox = self.children["sandbox"]
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self._check_children()
            log = sandbox.log.read_text(errors="replace")
            if ready := _SANDBOX_READY.search(log):
                for note in re.findall(r"^Note: .*$", log, re.MULTILINE):
                    _tell(note)
                self.sandbox_origin = ready[1]
                # Started again, it answers where it did before.
                where = sandbox.command.index("--port") + 1
                sandbox.command[where] = ready[1].rsplit(":", 1)[1]
                return
            time.sleep(0.05)
        raise Refused(f"the sandbox was not ready in time; see {_shown(sandbox.log)}.")

    def _prepare_database(self) -> None:
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
        if self.options.api_key:
            base_url, name, api_key = self.options.base_url, "Telnyx", self.options.api_key
        else:
            self._wait_for_sandbox()
            base_url, name = f"{self.sandbox_origin}/v2", "Demo fleet (sandbox)"
            api_key = generated_secrets()["SANDBOX_API_KEY"]
        os.environ["TELNYX_API_KEY"] = api_key
        try:
            call_command("prepare_demo", base_url=base_url, name=name)
        finally:
            del os.environ["TELNYX_API_KEY"]
        connections.close_all()
        self._sync_at_once()

    def _sync_at_once(self) -> None:
        """Beat's first tick comes later than a person's first look."""
        from fleet.tasks import start_due_syncs

        start_due_syncs.delay()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self._check_children()
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.options.port, timeout=10)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.05)
        log = _shown(self.children["web"].log)
        raise Refused(f"{self.url}/readyz did not answer 200 in time; see {log}.")

    def _check_children(self) -> None:
        for name, child in self.children.items():
            if child.exit_code() is not None:
                lines = child.log.read_text(errors="replace").split("\n")
                last = next((line for line in reversed(lines) if line.strip()), "no output")
                raise Refused(f"{name} ended: {last.strip()} (see {_shown(child.log)})")

    def _watch_make(self) -> None:
        """A `make` that was killed could not pass it on."""
        if "MAKELEVEL" in os.environ and os.getppid() != self._parent:
            raise Ended

    def _watch_keeper(self) -> None:
        restart = self._keeper_restart
        if restart.due_at is None and self._keeper.is_lost():
            pause = restart.plan()
            _tell(f"PostgreSQL and Redis lost their keeper; it is started again in {pause:g} s.")
        elif restart.is_due():
            try:
                self._keeper.start()
            except EmbeddedError as error:
                _tell(f"{error} Next attempt in {restart.plan():g} s.")
            else:
                restart.done()

    def _write_info(self) -> None:
        info = {
            "url": self.url,
            "sandbox_url": f"{self.sandbox_origin}/v2" if self.sandbox_origin else None,
            "sandbox_admin_url": (
                f"{self.sandbox_origin}/_sandbox" if self.sandbox_origin else None
            ),
            "pid": os.getpid(),
            "pids": {name: child.pid for name, child in self.children.items()},
        }
        draft = self._info.with_suffix(".new")
        draft.write_text(json.dumps(info, indent=2) + "\n")
        draft.replace(self._info)

    def _greet(self) -> None:
        from accounts.demo import PASSWORD, PEOPLE

        print("Sign in as:")
        for email, name, role in PEOPLE:
            print(f"  {email:<22} {name} ({role.label.lower()})")
        print(f"Password for each: {PASSWORD}")
        print(f"Simfleet is ready: {self.url}", flush=True)


def _shown(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _tell(line: str) -> None:
    # Whoever read it may be gone; that must not end the demo, nor its end.
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _end(*_: object) -> NoReturn:
    raise Ended


def main() -> int:
    """Run the demo; the exit code."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        numbers.append(signal.SIGHUP)
    for number in numbers:
        signal.signal(number, _end)
    demo = None
    trouble = ""
    try:
        try:
            demo = Demo(Options.take())
            demo.start()
            demo.watch()
        finally:
            for number in numbers:
                signal.signal(number, signal.SIG_IGN)
            if demo is not None:
                demo.end()
    except Ended:
        with contextlib.suppress(OSError):
            print("Simfleet has ended.", flush=True)
        return 0
    except (Refused, EmbeddedError) as error:
        trouble = str(error)
    except Exception as error:
        from django.core.exceptions import ImproperlyConfigured

        if not isinstance(error, ImproperlyConfigured):
            raise
        trouble = " ".join(str(error).split())
    _tell(f"Simfleet cannot start: {trouble}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
