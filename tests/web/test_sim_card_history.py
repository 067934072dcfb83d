"""A SIM card's page: as it was, its data by day, and what opening it reads."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Connection, Person, TelnyxAccount
from fleet.models import DailyUsage, Event, Group, PublicIp, SimCard, SyncRun
from fleet.web.sim_cards import detail

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(synced_account: TelnyxAccount) -> SimCard:
    """A SIM card that was first seen a week ago."""
    found = SimCard.objects.filter(account=synced_account, status="enabled").exclude(group=None)[0]
    found.first_seen_at = timezone.now() - timedelta(days=7)
    found.save()
    return found


@pytest.fixture
def client(manager: Person) -> Client:
    """A manager's browser."""
    signed_in = Client()
    signed_in.force_login(manager)
    return signed_in


def _changed(card: SimCard, days_ago: int, what: str, old: str | None, new: str | None) -> None:
    Event.objects.create(
        account=card.account,
        sim_card=card,
        at=timezone.now() - timedelta(days=days_ago),
        what=what,
        old=old,
        new=new,
        cause="sweep",
    )


def _at(client: Client, card: SimCard, at: Any) -> str:
    return client.get(card.get_absolute_url(), {"at": str(at)}).content.decode()


def test_the_card_is_shown_as_it_was(client: Client, card: SimCard) -> None:
    other = Group.objects.filter(account=card.account).exclude(pk=card.group_id)[0]
    _changed(card, 2, "status", "standby", "enabled")
    _changed(card, 3, "group_remote_id", str(other.remote_id), str(card.group_remote_id))
    page = _at(client, card, timezone.localdate() - timedelta(days=4))
    assert "As it was on" in page
    assert "standby" in page
    assert other.name in page
    assert str(other.remote_id) not in page, "people know groups by their names"
    assert "Back to now" in page
    page = _at(client, card, timezone.localdate())
    assert "the same" in page


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("soon", "is not a date"),
        ("2026-02-31", "is not a date"),
        ("<script>", "&lt;script&gt;"),
        ("9999-12-31", "still to come"),
        ("0001-01-01", ""),
        ("1999-01-01", "first read this SIM card later"),
        ("\x00", ""),
    ],
)
def test_a_date_that_cannot_be_used_is_told(
    client: Client, card: SimCard, at: str, said: str
) -> None:
    answer = client.get(card.get_absolute_url(), {"at": at})
    assert answer.status_code == 200
    assert said in answer.content.decode()


def test_data_by_day_is_shown(client: Client, card: SimCard) -> None:
    today = timezone.now().date()
    for days, used in ((0, "12.5"), (3, "1024"), (40, "9999")):
        DailyUsage.objects.create(
            account=card.account,
            sim_card=card,
            day=today - timedelta(days=days),
            used_mb=Decimal(used),
        )
    page = client.get(card.get_absolute_url()).content.decode()
    assert "1.01 GB in 30 days" in page
    assert page.count("data-value=") == 30
    assert "12.5 MB" in page


def test_opening_the_page_reads_what_is_stale_once(client: Client, card: SimCard) -> None:
    TelnyxAccount.objects.update(connection=Connection.OK)
    opening = 'name="opening"'
    assert opening in client.get(card.get_absolute_url()).content.decode()
    again = client.get(card.get_absolute_url(), headers={"HX-Request": "true"})
    assert opening not in again.content.decode(), "an answer to it does not ask once more"
    SimCard.objects.filter(pk=card.pk).update(detail_at=timezone.now())
    assert opening not in client.get(card.get_absolute_url()).content.decode()
    SimCard.objects.update(detail_at=None)
    TelnyxAccount.objects.update(connection=Connection.REFUSED)
    assert opening not in client.get(card.get_absolute_url()).content.decode()


def test_reading_on_opening_is_silent_also_where_it_fails(
    client: Client, card: SimCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = card.get_absolute_url() + "refresh/"
    htmx = {"HX-Request": "true"}
    assert "HX-Trigger" not in client.post(address, {"opening": "1"}, headers=htmx)
    # The API of this account is nowhere.
    assert "Not refreshed" in client.post(address, headers=htmx)["HX-Trigger"]
    persons: list[int | None] = []
    monkeypatch.setattr(detail, "refresh_sim_card", lambda card, who: persons.append(who))
    client.post(address, headers=htmx)
    assert persons
    assert persons[0] is not None


def test_the_public_ip_is_shown_while_there_is_one(client: Client, card: SimCard) -> None:
    held = PublicIp.objects.create(
        account=card.account,
        sim_card=card,
        ip="203.0.113.9",
        region_code="dc2",
        read_at=timezone.now(),
    )
    SimCard.objects.update(detail_at=timezone.now())
    assert "203.0.113.9" in client.get(card.get_absolute_url()).content.decode()
    held.removed_at = timezone.now()
    held.save()
    assert "203.0.113.9" not in client.get(card.get_absolute_url()).content.decode()


def test_as_of_is_the_last_sweep_where_nothing_changed_since(client: Client, card: SimCard) -> None:
    SimCard.objects.filter(pk=card.pk).update(read_at=timezone.now() - timedelta(days=5))
    page = client.get(card.get_absolute_url()).content.decode()
    assert "as of <time" in page
    assert "5 days ago" not in page.split("Refresh now")[1][:300]


def test_as_of_is_the_row_s_own_where_the_last_sweep_could_not_store_it(
    client: Client, card: SimCard
) -> None:
    SimCard.objects.filter(pk=card.pk).update(read_at=timezone.now() - timedelta(days=5))
    SyncRun.objects.create(
        account=card.account,
        resource="sim_cards",
        state="complete",
        errors=[{"reason": "data_limit is 5", "raw": f'{{"id":"{card.remote_id}"}}'}],
        error_count=1,
    )
    page = client.get(card.get_absolute_url()).content.decode()
    assert "5 days ago" in page.split("Refresh now")[1][:300]
