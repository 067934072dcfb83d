"""How many SIM cards there are and match, and how the list says so."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Person, TelnyxAccount
from fleet.models import FleetCounts, SimCard
from fleet.sync.fleet_counts import refresh_fleet_counts
from fleet.web.sim_cards import facets

pytestmark = pytest.mark.django_db


@pytest.fixture
def browse(synced_account: TelnyxAccount, operator: Person) -> Any:
    """`browse(q="123")` answers the list as the operator sees it."""
    client = Client()
    client.force_login(operator)
    address = reverse("sim_cards", args=[synced_account.slug])
    return lambda **query: client.get(address, query)


def test_the_counts_are_those_of_the_present_sim_cards(synced_account: TelnyxAccount) -> None:
    gone = SimCard.objects.order_by("pk")[:20].values_list("pk", flat=True)
    SimCard.objects.filter(pk__in=list(gone)).update(removed_at=timezone.now())
    unseen = SimCard.objects.present().exclude(group=None).first()
    SimCard.objects.filter(pk=unseen.pk).update(group=None)
    counts = refresh_fleet_counts(synced_account)
    cards = list(SimCard.objects.present())
    assert counts.total == len(cards) == 280
    assert counts.by_status == Counter(card.status for card in cards)
    assert counts.by_type == Counter(card.type for card in cards)
    assert counts.by_voice == Counter("on" if card.voice_enabled else "off" for card in cards)
    assert counts.by_group == Counter(str(card.group_id) for card in cards if card.group_id)
    assert counts.without_group == sum(card.group_remote_id is None for card in cards)
    tags = Counter(tag for card in cards for tag in card.tags)
    assert counts.by_tag == dict(sorted(tags.items(), key=lambda each: (-each[1], each[0]))[:200])
    assert counts.duration


def test_counting_again_replaces_the_row(synced_account: TelnyxAccount) -> None:
    first = refresh_fleet_counts(synced_account)
    SimCard.objects.update(status="standby")
    again = refresh_fleet_counts(synced_account)
    assert FleetCounts.objects.count() == 1
    assert again.by_status == {"standby": 300}
    assert again.counted_at > first.counted_at


def test_an_empty_fleet_leaves_no_counts_behind(account: TelnyxAccount, operator: Person) -> None:
    """Else the first sync would have to wait for its end to show a number."""
    client = Client()
    client.force_login(operator)
    assert client.get(reverse("sim_cards", args=[account.slug])).status_code == 200
    assert not FleetCounts.objects.exists()


def test_counts_stand_beside_the_choices(browse: Any, synced_account: TelnyxAccount) -> None:
    counts = refresh_fleet_counts(synced_account)
    page = browse().content.decode()
    assert f"Voice on ({counts.by_voice['on']})" in page
    assert f"eSIM ({counts.by_type['esim']})" in page
    assert f"Without a group ({counts.without_group})" in page
    assert "SIM cards counted 20" in page


def test_requests_count_nothing_once_that_is_done(
    browse: Any, synced_account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "COUNTED", 50)
    refresh_fleet_counts(synced_account)
    browse()
    with CaptureQueriesContext(connection) as queries:
        assert browse().context["matches"].number == 300
    counting = [query["sql"] for query in queries if "count(" in query["sql"].lower()]
    assert not [sql for sql in counting if "fleet_simcard" in sql]


def test_an_estimate_is_marked_wherever_it_stands(
    browse: Any, synced_account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "COUNTED", 50)
    monkeypatch.setattr(facets, "SORTED", 50)
    monkeypatch.setattr(facets, "_estimated", lambda rows: 1_234_567)
    refresh_fleet_counts(synced_account)
    response = browse(q="893")
    page = response.content.decode()
    assert response.context["matches"].text == "about 1,200,000"
    assert "An estimate" in page
    assert "Select all about 1,200,000 that match" in page
    assert 'data-total-mark="about"' in page
    monkeypatch.setattr(facets, "_estimated", lambda rows: 3)
    assert browse(voice="off", type="physical").context["matches"].text == "more than 50"


def test_a_cut_walk_goes_on_and_misses_none(
    browse: Any, synced_account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways, where a page finds fewer rows than it may show."""
    monkeypatch.setattr(facets, "SORTED", 0)
    monkeypatch.setattr(facets, "FARTHEST", 1)
    monkeypatch.setattr(facets, "NEAREST", 10)
    wanted = list(
        SimCard.objects.filter(status="standby")
        .order_by("remote_created_at", "pk")
        .values_list("pk", flat=True)
    )
    starts = []
    query: dict[str, Any] = {"status": "standby", "sort": "added"}
    while True:
        page = browse(**query).context["page"]
        starts.append([card.pk for card in page.rows])
        if not page.after:
            break
        assert page.cut_at == 26
        query["after"] = page.after
    assert [pk for rows in starts for pk in rows] == wanted
    seen: list[int] = list(starts[-1])
    query = {"status": "standby", "sort": "added", "before": page.before}
    while query["before"]:
        page = browse(**query).context["page"]
        seen = [card.pk for card in page.rows] + seen
        query["before"] = page.before
    assert seen == wanted


@pytest.mark.parametrize(
    "query",
    [
        {"q": "89\x0031"},
        {"tag": "a\x00b"},
        {"status": "\x00"},
        {"group": "\x00"},
        {"type": "\x00"},
        {"sort": "\x00"},
        {"size": "9" * 5000},
        {"size": "\x00"},
        {"after": "\x00"},
        {"sort": "usage", "after": "WyJOYU4iLDFd"},
        {"sort": "usage", "after": "WyIxZTk5OTk5OSIsMV0"},
        {"sort": "iccid", "after": "WyJcdTAwMDAiLDFd"},
        {"sort": "added", "after": "WyIyMDI2LTAxLTAxIiwxXQ"},
        {"sort": "status", "after": "WyJlbmFibGVkIiwxXQ"},
        {"sort": "iccid", "after": "W251bGwsMV0"},
    ],
)
def test_odd_input_is_answered(browse: Any, query: dict[str, str]) -> None:
    assert browse(**query).status_code == 200
