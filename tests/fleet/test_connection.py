"""What answers say of an account's connection, and a single SIM card's refresh."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Connection, TelnyxAccount
from fleet.models import Cause, Event, SimCard
from fleet.sync.connection import REFUSED, AccountUnusable, client_for, noting_connection
from fleet.sync.merge import Origin
from fleet.sync.read_back import read_back
from fleet.sync.reconcile import mark_removed
from fleet.sync.refresh import refresh_sim_card
from fleet.sync.registry import SYNCS
from telnyx_api import Client, errors
from tests.fleet.api import change, delete, fault, requests, run_sweep
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)


def _noted(account: TelnyxAccount, error: errors.TelnyxError | None) -> tuple[str, str]:
    if error is None:
        with noting_connection(account):
            pass
    else:
        with pytest.raises(type(error)), noting_connection(account):
            raise error
    account.refresh_from_db()
    return account.connection, account.connection_detail


@pytest.mark.parametrize(
    ("error", "before", "connection"),
    [
        (None, Connection.UNREACHABLE, Connection.OK),
        (errors.AuthenticationRefused("x"), Connection.OK, Connection.REFUSED),
        (errors.ConnectionNotMade("x"), Connection.OK, Connection.UNREACHABLE),
        (errors.AnswerLost("x"), Connection.OK, Connection.UNREACHABLE),
        (errors.ServerFailure("x", status=503), Connection.OK, Connection.UNREACHABLE),
        (errors.PermissionRefused("x", status=403), Connection.OK, Connection.UNREACHABLE),
        (
            errors.PermissionRefused("x", status=403, errors=[{"code": "10010"}]),
            Connection.UNREACHABLE,
            Connection.OK,
        ),
        (errors.NotFound("x", status=404), Connection.UNCHECKED, Connection.UNREACHABLE),
        (errors.RateLimited("x", status=429), Connection.OK, Connection.OK),
        (errors.RateLimitTimeout("x"), Connection.UNREACHABLE, Connection.UNREACHABLE),
        (errors.RateLimited("x", status=429), Connection.UNCHECKED, Connection.UNREACHABLE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_what_an_answer_says(
    account: TelnyxAccount,
    error: errors.TelnyxError | None,
    before: Connection,
    connection: Connection,
) -> None:
    account.note_connection(before)
    assert _noted(account, error)[0] == connection


def test_an_error_of_ours_says_nothing(account: TelnyxAccount) -> None:
    with pytest.raises(ZeroDivisionError), noting_connection(account):
        raise ZeroDivisionError
    account.refresh_from_db()
    assert account.connection == Connection.UNCHECKED


def test_a_refused_account_has_no_client_and_says_why(account: TelnyxAccount) -> None:
    account.note_connection(Connection.REFUSED)
    with pytest.raises(AccountUnusable) as caught:
        client_for(account)
    assert str(caught.value) == REFUSED
    account.note_connection(Connection.REFUSED, "because")
    with pytest.raises(AccountUnusable, match="because"):
        client_for(account)


def test_a_key_or_url_that_cannot_be_used_is_told(account: TelnyxAccount) -> None:
    account.set_connection("ftp://nowhere", "KEY-another")
    account.save()
    with pytest.raises(AccountUnusable, match="base_url"):
        client_for(account)
    account.refresh_from_db()
    assert account.connection == Connection.UNREACHABLE
    account.set_connection("http://127.0.0.1:9", "KEY with spaces")
    with pytest.raises(AccountUnusable) as caught:
        client_for(account)
    assert "spaces" in str(caught.value)
    assert "KEY with spaces" not in str(caught.value)


@pytest.fixture
def card(live: TelnyxAccount) -> SimCard:
    """A SIM card of the shared sandbox, as the list shows it."""
    run_sweep(live)
    return SimCard.objects.filter(account=live, status="enabled").order_by("pk")[0]


def test_a_refresh_reads_the_details(card: SimCard, sandbox: SandboxProcess) -> None:
    change(sandbox, card.remote_id, current_imei="356789012345678", tags=["new"])
    fresh = refresh_sim_card(card)
    assert (fresh.imei, fresh.tags) == ("356789012345678", ["new"])
    assert fresh.detail_at is not None
    assert fresh.detail_at >= card.read_at
    events = Event.objects.filter(sim_card=card, what="tags")
    assert [event.cause for event in events] == [Cause.REFRESH]
    card.account.refresh_from_db()
    assert card.account.connection == Connection.OK


def test_a_refresh_of_a_sim_card_that_is_gone(card: SimCard, sandbox: SandboxProcess) -> None:
    delete(sandbox, card.remote_id)
    fresh = refresh_sim_card(card)
    assert fresh.removed_at is not None
    card.account.refresh_from_db()
    assert card.account.connection == Connection.OK


def test_a_refresh_gives_up_in_time_and_says_why(card: SimCard, sandbox: SandboxProcess) -> None:
    fault(sandbox, "status", status=503, path=f"{card.remote_id}$")
    with pytest.raises(errors.ServerFailure):
        refresh_sim_card(card)
    card.account.refresh_from_db()
    assert card.account.connection == Connection.UNREACHABLE


def test_a_record_that_cannot_be_stored_is_told(card: SimCard, sandbox: SandboxProcess) -> None:
    change(sandbox, card.remote_id, data_limit=5)
    with pytest.raises(errors.AnswerUnreadable, match="data_limit"):
        refresh_sim_card(card)
    card.account.refresh_from_db()
    assert card.account.connection == Connection.OK


def test_one_of_many_that_fails_does_not_hold_up_the_rest(
    live: TelnyxAccount, client: Client, sandbox: SandboxProcess
) -> None:
    run_sweep(live)
    cards = SimCard.objects.filter(account=live, status="enabled").order_by("-pk")[:4]
    fine, gone, failing, broken = (str(card.remote_id) for card in cards)
    delete(sandbox, gone)
    fault(sandbox, "status", status=500, path=f"{failing}$")
    change(sandbox, broken, data_limit=5)
    change(sandbox, fine, tags=["stored"])
    answer = read_back(live, client, [fine, gone, failing, broken], Origin(Cause.REFRESH))
    assert (answer.stored, answer.removed) == ({fine}, {gone})
    assert set(answer.failed) == {failing}
    assert list(answer.unreadable) == [broken]
    assert SimCard.objects.get(remote_id=fine).tags == ["stored"]
    assert SimCard.objects.get(remote_id=gone).removed_at is not None


def test_an_old_404_does_not_remove_what_was_seen_since(card: SimCard) -> None:
    for seconds, removed in ((-1, 0), (1, 1)):
        asked_at = card.read_at + timedelta(seconds=seconds)
        assert removed == mark_removed(
            card.account, SYNCS["sim_cards"], str(card.remote_id), asked_at, Origin(Cause.REFRESH)
        )
    card.refresh_from_db()
    assert card.removed_at == asked_at


def test_requests_carry_the_key_and_the_log_does_not(
    card: SimCard, sandbox: SandboxProcess
) -> None:
    refresh_sim_card(card)
    assert requests(sandbox)
    assert sandbox.api_key not in str(requests(sandbox))
