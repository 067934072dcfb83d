"""Prepares the process's environment before Django reads its settings."""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import secrets
import sys
from pathlib import Path

import environ

from config.embedded import EmbeddedError, Keeper, Services

PROJECT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The folder of the embedded services and of generated secrets."""
    return Path(os.environ.get("SIMFLEET_HOME") or PROJECT / ".simfleet").resolve()


def prepare() -> None:
    """Read `.env`; where DATABASE_URL or REDIS_URL is not set, start the embedded services.

    Ends the process with one line and exit code 1 where that fails.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # An empty name reads no file: the demo and the tests are to depend on nothing outside.
    file = PROJECT / os.environ.get("SIMFLEET_ENV_FILE", ".env")
    if file.is_file():
        try:
            environ.Env.read_env(file)
        except (OSError, ValueError) as error:
            sys.exit(f"Simfleet cannot start: {file} cannot be read ({error}).")
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    keeper = Keeper(home())
    try:
        use(keeper.start())
    except EmbeddedError as error:
        sys.exit(f"Simfleet cannot start: {error}")
    atexit.register(keeper.release)


def use(services: Services) -> None:
    """Point this process, and what it starts, at the embedded services."""
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = services.database_url
        stored = generated_secrets()
        for name in ("SECRET_KEY", "ENCRYPTION_KEYS"):
            os.environ.setdefault(name, stored[name])
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = services.redis_url


def generated_secrets() -> dict[str, str]:
    """Secrets of an embedded installation: made once, kept in its home, readable by its owner."""
    from cryptography.fernet import Fernet

    path = home() / "secrets.json"
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stored: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        made = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "SANDBOX_API_KEY": "KEY" + secrets.token_urlsafe(24),
        }
        if made.keys() - stored.keys():
            stored = made | stored
            draft = path.with_suffix(".new")
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(stored))
            draft.replace(path)
    return stored


def explain_and_exit(error: Exception) -> None:
    """End the process with one line that names the broken setting."""
    sys.exit(f"Simfleet cannot start: {' '.join(str(error).split())}")
