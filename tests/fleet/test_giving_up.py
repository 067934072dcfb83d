"""What cannot be read back ends, sooner where it concerns one SIM card alone, later where not."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Connection, TelnyxAccount
from fleet.models import Operation, OperationTarget, SimCard, TargetState
from fleet.operations.verify import verify
from telnyx_api import Client, errors
from tests.fleet.api import change, fault
from tests.fleet.operations import due_now, started, states
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)
FORBIDDEN = errors.PermissionRefused("no permission", status=403, errors=[{"code": "10010"}])


@pytest.fixture(autouse=True)
def _however_slow_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.operations.verify.LAG", timedelta(minutes=1))


def _acted(account: TelnyxAccount, cards: list[SimCard], hours: float = 0) -> Operation:
    """An operation whose actions completed so long ago."""
    operation = started(account, cards)
    for target in operation.targets.all():
        OperationTarget.objects.filter(pk=target.pk).update(
            state=TargetState.IN_PROGRESS,
            remote_action_id=f"action-{target.pk}",
            acted_at=timezone.now() - timedelta(hours=hours),
        )
    return operation


def _later(operation: Operation, hours: float) -> None:
    operation.targets.update(acted_at=timezone.now() - timedelta(hours=hours))
    due_now(operation)


def test_a_refusal_of_the_only_one_ends_it_and_says_nothing_of_the_api(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    operation = _acted(live, cards[:1])
    fault(sandbox, "status", status=403, path=f"{cards[0].remote_id}$")
    assert verify(live, client) == 0
    assert [state for state, _ in states(operation)] == ["in_progress"]
    _later(operation, hours=2)
    assert verify(live, client) == 1
    ((state, reason),) = states(operation)
    assert state == "failed"
    assert reason.startswith("The action completed, but it cannot be read back: ")
    live.refresh_from_db()
    assert live.connection == Connection.OK


@pytest.mark.parametrize("broken", [{"kind": "status", "status": 500}, {"kind": "reset_before"}])
def test_what_may_be_the_api_s_own_trouble_is_waited_for_but_not_for_ever(
    live: TelnyxAccount,
    cards: list[SimCard],
    sandbox: SandboxProcess,
    client: Client,
    broken: dict[str, Any],
) -> None:
    operation = _acted(live, cards[:1])
    fault(sandbox, path=f"{cards[0].remote_id}$", **broken)
    for hours, expected in ((2, "in_progress"), (23, "in_progress"), (25, "failed")):
        _later(operation, hours)
        with pytest.raises(errors.TelnyxError):
            verify(live, client)
        assert [state for state, _ in states(operation)] == [expected]


def test_one_that_never_answers_is_given_up_though_others_answer(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    operation = _acted(live, cards[:2], hours=25)
    change(sandbox, cards[1].remote_id, status="enabled")
    fault(sandbox, "reset_before", path=f"{cards[0].remote_id}$")
    with pytest.raises(errors.AnswerLost):
        verify(live, client)
    assert [state for state, _ in states(operation)] == ["failed", "completed"]


def test_a_key_that_is_refused_ends_nothing(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess, client: Client
) -> None:
    operation = _acted(live, cards[:1], hours=25)
    fault(sandbox, "status", status=401, path="/sim_cards")
    with pytest.raises(errors.AuthenticationRefused):
        verify(live, client)
    assert [state for state, _ in states(operation)] == ["in_progress"]


class _PublicIps:
    """A client that answers so when it is asked for a public IP."""

    def __init__(self, answer: Any) -> None:
        self.sim_cards = SimpleNamespace(public_ip=self.public_ip)
        self.answer = answer

    def public_ip(self, remote_id: str) -> Any:
        if isinstance(self.answer, errors.TelnyxError):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "hours", "said"),
    [
        (FORBIDDEN, 2, "it cannot be read back: no permission"),
        ({"ip": "1" * 3_000}, 0.1, "Telnyx's record cannot be read: ip "),
    ],
    ids=["no permission", "a record that cannot be stored"],
)
def test_public_ips_that_cannot_be_read_end_and_say_nothing_of_the_api(
    live: TelnyxAccount, cards: list[SimCard], answer: Any, hours: float, said: str
) -> None:
    live.note_connection(Connection.OK)
    operation = _acted(live, cards[:2])
    operation.targets.update(kind="set_public_ip", inputs={"region": None})
    api: Any = _PublicIps(answer)
    assert verify(live, api) == 0
    _later(operation, hours)
    assert verify(live, api) == 2
    for state, reason in states(operation):
        assert state == "failed"
        assert said in reason
    live.refresh_from_db()
    assert live.connection == Connection.OK


def test_of_a_lost_answer_it_does_not_say_that_it_completed(
    live: TelnyxAccount, cards: list[SimCard]
) -> None:
    operation = started(live, cards[:1])
    operation.targets.update(
        state=TargetState.UNKNOWN,
        kind="replace_tags",
        inputs={"tags": ["x"]},
        submitted_at=timezone.now() - timedelta(hours=2),
    )
    api: Any = SimpleNamespace(sim_cards=SimpleNamespace(retrieve=_refuse))
    assert verify(live, api) == 1
    ((_, reason),) = states(operation)
    assert reason.startswith("The request was sent, but what became of it is not known: ")


def _refuse(remote_id: str) -> Any:
    raise FORBIDDEN
