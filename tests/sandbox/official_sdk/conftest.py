"""The official client reads every answer, and refuses what does not fit its own types."""

from collections.abc import Iterator

import pytest
import telnyx

from tests.sandbox_process import SandboxProcess, start_sandbox


@pytest.fixture(scope="session")
def walked() -> Iterator[SandboxProcess]:
    """A fleet that only the official client changes."""
    with start_sandbox(sims=400, speed=1000) as sandbox:
        yield sandbox


def _client(sandbox: SandboxProcess, strict: bool) -> telnyx.Telnyx:
    return telnyx.Telnyx(
        api_key=sandbox.api_key,
        base_url=sandbox.base_url,
        _strict_response_validation=strict,
        max_retries=0,
    )


@pytest.fixture
def client(walked: SandboxProcess) -> telnyx.Telnyx:
    """The official client, as strict as it can be, and without second attempts."""
    return _client(walked, strict=True)


@pytest.fixture
def lenient(walked: SandboxProcess) -> telnyx.Telnyx:
    """The same for answers that its own types do not know; each use says why."""
    return _client(walked, strict=False)
