"""What the page of a paused operation promises: who goes on, and who goes first."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Person, TelnyxAccount
from fleet.models import OperationState
from fleet.operations.start import Terms, confirm
from fleet.operations.stop import pause
from tests.web.operations import planned

pytestmark = pytest.mark.django_db


def test_canaries_that_were_not_judged_go_on_alone(
    synced_account: TelnyxAccount, operator: Person, as_operator: Client
) -> None:
    operation = planned(synced_account, operator)
    assert confirm(operation, Terms(canary_count=1))
    assert "(they go now)" in as_operator.get(operation.get_absolute_url()).content.decode()
    assert pause(operation, "operator paused it.")
    page = as_operator.get(operation.get_absolute_url()).content.decode()
    assert "Go on with the canaries" in page
    assert "(they go now)" not in page
    operation.canary_until = None
    operation.save()
    page = as_operator.get(operation.get_absolute_url()).content.decode()
    assert "Go on with all" in page
    assert operation.state == OperationState.PAUSED


def test_canaries_of_groups_bring_their_groups_along(
    synced_account: TelnyxAccount, operator: Person, as_operator: Client
) -> None:
    operation = planned(synced_account, operator)
    assert confirm(operation, Terms(canary_count=1))
    page = as_operator.get(operation.get_absolute_url()).content.decode()
    assert "1 go first; it pauses if any fails" in page
    operation.kind = "group_voice_on"
    operation.save()
    page = as_operator.get(operation.get_absolute_url()).content.decode()
    assert "1 go first, with all of their groups; it pauses if any fails" in page
