"""A running sandbox, accounts that point at it, and short times so that tests do not wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings
from tenacity import wait_fixed

from accounts.models import TelnyxAccount
from fleet.models import SimCard
from fleet.operations import answers, verify
from fleet.sync.connection import client_for
from telnyx_api import Client, sending
from tests.conftest import make_account
from tests.fleet.api import change, listed
from tests.fleet.celery_processes import start_celery
from tests.fleet.installation import installation
from tests.fleet.population import ask
from tests.fleet.records import store
from tests.sandbox_process import SandboxProcess, start_sandbox

__all__ = ["installation", "start_celery"]

# Actions end after 80 to 320 milliseconds.
SPEED = 25.0


@pytest.fixture(autouse=True)
def _short_times(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TELNYX_CONNECT_SECONDS = 1.0
    settings.TELNYX_READ_SECONDS = 0.5
    settings.REQUEST_SECONDS = 1.5
    settings.TELNYX_PAGE_SECONDS = 2.0
    settings.CLAIM_START_SECONDS = 2.0
    monkeypatch.setattr(answers, "SETTLING", timedelta(seconds=0.3))
    monkeypatch.setattr(answers, "PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(verify, "LAG", timedelta(seconds=0.4))
    monkeypatch.setattr(sending, "BACKOFF", wait_fixed(0.01))
    monkeypatch.setattr(sending, "SPREAD", wait_fixed(0.01))


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[SandboxProcess]:
    """A fleet, whose state the tests before have changed."""
    with start_sandbox(sims=1_200, seed=5, speed=SPEED) as running:
        yield running


@pytest.fixture
def sandbox(shared_sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    """The shared sandbox with an empty request log; what is broken is mended afterwards."""
    shared_sandbox.admin("DELETE", "requests")
    yield shared_sandbox
    shared_sandbox.admin("DELETE", "faults")
    shared_sandbox.admin("DELETE", "action_outcomes")
    for record in listed(shared_sandbox, "sim_cards"):
        if not isinstance(record["data_limit"], dict | None):
            change(shared_sandbox, record["id"], data_limit=None)


@pytest.fixture
def new_sandbox() -> Iterator[Callable[[int], SandboxProcess]]:
    """Start a sandbox of one's own with so many SIM cards."""
    started = []

    def start(sims: int) -> SandboxProcess:
        started.append(start_sandbox(sims=sims, seed=3, speed=SPEED))
        return started[-1]

    yield start
    for running in started:
        running.stop()


def account_at(sandbox: SandboxProcess, slug: str = "live") -> TelnyxAccount:
    """A Telnyx account whose API is a sandbox."""
    account = make_account(slug, slug.title(), sandbox.base_url, requests_per_second=5_000)
    account.set_connection(sandbox.base_url, sandbox.api_key)
    account.save()
    return account


@pytest.fixture
def live(transactional_db: None, sandbox: SandboxProcess) -> TelnyxAccount:
    """An account at the shared sandbox, with nothing read yet."""
    return account_at(sandbox)


@pytest.fixture
def client(live: TelnyxAccount) -> Iterator[Client]:
    """The API client of that account."""
    with client_for(live) as opened:
        yield opened


@pytest.fixture(scope="session")
def _fresh_ids(shared_sandbox: SandboxProcess) -> list[str]:
    """SIM cards of the shared sandbox that no test has acted on."""
    return [
        record["id"]
        for record in listed(shared_sandbox, "sim_cards")
        if record["sim_card_group_id"] and record["status"]["value"] == "enabled"
    ]


@pytest.fixture(scope="session")
def _unlimited_group(shared_sandbox: SandboxProcess) -> str:
    """A group without a data limit: the others reach theirs while the tests go on."""
    return str(ask(shared_sandbox, "POST", "sim_card_groups", name="Without a limit")["id"])


@pytest.fixture
def cards(
    live: TelnyxAccount, sandbox: SandboxProcess, _fresh_ids: list[str], _unlimited_group: str
) -> list[SimCard]:
    """Four SIM cards of the shared sandbox, disabled, that no test has acted on before.

    The accounts of other tests are gone, so their actions would look like somebody else's.
    """
    settled = {"status": "disabled", "data_limit": None, "authorized_imeis": None}
    settled |= {"sim_card_group_id": _unlimited_group}
    records = [change(sandbox, _fresh_ids.pop(), **settled) for _ in range(4)]
    store(live, *records, read_at=timezone.now())
    sandbox.admin("DELETE", "requests")
    return list(SimCard.objects.filter(account=live).order_by("pk"))
