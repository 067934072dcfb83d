"""The list does not notice the size of a fleet: proven by the plans of what a page asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person, TelnyxAccount
from fleet.models import Group
from fleet.sync.fleet_counts import refresh_fleet_counts
from fleet.web.sim_cards.facets import FARTHEST, SORTED
from fleet.web.sim_cards.tables import SORTS
from tests.web.generated_fleet import add_sim_cards
from tests.web.plans import statements_over_sim_cards

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SIM_CARDS = 60_000
# What one statement may read: the walk's window, or the matches of one part of a filter.
READ = FARTHEST * (25 + 1) + SORTED


def filters_of(account: TelnyxAccount) -> Iterator[dict[str, Any]]:
    """Filters alone and together: of most SIM cards, of some, of a few and of none."""
    group = str(Group.objects.filter(account=account).order_by("pk")[4].remote_id)
    yield {}
    yield {"status": "enabled"}
    yield {"status": "blocked"}
    yield {"status": "abolished"}
    yield {"status": ["disabled", "standby", "blocked"]}
    yield {"group": group}
    yield {"group": "none"}
    yield {"type": "esim"}
    yield {"voice": "on"}
    yield {"tag": "site:7"}
    yield {"tag": "model:B"}
    yield {"tag": "recall"}
    yield {"tag": "nowhere"}
    yield {"q": "893"}
    yield {"q": "482"}
    yield {"q": "482173"}
    yield {"q": "nowhere"}
    yield {"status": "blocked", "type": "esim"}
    yield {"status": "standby", "group": group}
    yield {"status": "enabled", "group": group, "type": "esim", "voice": "on"}
    yield {"group": group, "voice": "on"}
    yield {"tag": "model:B", "status": "enabled"}
    yield {"tag": "site:7", "group": group}
    yield {"q": "893", "status": "blocked"}
    yield {"q": "893", "status": "enabled", "group": group}
    yield {"q": "482", "tag": "model:B"}


@pytest.fixture
def big(account: TelnyxAccount, operator: Person) -> tuple[Client, TelnyxAccount]:
    """A signed in browser, and an account with very many SIM cards."""
    add_sim_cards(account, SIM_CARDS)
    refresh_fleet_counts(account)
    client = Client()
    client.force_login(operator)
    return client, account


def test_no_page_reads_or_sorts_more_than_a_bounded_part(
    big: tuple[Client, TelnyxAccount],
) -> None:
    client, account = big
    address = reverse("sim_cards", args=[account.slug])
    wrong = []
    for chosen in filters_of(account):
        for sort in [name for each in SORTS for name in (each, f"-{each}")]:
            query = {**chosen, "sort": sort}
            with CaptureQueriesContext(connection) as queries:
                page = client.get(address, query).context["page"]
                if page.after:
                    page = client.get(address, {**query, "after": page.after}).context["page"]
                if page.before:
                    client.get(address, {**query, "before": page.before})
            for statement in statements_over_sim_cards(queries):
                within = statement.read <= READ and statement.sorted <= SORTED
                if statement.scans_the_table or not within:
                    wrong.append(f"{query}: {statement}\n{statement.sql}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["overview", "groups"])
def test_pages_beside_the_list_count_no_sim_card(
    big: tuple[Client, TelnyxAccount], name: str
) -> None:
    client, account = big
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(name, args=[account.slug])).status_code == 200
    # The newest events name theirs.
    assert all(statement.read <= 10 for statement in statements_over_sim_cards(queries))


def test_a_large_fleet_takes_as_many_queries_as_a_small_one(
    account: TelnyxAccount, operator: Person
) -> None:
    client = Client()
    client.force_login(operator)
    address = reverse("sim_cards", args=[account.slug])
    numbers = []
    last = 0
    for size in (10, 100, SIM_CARDS):
        add_sim_cards(account, size, first=last + 1)
        last = size
        refresh_fleet_counts(account)
        client.get(address)
        asked = []
        for query in ({}, {"status": "enabled"}, {"q": "893"}, {"tag": "model:B", "q": "893"}):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address, query).status_code == 200
            asked.append(len(queries))
        numbers.append(asked)
    # A total of very many is known from the last sweep, so that count falls away; the end of a
    # walk's window is looked up instead.
    assert numbers[0] == numbers[1]
    assert all(large <= small + 1 for large, small in zip(numbers[2], numbers[1], strict=True))
