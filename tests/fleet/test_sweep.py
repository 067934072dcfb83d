"""Sweeps over a sandbox that behaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Connection, TelnyxAccount
from fleet.models import Cause, Event, Group, Resource, SimCard, SyncRun, SyncState
from fleet.sync import batches, engine, reconcile
from fleet.sync import sweep as sweep_module
from fleet.sync.registry import SYNCS
from fleet.sync.schedule import sweep_all
from fleet.sync.seen import Seen
from tests.fleet.api import change, delete, fault, listed, requests, run_sweep
from tests.fleet.conftest import account_at
from tests.sandbox_process import SandboxProcess

SIMS = 40


@pytest.fixture
def own(new_sandbox: Callable[[int], SandboxProcess]) -> SandboxProcess:
    """A sandbox whose fleet nobody else changes."""
    return new_sandbox(SIMS)


@pytest.fixture
def swept(transactional_db: None, own: SandboxProcess) -> TelnyxAccount:
    """An account after its first sweeps."""
    account = account_at(own)
    assert [run.state for run in sweep_all(account)] == [SyncState.COMPLETE] * len(SYNCS)
    own.admin("DELETE", "requests")
    return account


def test_the_first_sweep_reads_everything_and_writes_no_events(
    own: SandboxProcess, transactional_db: None
) -> None:
    account = account_at(own)
    runs = {run.resource: run for run in sweep_all(account)}
    assert list(runs) == list(SYNCS), "parents first"
    groups, cards = runs["groups"], runs["sim_cards"]
    assert (cards.state, cards.outcome, cards.percent) == (SyncState.COMPLETE, "", 100)
    assert (cards.seen, cards.new, cards.changed, cards.removed) == (SIMS, SIMS, 0, 0)
    assert (cards.expected, cards.api_calls, cards.error_count) == (SIMS, 1, 0)
    assert cards.finished_at is not None
    assert SimCard.objects.filter(account=account).count() == SIMS
    assert Group.objects.count() == groups.new > 0
    assert SimCard.objects.exclude(group_remote_id=None).filter(group=None).count() == 0
    assert not Event.objects.exists()
    account.refresh_from_db()
    assert account.connection == Connection.OK


def test_an_unchanged_fleet_writes_nothing(swept: TelnyxAccount) -> None:
    before = dict(SimCard.objects.values_list("pk", "read_at"))
    for run in sweep_all(swept):
        assert (run.state, run.new, run.changed, run.removed) == (SyncState.COMPLETE, 0, 0, 0)
    assert dict(SimCard.objects.values_list("pk", "read_at")) == before
    assert not Event.objects.exists()


def test_changes_are_seen_and_leave_events(swept: TelnyxAccount, own: SandboxProcess) -> None:
    cards = list(SimCard.objects.filter(status="enabled")[:2])
    change(own, cards[0].remote_id, status="disabled")
    change(own, cards[1].remote_id, tags=["x", "y"])
    run = run_sweep(swept)
    assert (run.state, run.new, run.changed) == (SyncState.COMPLETE, 0, 2)
    status = Event.objects.get(what="status")
    assert (status.old, status.new, status.cause) == ("enabled", "disabled", Cause.SWEEP)
    assert (status.sim_card, status.sync_run) == (cards[0], run)
    assert Event.objects.get(what="tags").new == "x, y"


def test_a_removal_needs_a_404_and_keeps_the_history(
    swept: TelnyxAccount, own: SandboxProcess
) -> None:
    card = SimCard.objects.first()
    assert card is not None
    change(own, card.remote_id, tags=["last"])
    run_sweep(swept)
    delete(own, card.remote_id)
    run = run_sweep(swept)
    assert (run.state, run.removed, run.seen) == (SyncState.COMPLETE, 1, SIMS - 1)
    card.refresh_from_db()
    assert card.removed_at is not None
    assert [event.what for event in card.events.order_by("at")] == ["tags", "removed"]
    assert run_sweep(swept).removed == 0


def test_a_sim_card_that_the_list_forgets_is_asked_for_and_stays(swept: TelnyxAccount) -> None:
    """A list of 39 that names no 40th is no proof: the API still has it by its id."""
    sync = SYNCS["sim_cards"]
    card = SimCard.objects.first()
    assert card is not None

    class Forgetful(type(sync)):  # type: ignore[misc]
        def page(self, client, number):  # type: ignore[no-untyped-def]
            page = super().page(client, number)
            kept = [record for record in page.data if str(card.remote_id).encode() not in record]
            object.__setattr__(page, "data", kept)
            object.__setattr__(page, "total_results", len(kept))
            return page

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(engine.SYNCS, "sim_cards", Forgetful())
        run = run_sweep(swept)
    card.refresh_from_db()
    assert (run.state, run.removed, card.removed_at) == (SyncState.COMPLETE, 0, None)
    assert (run.seen, run.api_calls) == (SIMS - 1, 2)


def test_a_proxy_s_404_removes_nothing(
    swept: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = SimCard.objects.first()
    assert card is not None
    delete(own, card.remote_id)
    fault(own, "status", status=404, path=f"{card.remote_id}$")
    monkeypatch.setattr("telnyx_api.error_bodies.read_entries", lambda body: [])
    run = run_sweep(swept)
    card.refresh_from_db()
    assert (run.state, run.removed, card.removed_at) == (SyncState.COMPLETE, 0, None)
    assert "404" in run.errors[0]["reason"]
    assert run.errors[0]["raw"] == str(card.remote_id)


def test_removals_are_confirmed_a_few_at_a_time(
    swept: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "CONFIRMED_A_SWEEP", 2)
    for card in SimCard.objects.all()[:3]:
        delete(own, card.remote_id)
    runs = [run_sweep(swept) for _ in range(3)]
    assert [run.removed for run in runs] == [2, 1, 0]
    assert [run.outcome for run in runs] == [engine.MORE_TO_CONFIRM, "", ""]


@pytest.mark.parametrize("status", [403, 500])
def test_one_that_cannot_be_confirmed_does_not_hold_up_the_others(
    swept: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    failing, *others = SimCard.objects.order_by("pk")[:4]
    for card in (failing, *others):
        delete(own, card.remote_id)
    fault(own, "status", status=status, path=f"{failing.remote_id}$")
    run = run_sweep(swept)
    assert (run.state, run.removed, run.error_count) == (SyncState.COMPLETE, 3, 1)
    assert [error["raw"] for error in run.errors] == [str(failing.remote_id)]
    assert SimCard.objects.get(pk=failing.pk).removed_at is None
    swept.refresh_from_db()
    assert swept.connection == Connection.OK


def test_what_still_exists_does_not_hold_up_what_waits_to_be_confirmed(
    swept: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "CONFIRMED_A_SWEEP", 1)
    hidden, gone = SimCard.objects.order_by("pk")[:2]
    delete(own, gone.remote_id)
    page = type(SYNCS["sim_cards"]).page

    def without_hidden(self: Any, client: Any, number: int) -> Any:
        found = page(self, client, number)
        kept = [r for r in found.data if self.id_of(r) != str(hidden.remote_id)]
        object.__setattr__(found, "data", kept)
        object.__setattr__(found, "total_results", found.total_results - 1)
        return found

    monkeypatch.setattr(type(SYNCS["sim_cards"]), "page", without_hidden)
    # Which one is asked for is drawn each time.
    assert any(run_sweep(swept).removed for _ in range(40))
    assert SimCard.objects.get(pk=hidden.pk).removed_at is None


def test_an_api_that_goes_away_leaves_the_rest_to_the_next_sweep(
    swept: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "FAILURES_IN_A_ROW", 2)
    for card in SimCard.objects.all()[:5]:
        delete(own, card.remote_id)
    fault(own, "status", status=500, path="/sim_cards/")
    run = run_sweep(swept)
    assert (run.state, run.removed, run.error_count) == (SyncState.COMPLETE, 0, 2)
    assert run.outcome == engine.MORE_TO_CONFIRM
    own.admin("DELETE", "faults")
    assert run_sweep(swept).removed == 5


def test_removals_before_an_error_are_told(
    swept: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = SimCard.objects.order_by("pk")[:2]
    delete(own, first.remote_id)
    delete(own, second.remote_id)
    fault(own, "status", status=401, path=f"{second.remote_id}$")
    in_order = [str(first.remote_id), str(second.remote_id)]
    monkeypatch.setattr(Seen, "missing", lambda *_: in_order)
    run = run_sweep(swept)
    assert (run.state, run.removed) == (SyncState.PARTIAL, 1)
    assert "removed before that: 1." in run.outcome
    assert "nothing was removed" not in run.outcome


def test_broken_records_are_counted_and_kept_and_do_not_count_as_missing(
    swept: TelnyxAccount, own: SandboxProcess
) -> None:
    broken, other = SimCard.objects.order_by("pk")[:2]
    limit = {"amount": "many", "unit": "MB"}
    change(own, broken.remote_id, data_limit=limit, pin_puk_codes={"puk1": "87654321"})
    change(own, other.remote_id, tags=["fine"])
    run = run_sweep(swept)
    assert (run.state, run.seen, run.changed) == (SyncState.COMPLETE, SIMS, 1)
    assert (run.error_count, run.removed, run.api_calls) == (1, 0, 1)
    (error,) = run.errors
    assert "data_limit" in error["reason"]
    assert "many" in error["reason"]
    assert str(broken.remote_id) in error["raw"]
    assert "87654321" not in str(run.errors)
    broken.refresh_from_db()
    assert broken.removed_at is None
    # What was asked: the one page, and no SIM card by its id.
    assert [r["path"] for r in requests(own)] == ["/v2/sim_cards"]


def test_unknown_statuses_and_fields_are_kept(swept: TelnyxAccount, own: SandboxProcess) -> None:
    fault(own, "unknown_status", times=1, value="quarantined")
    run_sweep(swept)
    assert set(SimCard.objects.values_list("status", flat=True)) == {"quarantined"}
    fault(own, "new_fields", times=1)
    run = run_sweep(swept)
    assert (run.state, run.error_count, run.changed) == (SyncState.COMPLETE, 0, SIMS)
    card = SimCard.objects.first()
    assert card is not None
    assert card.raw["radio_generation"] == "5G"
    fault(own, "drop_fields", times=1)
    assert run_sweep(swept).state == SyncState.COMPLETE
    card.refresh_from_db()
    assert (card.msisdn, card.tags, card.remote_updated_at) == ("", [], None)


def test_a_large_list_is_stored_in_batches(
    swept: TelnyxAccount, own: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH", 10)
    sync = SYNCS["sim_cards"]
    monkeypatch.setattr(
        type(sync), "page", lambda self, client, number: client.sim_cards.page(number, 7)
    )
    SimCard.objects.all().delete()
    run = run_sweep(swept)
    assert (run.state, run.seen, run.new, run.api_calls) == (SyncState.COMPLETE, SIMS, SIMS, 6)


def test_progress_is_stored_while_it_goes_on(
    swept: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "PROGRESS_SECONDS", 0)
    stored = []

    def after_sweep(account: TelnyxAccount) -> None:
        stored.append(SyncRun.objects.get(state=SyncState.RUNNING))

    monkeypatch.setattr(SYNCS["sim_cards"], "after_sweep", after_sweep)
    began = timezone.now()
    run_sweep(swept)
    (run,) = stored
    assert (run.resource, run.expected, run.api_calls) == (Resource.SIM_CARDS, SIMS, 1)
    assert run.progressed_at > began


@pytest.mark.parametrize(("share", "seconds", "merges"), [(1, 60, 1), (1, 0, 6), (0.4, 60, 2)])
def test_few_changes_of_many_batches_are_merged_at_once(
    swept: TelnyxAccount,
    own: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    share: float,
    seconds: float,
    merges: int,
) -> None:
    monkeypatch.setattr(batches, "BATCH", 7)
    monkeypatch.setattr(batches, "MERGED_FROM", share)
    monkeypatch.setattr(batches, "MERGED_AFTER_SECONDS", seconds)
    monkeypatch.setattr(
        type(SYNCS["sim_cards"]),
        "page",
        lambda self, client, number: client.sim_cards.page(number, 7),
    )
    merge, written = batches.merge, []

    def counted(sync, account, records, *given):  # type: ignore[no-untyped-def]
        written.append(len(records))
        return merge(sync, account, records, *given)

    monkeypatch.setattr(batches, "merge", counted)
    order = [r["id"] for r in listed(own, "sim_cards")]
    # One on each page.
    for place in range(0, SIMS, 7):
        change(own, order[place], tags=["changed"])
    run = run_sweep(swept)
    assert (run.state, run.seen, run.changed, run.pages) == (SyncState.COMPLETE, SIMS, 6, 6)
    assert len([count for count in written if count]) == merges
