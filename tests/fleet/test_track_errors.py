"""What cannot be read of some actions keeps nothing else from being followed and verified."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Connection, Person, TelnyxAccount
from fleet.models import Group, Operation, SimCard, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.plan import plan
from fleet.operations.resume import track_due
from fleet.operations.start import confirm
from fleet.operations.track import Tracked, track
from telnyx_api import Page, errors
from tests.fleet.api import change, fault, requests
from tests.fleet.operations import only, started, states
from tests.fleet.records import group, store
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)
BROKEN = errors.ServerFailure("it broke", status=500)


class _Journal:
    """A list of actions that is empty, or cannot be read, and what it answers about single ones."""

    def __init__(self, listed: errors.TelnyxError | None = None, **by_id: Any) -> None:
        self.listed, self.by_id = listed, by_id

    def pages(self) -> Any:
        if self.listed:
            raise self.listed
        yield Page([], 1, 250, 1, None, timezone.now())

    def retrieve(self, action_id: str) -> Any:
        answer = self.by_id[action_id]
        if isinstance(answer, errors.TelnyxError):
            raise answer
        return {"id": action_id, "status": {"value": answer, "reason": None}}


def _client(of_cards: _Journal, of_groups: _Journal | None = None) -> Any:
    return SimpleNamespace(
        sim_card_actions=of_cards, sim_card_group_actions=of_groups or _Journal()
    )


def _sent(account: TelnyxAccount, cards: list[SimCard], *action_ids: str) -> Operation:
    """An operation whose actions are in progress."""
    operation = started(account, cards[: len(action_ids)])
    for target, action_id in zip(operation.targets.order_by("id"), action_ids, strict=True):
        operation.targets.filter(pk=target.pk).update(
            state=TargetState.IN_PROGRESS,
            remote_action_id=action_id,
            submitted_at=timezone.now(),
        )
    return operation


def test_an_action_that_cannot_be_read_does_not_hold_up_the_others(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = _sent(live, cards, "a", "b")
    client = _client(_Journal(a=BROKEN, b="completed"))
    assert track(live, client).completed == 1
    broken, fine = operation.targets.order_by("id")
    assert (broken.state, broken.acted_at) == (TargetState.IN_PROGRESS, None)
    assert fine.acted_at is not None
    live.refresh_from_db()
    assert live.connection == Connection.OK


@pytest.mark.parametrize(
    ("error", "hours"),
    [
        (BROKEN, 24),
        (errors.AnswerLost("no answer"), 24),
        (errors.PermissionRefused("no", status=403, errors=[{"code": "10010"}]), 1),
    ],
)
def test_an_action_that_can_never_be_read_is_given_up(
    live: TelnyxAccount, cards: list[SimCard], error: errors.TelnyxError, hours: int
) -> None:
    operation = _sent(live, cards, "a")
    for minutes, failed in ((-1, 0), (1, 1)):
        ago = timedelta(hours=hours, minutes=minutes)
        operation.targets.update(submitted_at=timezone.now() - ago)
        assert track(live, _client(_Journal(a=error))).failed == failed
    assert states(operation) == [("failed", f"What became of the action cannot be read: {error}")]


@pytest.mark.parametrize(
    "error",
    [
        errors.AuthenticationRefused("no", status=401),
        errors.ConnectionNotMade("none"),
        errors.RateLimited("slow", status=429),
    ],
)
def test_what_is_said_of_all_ends_the_pass_and_no_action(
    live: TelnyxAccount, cards: list[SimCard], error: errors.TelnyxError
) -> None:
    operation = _sent(live, cards, "a")
    operation.targets.update(submitted_at=timezone.now() - timedelta(hours=2))
    with pytest.raises(type(error)):
        track(live, _client(_Journal(a=error)))
    assert only(operation).state == TargetState.IN_PROGRESS


def test_a_list_that_cannot_be_read_does_not_hold_up_the_other_list(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    _sent(live, cards, "a")
    store(live, group(), resource="groups")
    kind = KINDS["set_gateway"]
    person = Person.objects.get_or_create(email="planner@acme.example")[0]
    rows = Group.objects.filter(account=live)
    inputs = {"gateway": "11111111-1111-4111-8111-111111111112", "gateway_name": "G"}
    of_groups = plan(live, kind, rows, person, {}, inputs)
    assert confirm(of_groups)
    of_groups.targets.update(
        state=TargetState.IN_PROGRESS, remote_action_id="g", submitted_at=timezone.now()
    )
    result = Tracked()
    with pytest.raises(errors.ServerFailure):
        track(live, _client(_Journal(BROKEN), _Journal(g="completed")), result)
    assert result.completed == 1
    assert of_groups.targets.get().acted_at is not None


def test_actions_that_cannot_be_listed_do_not_keep_others_from_being_verified(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    hangs = _sent(live, cards, "a")
    completed = started(live, cards[1:2])
    completed.targets.update(
        state=TargetState.IN_PROGRESS, remote_action_id="b", acted_at=timezone.now()
    )
    change(sandbox, cards[1].remote_id, status="enabled")
    fault(sandbox, "status", status=500, path="/sim_card_actions")
    track_due(live)
    assert states(completed) == [("completed", "")]
    assert only(hangs).state == TargetState.IN_PROGRESS
    live.refresh_from_db()
    assert live.connection == Connection.UNREACHABLE


def test_a_key_that_is_refused_is_asked_with_once(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    _sent(live, cards, "a")
    completed = started(live, cards[1:2])
    completed.targets.update(
        state=TargetState.IN_PROGRESS, remote_action_id="b", acted_at=timezone.now()
    )
    fault(sandbox, "status", status=401)
    track_due(live)
    assert len(requests(sandbox)) == 1
    live.refresh_from_db()
    assert live.connection == Connection.REFUSED
