"""A real worker is killed in mid-operation: what it left is carried on, nothing is done twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.models import TelnyxAccount
from fleet.models import OperationState, SimCard, TargetState
from fleet.operations.start import confirm
from tests.fleet.api import change, eventually, fault, listed, requests
from tests.fleet.celery_processes import WORKER, Start, kill
from tests.fleet.conftest import account_at
from tests.fleet.operations import planned
from tests.fleet.records import store
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CARDS = 200
SECONDS = 60.0


def _disabled_fleet(sandbox: SandboxProcess, account: TelnyxAccount) -> list[SimCard]:
    """200 SIM cards, disabled at the API and in the copy."""
    chosen = [record for record in listed(sandbox, "sim_cards") if record["sim_card_group_id"]]
    free = {"status": "disabled", "data_limit": None, "authorized_imeis": None}
    records = [change(sandbox, record["id"], **free) for record in chosen[:CARDS]]
    store(account, *records)
    sandbox.admin("DELETE", "requests")
    return list(SimCard.objects.filter(account=account))


def test_every_sim_card_gets_there_once_though_the_worker_is_killed(
    new_sandbox: Callable[[int], SandboxProcess],
    start_celery: Start,
    tmp_path: Path,
) -> None:
    sandbox = new_sandbox(CARDS + 40)
    account = account_at(sandbox)
    # So that a submitter claims a few at a time, and the middle is in the middle.
    TelnyxAccount.objects.filter(pk=account.pk).update(requests_per_second=200)
    cards = _disabled_fleet(sandbox, account)
    assert len(cards) == CARDS
    fault(sandbox, "latency", seconds=0.05, method="POST", path="/actions/enable$")
    operation = planned(account, cards)
    assert confirm(operation)

    start_celery("beat", "-s", str(tmp_path / "beat"), "--pidfile=")
    worker = start_celery(*WORKER)
    begun = time.monotonic()

    def in_the_middle() -> bool:
        sent = len(requests(sandbox, "POST"))
        return sent >= CARDS // 5

    eventually(in_the_middle, SECONDS)
    kill(worker)
    killed_at = len(requests(sandbox, "POST"))
    assert killed_at < CARDS, "it was killed too late to be in the middle"
    left = Counter(operation.targets.values_list("state", flat=True))
    assert left[TargetState.QUEUED] > 0
    start_celery(*WORKER)

    def ended() -> bool:
        operation.refresh_from_db()
        return operation.state != OperationState.RUNNING

    eventually(ended, SECONDS - (time.monotonic() - begun))
    assert operation.state == OperationState.SUCCEEDED, operation.targets.exclude(
        state=TargetState.COMPLETED
    ).values_list("state", "reason")
    assert operation.targets.filter(state=TargetState.COMPLETED).count() == CARDS
    mine = SimCard.objects.filter(pk__in=[card.pk for card in cards])
    assert set(mine.values_list("status", flat=True)) == {"enabled"}
    # One request for each SIM card, and each was accepted: the killed worker's too.
    sent = requests(sandbox, "POST", "/sim_cards/")
    assert Counter((request["path"], request["status"]) for request in sent) == Counter(
        (f"/v2/sim_cards/{card.remote_id}/actions/enable", 202) for card in cards
    )
    assert sandbox.admin("GET", "state")["sim_card_actions_in_progress"] == 0
