"""One running sandbox for all tests of this folder."""

import warnings
from collections.abc import Iterator

import pytest

from tests.sandbox.client import Api
from tests.sandbox.specification import FILE, specification
from tests.sandbox_process import SandboxProcess, start_sandbox

# Actions end after 20 to 80 milliseconds.
SPEED = 100.0


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxProcess]:
    """A fleet of 2,000 SIM cards."""
    if specification() is None:
        warnings.warn(
            f"NO ANSWER IS HELD AGAINST THE SPECIFICATION: {FILE.name} is not there.", stacklevel=1
        )
    with start_sandbox(sims=2000, seed=7, speed=SPEED) as running:
        yield running


@pytest.fixture
def api(sandbox: SandboxProcess) -> Iterator[Api]:
    """A client whose faults and orders are gone after the test."""
    client = Api(sandbox)
    yield client
    sandbox.admin("DELETE", "faults")
    sandbox.admin("DELETE", "action_outcomes")
    client.session.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it loudly where the specification is missing."""
    if specification() is None:
        terminalreporter.write_line(
            "SANDBOX: no answer was held against the specification.", yellow=True
        )
