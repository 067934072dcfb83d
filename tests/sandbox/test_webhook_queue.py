"""The queue of events before they are sent: what gets in, and how much."""

from __future__ import annotations

import pytest

from sandbox.clock import Clock
from sandbox.context import Sandbox
from sandbox.state import State
from sandbox.webhooks.delivery import MOST_WAITING


@pytest.fixture
def sandbox() -> Sandbox:
    made = Sandbox(State(None), Clock(), 1)
    made.webhooks.send_to("http://127.0.0.1:9/")
    return made


def test_it_is_bounded(sandbox: Sandbox) -> None:
    hooks = sandbox.webhooks
    for _ in range(3):
        for _ in range(MOST_WAITING // 2):
            hooks.happened("x", {"resource": None})
        hooks.committed()
    assert (hooks.shown()["waiting"], hooks.dropped) == (MOST_WAITING, MOST_WAITING // 2)
    for _ in range(MOST_WAITING + 7):
        hooks.happened("x", {"resource": None})
    assert hooks.dropped == MOST_WAITING // 2 + 7
    hooks.committed()
    assert hooks.shown()["waiting"] == MOST_WAITING
    hooks.send_to(None)
    assert hooks.shown()["waiting"] == 0
    hooks.happened("x", {"resource": None})
    hooks.committed()
    assert hooks.shown()["waiting"] == 0


def test_only_what_was_committed_waits(sandbox: Sandbox) -> None:
    def failing() -> None:
        with sandbox.state.transaction():
            sandbox.webhooks.happened("x", {"resource": None})
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        failing()
    with sandbox.state.transaction():
        sandbox.state.set_fact("something", "else")
    assert sandbox.webhooks.shown()["waiting"] == 0
    with sandbox.state.transaction():
        sandbox.webhooks.happened("x", {"resource": None})
        assert sandbox.webhooks.shown()["waiting"] == 0
    assert sandbox.webhooks.shown()["waiting"] == 1
