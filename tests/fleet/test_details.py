"""What only single records say, and what a person asks to be read now."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import Role, TelnyxAccount
from fleet.models import (
    Event,
    Group,
    PublicIp,
    Resource,
    SimCard,
    SyncRun,
    SyncSchedule,
    SyncState,
)
from fleet.sync.engine import start_run
from fleet.sync.refresh import refresh_group, refresh_sim_card
from fleet.sync.schedule import sweep_all
from tests.conftest import make_person
from tests.fleet.api import change, eventually, fault, listed, requests, run_sweep
from tests.fleet.conftest import account_at
from tests.fleet.population import ask
from tests.sandbox_process import SandboxProcess

SIMS = 20


@pytest.fixture
def own(new_sandbox: Callable[[int], SandboxProcess]) -> SandboxProcess:
    """A sandbox whose fleet nobody else changes."""
    return new_sandbox(SIMS)


@pytest.fixture
def account(transactional_db: None, own: SandboxProcess) -> TelnyxAccount:
    """An account at it after its first sweeps, which may ask for eight details a turn."""
    made = account_at(own)
    sweep_all(made)
    made.sync_every_minutes, made.details_per_hour = 60, 8
    made.save()
    PublicIp.objects.all().delete()
    own.admin("DELETE", "requests")
    return made


def _asked(sandbox: SandboxProcess) -> list[str]:
    """The ids asked for, in order, without public IPs."""
    paths = [request["path"].split("/") for request in requests(sandbox, "GET", "/sim_cards/")]
    sandbox.admin("DELETE", "requests")
    return [path[3] for path in paths if len(path) == 4]


def test_the_rotation_goes_on_where_it_stood_and_wraps(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    cards = [str(c.remote_id) for c in SimCard.objects.order_by("iccid")]
    for turn in (cards[:8], cards[8:16], cards[16:] + cards[:4], cards[4:12]):
        run = run_sweep(account, Resource.DETAILS)
        assert (run.state, run.seen, run.expected) == (SyncState.COMPLETE, 8, 8)
        assert sorted(_asked(own)) == sorted(turn)
    assert not SimCard.objects.filter(detail_at=None).exists()


def test_what_cannot_be_read_is_counted(account: TelnyxAccount, own: SandboxProcess) -> None:
    card = SimCard.objects.order_by("iccid")[2]
    change(own, card.remote_id, data_limit=5)
    run = run_sweep(account, Resource.DETAILS)
    assert (run.state, run.error_count) == (SyncState.COMPLETE, 1)
    assert run.errors[0]["raw"] == str(card.remote_id)


def test_a_failure_leaves_the_rotation_where_it_was(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    fault(own, "status", status=500, path="/sim_cards/")
    run = run_sweep(account, Resource.DETAILS)
    assert run.state == SyncState.FAILED
    assert SyncSchedule.objects.get(resource=Resource.DETAILS).cursor == ""
    own.admin("DELETE", "faults")
    assert run_sweep(account, Resource.DETAILS).state == SyncState.COMPLETE


def test_a_person_s_refresh_reads_details_and_names_the_person(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    person = make_person("ada@live.example", account, Role.OPERATOR)
    card = SimCard.objects.filter(status="enabled").first()
    assert card is not None
    change(own, card.remote_id, tags=["asked"])
    fresh = refresh_sim_card(card, person.pk)
    assert (fresh.tags, fresh.detail_at is not None) == (["asked"], True)
    event = Event.objects.get(what="tags")
    assert (event.person_id, event.cause) == (person.pk, "refresh")
    paths = [request["path"] for request in requests(own, "GET")]
    base = f"/v2/sim_cards/{card.remote_id}"
    assert paths == [base, f"{base}/public_ip"]


def test_a_public_ip_is_read_after_its_action_and_its_removal(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    card = SimCard.objects.filter(status="enabled").first()
    assert card is not None
    for action, there in (("set_public_ip", True), ("remove_public_ip", False)):
        ask(own, "POST", f"sim_cards/{card.remote_id}/actions/{action}")
        eventually(lambda: own.admin("GET", "state")["sim_card_actions_in_progress"] == 0)
        run_sweep(account, Resource.SIM_CARD_ACTIONS)
        run_sweep(account, Resource.DETAILS)
        row = PublicIp.objects.get(sim_card=card)
        event = Event.objects.filter(sim_card=card, what="public_ip").latest("at")
        assert (row.removed_at is None, event.new) == (there, row.ip if there else None)
    assert event.old == row.ip != ""


def test_a_public_ip_that_is_being_provisioned_is_asked_for_again(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    card = SimCard.objects.first()
    PublicIp.objects.create(account=account, sim_card=card, read_at=timezone.now())
    run_sweep(account, Resource.DETAILS)
    paths = [request["path"] for request in requests(own, "GET")]
    assert paths[0].endswith("/public_ip")


def test_a_group_s_refresh_reads_it_and_its_sim_cards_only(
    account: TelnyxAccount, own: SandboxProcess
) -> None:
    group = SimCard.objects.exclude(group=None).first().group  # type: ignore[union-attr]
    assert isinstance(group, Group)
    inside = SimCard.objects.filter(group=group)
    left = inside.first()
    assert left is not None
    count = inside.count()
    ask(own, "PATCH", f"sim_card_groups/{group.remote_id}", name="Renamed")
    change(own, left.remote_id, sim_card_group_id=None)
    own.admin("DELETE", "requests")
    # A sweep of all is under way meanwhile.
    assert start_run(account, Resource.SIM_CARDS) is not None
    run = refresh_group(account, group.remote_id, None)
    assert run is not None
    assert (run.state, run.seen, run.removed) == (SyncState.COMPLETE, count - 1, 0)
    assert _asked(own) == [str(left.remote_id)]
    left.refresh_from_db()
    group.refresh_from_db()
    assert (left.group_remote_id, group.name) == (None, "Renamed")
    assert SimCard.objects.filter(removed_at=None).count() == len(listed(own, "sim_cards"))


def test_a_group_is_read_once_at_a_time(account: TelnyxAccount, own: SandboxProcess) -> None:
    group, other = Group.objects.all()[:2]
    begun = start_run(account, Resource.SIM_CARDS, group_remote_id=group.remote_id)
    assert begun is not None
    assert refresh_group(account, group.remote_id, None) is None
    assert refresh_group(account, other.remote_id, None) is not None
    SyncRun.objects.filter(pk=begun.pk).update(state=SyncState.FAILED)
    assert refresh_group(account, group.remote_id, None) is not None
