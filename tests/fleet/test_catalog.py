"""Who may take part in which operation: the plan's rule against the API's own answers."""

from __future__ import annotations

import pytest
import requests as http

from accounts.models import TelnyxAccount
from fleet.models import Operation, OperationState, OperationTarget, SimCard, TargetState
from fleet.models.operations import OPEN, UNDER_WAY
from fleet.models.sim_cards import SimCardStatus, status_label
from fleet.operations.catalog import KINDS
from fleet.operations.claim import claim
from fleet.operations.kinds.kind import TRANSITIONAL
from fleet.operations.kinds.status import ToStatus
from fleet.operations.start import confirm
from tests.fleet.api import change, run_sweep
from tests.fleet.operations import planned
from tests.fleet.records import row, sim_card, store, stored_cards
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db
STATUS_KINDS = {name: kind for name, kind in KINDS.items() if isinstance(kind, ToStatus)}
STATUSES = [*SimCardStatus.values, "registered", "quarantined", ""]


def _reason(card: SimCard, kind: str) -> str:
    return SimCard.objects.annotate(why=KINDS[kind].unavailable()).get(pk=card.pk).why


@pytest.mark.parametrize("kind", STATUS_KINDS)
@pytest.mark.parametrize("status", STATUSES)
def test_eligibility_by_status(account: TelnyxAccount, kind: str, status: str) -> None:
    (card,) = stored_cards(account, 1, status)
    reason = _reason(card, kind)
    if status in STATUS_KINDS[kind].from_statuses:
        assert reason == ""
    elif status in TRANSITIONAL:
        assert reason == "an action is in progress"
    elif status == STATUS_KINDS[kind].end_status:
        assert reason == f"already {KINDS[kind].done}"
    else:
        shown = status.replace("_", " ")
        assert reason == f"cannot be {KINDS[kind].done} from status “{shown}”"


@pytest.mark.parametrize("kind", STATUS_KINDS)
def test_a_claim_judges_as_the_plan_did(account: TelnyxAccount, kind: str) -> None:
    """Each was eligible when it was planned, and then became what it is now."""
    before = STATUS_KINDS[kind].from_statuses[0]
    for status in STATUSES:
        for group_id in (sim_card()["sim_card_group_id"], None):
            (card,) = stored_cards(account, 1, before)
            operation = planned(account, [card], kind)
            SimCard.objects.filter(pk=card.pk).update(status=status, group_remote_id=group_id)
            # Whether what moves is really busy is for the API to say.
            eligible = _reason(card, kind) in ("", "an action is in progress")
            assert confirm(operation)
            assert len(claim(account, 10)) == eligible
            operation.targets.update(state=TargetState.COMPLETED)


def test_what_else_stands_in_the_way(account: TelnyxAccount) -> None:
    busy, alone, gone = (
        sim_card(actions_in_progress=True),
        sim_card(sim_card_group_id=None),
        sim_card(),
    )
    store(account, busy, alone, gone)
    SimCard.objects.filter(pk=row(gone).pk).update(removed_at=row(gone).read_at)
    assert _reason(row(busy), "enable") == "an action is in progress"
    assert _reason(row(alone), "enable") == "needs a group"
    assert _reason(row(gone), "enable") == "is no longer at Telnyx"
    in_use = sim_card(sim_card_group_id=None, status="enabled")
    store(account, in_use)
    assert _reason(row(in_use), "set_standby") == "needs a group"
    assert _reason(row(in_use), "disable") == ""


@pytest.mark.parametrize("state", TargetState.values)
@pytest.mark.parametrize("operation_state", OperationState.values)
def test_only_an_operation_that_goes_on_stands_in_the_way(
    account: TelnyxAccount, state: str, operation_state: str
) -> None:
    (card,) = stored_cards(account, 1)
    operation = Operation.objects.create(account=account, kind="disable", state=operation_state)
    OperationTarget.objects.create(operation=operation, sim_card=card, state=state)
    running = operation_state == OperationState.RUNNING
    expected = state in UNDER_WAY or (state in OPEN and running)
    assert _reason(card, "enable") == ("an operation is under way" if expected else "")


def test_statuses_have_names_for_people() -> None:
    assert status_label("data_limit_exceeded") == "Data limit exceeded"
    assert status_label("some_new_one") == "Some new one"
    assert status_label("") == "No status"


@pytest.mark.django_db(transaction=True)
def test_the_api_accepts_exactly_what_the_plan_calls_eligible(
    live: TelnyxAccount, sandbox: SandboxProcess
) -> None:
    """For every status, with and without a group, with and without an action in progress."""
    run_sweep(live)
    cards = list(SimCard.objects.filter(account=live).exclude(group_remote_id=None)[:150])
    group_id = str(cards[0].group_remote_id)
    settled = {"data_limit": None, "authorized_imeis": None}
    cases = [
        (kind, status, group, busy)
        for kind in STATUS_KINDS
        for status in (*SimCardStatus.values, "registered")
        for group in (group_id, None)
        for busy in (False, True)
    ]
    assert len(cases) <= len(cards)
    for card, (_, status, group, busy) in zip(cards, cases, strict=False):
        fields = {"status": status, "sim_card_group_id": group, "actions_in_progress": busy}
        change(sandbox, card.remote_id, **fields, **settled)
    run_sweep(live)
    session = http.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.api_key}"
    disagreements = []
    for card, case in zip(cards, cases, strict=False):
        reason = _reason(card, case[0])
        url = f"{sandbox.base_url}/sim_cards/{card.remote_id}/actions/{case[0]}"
        accepted = session.post(url, timeout=5).status_code == 202
        if (reason == "") != accepted:
            disagreements.append((case, reason, accepted))
    assert disagreements == []
