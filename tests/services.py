"""Starts the embedded services before pytest-django loads the settings (`-p tests.services`)."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from config.embedded import is_kept
from config.environment import prepare

ROOT = Path(__file__).resolve().parent.parent


def _home() -> Path:
    usual = ROOT / ".simfleet-test"
    if not is_kept(usual):
        return usual
    # Another run of the tests is under way, and the services would end with it.
    own = Path(tempfile.mkdtemp(prefix="simfleet-test-"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


# The tests depend on no file of settings.
os.environ["SIMFLEET_ENV_FILE"] = ""
if not os.environ.get("SIMFLEET_HOME"):
    os.environ["SIMFLEET_HOME"] = str(_home())
prepare()
