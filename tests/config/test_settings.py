"""A broken setting: one line that names it, exit code 1, whichever program reads it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.demo_process import ROOT, free_port

WHOLE = {
    "SIMFLEET_ENV_FILE": "",
    "SECRET_KEY": "a-secret-of-the-tests",
    "ENCRYPTION_KEYS": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
BROKEN = [
    ("SECRET_KEY", ""),
    ("ENCRYPTION_KEYS", ""),
    ("ENCRYPTION_KEYS", "garbage"),
    ("DATABASE_URL", "garbage"),
    ("DATABASE_URL", "mysql://somebody@localhost/simfleet"),
    ("DATABASE_URL", "postgresql://somebody@host:port/simfleet"),
    ("REDIS_URL", "garbage"),
    ("REDIS_URL", "http://localhost:6379"),
    ("TELNYX_READ_SECONDS", "abc"),
    ("TELNYX_READ_SECONDS", "nan"),
    ("TELNYX_CONNECT_SECONDS", "0"),
    ("TELNYX_THREADS", "-1"),
    ("DEBUG", "maybe"),
    ("BEHIND_TLS", "2"),
    ("LOG_LEVEL", "loud"),
]
PROGRAMS = {
    "manage.py": ["manage.py", "check"],
    "worker": ["-m", "celery", "-A", "config.celery", "worker", "-c", "1"],
    "beat": ["-m", "celery", "-A", "config.celery", "beat", "--pidfile="],
    "web": ["-m", "gunicorn", "config.wsgi", "--workers", "1"],
}


def _run(
    program: str, settings: dict[str, str], folder: Path = ROOT
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *PROGRAMS.get(program, ["manage.py", program])]
    if program == "web":
        command += ["--bind", f"127.0.0.1:{free_port()}"]
    kept = {"PATH", "HOME", "LANG", "TMPDIR"}
    environment = {name: value for name, value in os.environ.items() if name in kept}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _assert_one_line(result: "subprocess.CompletedProcess[str]", text: str) -> None:
    assert result.returncode == 1, result.stderr
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("Simfleet cannot start: ")
    assert text in result.stderr


def test_manage_py_runs_with_whole_settings() -> None:
    assert _run("manage.py", WHOLE).returncode == 0


@pytest.mark.parametrize(("name", "value"), BROKEN)
def test_manage_py(name: str, value: str, short_home: Path) -> None:
    settings = WHOLE | {"SIMFLEET_HOME": str(short_home), name: value}
    _assert_one_line(_run("manage.py", settings), name)


@pytest.mark.slow
@pytest.mark.parametrize("program", ["worker", "beat", "web"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("ENCRYPTION_KEYS", "garbage"),
        ("DATABASE_URL", "garbage"),
        ("REDIS_URL", "garbage"),
        ("TELNYX_READ_SECONDS", "abc"),
        ("DEBUG", "maybe"),
    ],
)
def test_other_programs(program: str, name: str, value: str) -> None:
    _assert_one_line(_run(program, WHOLE | {name: value}), name)


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_home_that_cannot_be_used(program: str, short_home: Path) -> None:
    (short_home / "file").write_text("")
    settings = {"SIMFLEET_ENV_FILE": "", "SIMFLEET_HOME": str(short_home / "file" / "home")}
    _assert_one_line(_run(program, settings), "SIMFLEET_HOME")


def test_an_installation_makes_no_secrets_of_its_own(short_home: Path) -> None:
    """With a database of its own, a lost SECRET_KEY must not be replaced by a made-up one."""
    settings = {name: value for name, value in WHOLE.items() if name != "SECRET_KEY"}
    result = _run("manage.py", settings | {"SIMFLEET_HOME": str(short_home)})
    _assert_one_line(result, "SECRET_KEY is not set")
    assert list(short_home.iterdir()) == []


def test_settings_from_a_file(short_home: Path) -> None:
    file = short_home / "settings"
    file.write_text("".join(f"{name}={value}\n" for name, value in WHOLE.items() if value))
    assert _run("manage.py", {"SIMFLEET_ENV_FILE": str(file)}).returncode == 0
    file.write_text(file.read_text() + "DEBUG=maybe\n")
    _assert_one_line(_run("manage.py", {"SIMFLEET_ENV_FILE": str(file)}), "DEBUG")
    # What the environment says comes first.
    assert _run("manage.py", {"SIMFLEET_ENV_FILE": str(file), "DEBUG": "no"}).returncode == 0


def test_the_first_encryption_key_is_made_without_settings() -> None:
    result = _run("make_encryption_key", {"SIMFLEET_ENV_FILE": ""})
    assert (result.returncode, result.stderr) == (0, "")
    assert _run("manage.py", WHOLE | {"ENCRYPTION_KEYS": result.stdout.strip()}).returncode == 0
