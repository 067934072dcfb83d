"""Prepares the process's environment before Django reads its settings."""

from __future__ import annotations

import atexit
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
    if (PROJECT / ".env").exists():
        environ.Env.read_env(PROJECT / ".env")
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    keeper = Keeper(home())
    try:
        services = keeper.start()
    except EmbeddedError as error:
        sys.exit(f"Simfleet cannot start: {error}")
    use(services)
    owner = os.getpid()
    # A forked worker inherits this handler but not the ownership.
    atexit.register(lambda: keeper.release() if os.getpid() == owner else None)


def use(services: Services) -> None:
    """Point this process, and what it starts, at the embedded services."""
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = services.database_url
        for name, value in generated_secrets().items():
            os.environ.setdefault(name, value)
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = services.redis_url


def generated_secrets() -> dict[str, str]:
    """Secrets of an embedded installation: made once, kept in its home, readable by its owner."""
    from cryptography.fernet import Fernet

    path = home() / "secrets.json"
    if not path.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        }
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(made))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    stored: dict[str, str] = json.loads(path.read_text())
    return stored


def explain_and_exit(error: Exception) -> None:
    """End the process with one line that names the broken setting."""
    sys.exit(f"Simfleet cannot start: {' '.join(str(error).split())}")
