"""A storm of 429 in the middle of an operation: it rests, goes on, and sends nothing twice."""

from __future__ import annotations

from collections import Counter

import pytest

from accounts.models import TelnyxAccount
from fleet.models import OperationState, SimCard
from tests.fleet.api import fault, requests
from tests.fleet.operations import finish, started
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_storm_is_waited_for(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    operation = started(live, cards)
    fault(sandbox, "storm", seconds=1.6, method="POST", path="/actions/enable$", times=1)
    finish(live, operation, 30)
    assert operation.state == OperationState.SUCCEEDED
    answers = Counter(
        (request["path"], request["status"]) for request in requests(sandbox, "POST", "/sim_cards/")
    )
    assert {status for _, status in answers} == {202, 429}
    accepted = {path: times for (path, status), times in answers.items() if status == 202}
    assert len(accepted) == len(cards)
    assert set(accepted.values()) == {1}
    # It does not hammer: a handful of requests told all threads to rest.
    assert sum(times for (_, status), times in answers.items() if status == 429) <= 12
