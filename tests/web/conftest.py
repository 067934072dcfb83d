"""Browsers in which somebody is signed in, and the broker's place."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Person, Role, TelnyxAccount
from fleet.web.operations import one_operation
from tests.conftest import make_person
from tests.web.operations import signed_in


@pytest.fixture
def as_operator(operator: Person) -> Client:
    """A browser in which the operator is signed in."""
    return signed_in(operator)


@pytest.fixture
def second(account: TelnyxAccount) -> Person:
    """Another operator, who may approve what the first one asks for."""
    return make_person("second@acme.example", account, Role.OPERATOR)


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What pages enqueue, instead of a broker: the rows are the queue, this is only the hint."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(
        one_operation.resume_operations, "apply_async", lambda *a, **options: calls.append(options)
    )
    return calls
