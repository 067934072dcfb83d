"""Planning, starting and driving operations in tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Person, TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, SimCard, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.plan import plan
from fleet.operations.resume import submit_due, track_due
from fleet.operations.start import confirm


def planned(account: TelnyxAccount, cards: list[SimCard], kind: str = "enable") -> Operation:
    """A plan for SIM cards."""
    person = Person.objects.get_or_create(email="planner@acme.example")[0]
    chosen = SimCard.objects.filter(pk__in=[card.pk for card in cards])
    return plan(account, KINDS[kind], chosen, person, {"ids": [card.pk for card in cards]})


def started(account: TelnyxAccount, cards: list[SimCard], kind: str = "enable") -> Operation:
    """A running operation on SIM cards."""
    operation = planned(account, cards, kind)
    assert confirm(operation)
    return operation


def tick(account: TelnyxAccount) -> None:
    """What the beat causes, once."""
    account.refresh_from_db()
    submit_due(account)
    account.refresh_from_db()
    track_due(account)


def finish(account: TelnyxAccount, operation: Operation, seconds: float = 12.0) -> Operation:
    """Tick until the operation has ended."""
    deadline = time.monotonic() + seconds
    while operation.state == OperationState.RUNNING:
        tick(account)
        operation.refresh_from_db()
        assert time.monotonic() < deadline, [
            (t.state, t.reason) for t in operation.targets.exclude(state=TargetState.COMPLETED)
        ]
        time.sleep(0.03)
    # Shown with a test that fails.
    print([s for s in states(operation) if s[1]])
    return operation


def states(operation: Operation) -> list[tuple[str, str]]:
    """State and reason of each target, in the order of the SIM cards."""
    return list(operation.targets.order_by("sim_card_id").values_list("state", "reason"))


def only(operation: Operation) -> OperationTarget:
    """The operation's one target, as stored now."""
    return operation.targets.select_related("sim_card").get()


def due_now(operation: Operation) -> None:
    """Let no target wait."""
    operation.targets.update(due_at=timezone.now() - timedelta(milliseconds=1))


def at_once(*steps: Callable[[], Any]) -> list[Any]:
    """Do things in threads of their own, all at the same moment; what each returned."""
    barrier = Barrier(len(steps))
    results: list[Any] = [None] * len(steps)

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = steps[number]()
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number,)) for number in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
