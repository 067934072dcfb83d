"""The walk has to reach every operation; runs after the others of this folder."""

import re

import pytest

from tests.api_coverage import OLDER
from tests.sandbox_process import SandboxProcess
from tests.telnyx_api.operations import OPERATIONS

# What the official client's walk leaves out, and why.
LEFT_OUT: dict[str, str] = {}


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("/v2" + re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))


def test_the_walk_reached_every_operation(
    walked: SandboxProcess, request: pytest.FixtureRequest
) -> None:
    folders = {
        item.path.name for item in request.session.items if item.path.parent == request.path.parent
    }
    present = {path.name for path in request.path.parent.glob("test_*.py")}
    if folders != present:
        pytest.skip("Only a part of the walk was chosen.")
    made = {
        (entry["method"], entry["path"])
        for entry in walked.admin("GET", "requests")["requests"]
        if entry["status"] is not None and entry["status"] < 300
    }
    missing = [
        f"{method} {path}"
        for method, path, _ in OPERATIONS
        if (method, path) not in OLDER
        and not any(m == method and _pattern(path).fullmatch(p) for m, p in made)
    ]
    assert missing == sorted(LEFT_OUT)
