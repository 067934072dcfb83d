"""The SIM card list: search, filters, sorts, paging, selection, queries."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Person, TelnyxAccount
from fleet.models import Group, Operation, SimCard
from fleet.sync.fleet_counts import KEPT
from fleet.web.sim_cards.tables import SORTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def browse(synced_account: TelnyxAccount, operator: Person) -> Any:
    """`browse(q="123")` answers the list as the operator sees it."""
    client = Client()
    client.force_login(operator)
    address = reverse("sim_cards", args=[synced_account.slug])
    return lambda **query: client.get(address, query)


def _iccids(response: Any) -> list[str]:
    return [card.iccid for card in response.context["page"].rows]


@pytest.mark.parametrize("field", ["iccid", "imsi", "msisdn", "eid"])
def test_search_finds_any_part_of_an_identifier(browse: Any, field: str) -> None:
    card = SimCard.objects.exclude(**{field: ""}).order_by("pk")[3]
    value = getattr(card, field)
    assert card.iccid in _iccids(browse(q=value[-7:], size=100))
    assert _iccids(browse(q=value)) == [card.iccid]


def test_search_takes_separators_and_spaces(browse: Any) -> None:
    card = SimCard.objects.exclude(msisdn="").first()
    spaced = f" {card.iccid[:4]} {card.iccid[4:8]}-{card.iccid[8:]} "
    assert _iccids(browse(q=spaced)) == [card.iccid]
    assert _iccids(browse(q=card.msisdn)) == [card.iccid]


@pytest.mark.parametrize("text", ["%%%", "___", "\\\\\\", "'; DROP TABLE", "٣٤٥", "x" * 500])
def test_search_for_odd_text_finds_nothing(browse: Any, text: str) -> None:
    response = browse(q=text)
    assert response.status_code == 200
    assert _iccids(response) == []


def test_a_short_search_says_what_is_missing(browse: Any) -> None:
    assert "Type at least three characters" in browse(q="12").content.decode()


def test_filters_narrow_and_show_as_chips(browse: Any) -> None:
    card = SimCard.objects.filter(status="disabled", type="physical").exclude(group=None).first()
    query = {
        "status": "disabled",
        "type": "physical",
        "group": str(card.group_remote_id),
        "tag": ",".join(card.tags[:2]),
        "voice": "on" if card.voice_enabled else "off",
    }
    response = browse(**query, size=100)
    assert card.iccid in _iccids(response)
    for found in response.context["page"].rows:
        assert (found.status, found.type) == ("disabled", "physical")
        assert found.group_id == card.group_id
        assert set(card.tags[:2]) <= set(found.tags)
    labels = {chip.label for chip in response.context["chips"]}
    assert labels >= {"Status", "Type", "Group", "Voice"}


def test_several_statuses_are_one_or_the_other(browse: Any) -> None:
    response = browse(status=["disabled", "standby"], size=100)
    assert {card.status for card in response.context["page"].rows} == {"disabled", "standby"}


def test_without_a_group(browse: Any) -> None:
    rows = browse(group="none", size=100).context["page"].rows
    assert rows
    assert all(card.group_remote_id is None for card in rows)


def test_any_group_can_be_filtered_for_however_many_there_are(
    browse: Any, synced_account: TelnyxAccount
) -> None:
    now = timezone.now()
    groups = Group.objects.bulk_create(
        Group(
            account=synced_account,
            remote_id=uuid4(),
            name=name,
            raw={},
            digest=b"",
            first_seen_at=now,
            read_at=now,
        )
        for name in [*(f"A {number:03}" for number in range(2 * KEPT)), "Zeta", "Zulu"]
    )
    card = SimCard.objects.order_by("pk")[0]
    zeta = groups[-2]
    SimCard.objects.filter(pk=card.pk).update(group=zeta, group_remote_id=zeta.remote_id)
    response = browse(group=str(zeta.remote_id))
    assert _iccids(response) == [card.iccid]
    assert "Zeta" in [chip.value for chip in response.context["chips"]]
    # One without SIM cards, too.
    assert _iccids(browse(group=str(groups[-1].remote_id))) == []
    assert "Select a valid choice" not in browse(group=str(groups[-1].remote_id)).content.decode()


def test_a_status_that_simfleet_does_not_know_is_shown_and_filtered(browse: Any) -> None:
    card = SimCard.objects.first()
    SimCard.objects.filter(pk=card.pk).update(status="quantum_parked")
    response = browse(status="quantum_parked")
    assert _iccids(response) == [card.iccid]
    assert "Quantum parked" in response.content.decode()


@pytest.mark.parametrize(
    "query", [{"group": "x"}, {"type": "nano"}, {"voice": "loud"}, {"group": "-1"}]
)
def test_a_wrong_filter_is_said_and_selects_nothing(browse: Any, query: dict[str, str]) -> None:
    response = browse(**query)
    assert response.status_code == 200
    assert _iccids(response) == []
    assert next(iter(query.values())) in response.content.decode()


@pytest.mark.parametrize("sort", [name for each in SORTS for name in (each, f"-{each}")])
def test_every_sort_pages_through_all_rows_and_back(browse: Any, sort: str) -> None:
    """Also under equal and missing values: each SIM card once, in one order both ways."""
    some = SimCard.objects.order_by("pk").values_list("pk", flat=True)[:70]
    SimCard.objects.filter(pk__in=list(some)).update(remote_updated_at=None, remote_created_at=None)
    seen: list[int] = []
    starts = []
    query: dict[str, Any] = {"sort": sort, "size": 50}
    while True:
        page = browse(**query).context["page"]
        starts.append([card.pk for card in page.rows])
        seen += starts[-1]
        if not page.after:
            break
        query["after"] = page.after
    assert len(seen) == len(set(seen)) == SimCard.objects.count()
    column = SORTS[sort.lstrip("-")].columns[0]
    never = datetime.min.replace(tzinfo=UTC)
    cards = SimCard.objects.in_bulk()
    values = [getattr(cards[pk], column) for pk in seen]
    values = [never if value is None else value for value in values]
    assert values == sorted(values, reverse=sort.startswith("-"))
    before = browse(**query).context["page"].before
    for expected in reversed(starts[:-1]):
        page = browse(sort=sort, size=50, before=before).context["page"]
        assert [card.pk for card in page.rows] == expected
        before = page.before
    assert before is None


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "////", "W10", "WyJhIl0", "WzEsMiwzXQ", "bnVsbA"),
        "WyIxRS0yMDAwMCIsMV0=",
        "WyIxRTIwMDAwIiwxXQ==",
    ],
)
def test_a_damaged_cursor_shows_the_first_page(browse: Any, cursor: str) -> None:
    for sort in ("iccid", "usage"):
        assert _iccids(browse(after=cursor, sort=sort)) == _iccids(browse(sort=sort)), sort


def test_what_used_much_data_has_a_next_page(browse: Any) -> None:
    SimCard.objects.update(consumed_mb="123456789.500000")
    first = browse(sort="-usage", size=50)
    second = browse(sort="-usage", size=50, after=first.context["page"].after)
    assert set(_iccids(first)).isdisjoint(_iccids(second))


def test_a_page_whose_rows_are_gone_leads_back(browse: Any) -> None:
    after = browse(size=50).context["page"].after
    while (page := browse(size=50, after=after).context["page"]).after:
        after = page.after
    SimCard.objects.filter(pk__in=[card.pk for card in page.rows]).delete()
    response = browse(size=50, after=after)
    assert "Nothing here any more" in response.content.decode()
    before = response.context["page"].before
    assert len(_iccids(browse(size=50, before=before))) == 50


@pytest.mark.parametrize("sort", ["nothing", "", "--", "-"])
def test_an_unknown_sort_is_the_usual_one(browse: Any, sort: str) -> None:
    assert _iccids(browse(sort=sort)) == sorted(_iccids(browse()))


def test_one_search_uses_the_trigram_index(synced_account: TelnyxAccount) -> None:
    _multiply(synced_account, 60)
    rows = SimCard.objects.filter(account=synced_account).present().search("123456")
    assert "sim_card_search" in _explained(rows)


@pytest.mark.parametrize("sort", SORTS)
def test_a_page_is_read_from_an_index_without_sorting(
    synced_account: TelnyxAccount, sort: str
) -> None:
    _multiply(synced_account, 60)
    rows = SimCard.objects.filter(account=synced_account).present()
    plan = _explained(rows.order_by(*SORTS[sort].keys(fenced=False))[:26])
    assert "Index" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan


def _multiply(account: TelnyxAccount, times: int) -> None:
    """The fleet again and again under other numbers, so that an index pays."""
    columns = [
        f.column
        for f in SimCard._meta.local_fields
        if not f.primary_key and not f.generated and f.column not in {"remote_id", "iccid"}
    ]
    listed = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO fleet_simcard (remote_id, iccid, {listed}) "
            f"SELECT gen_random_uuid(), (random() * 1e18)::bigint::text, {listed} "
            f"FROM fleet_simcard, generate_series(1, {times}) WHERE account_id = %s",
            [account.pk],
        )
        # As a sweep's end does.
        cursor.execute("SELECT gin_clean_pending_list('sim_card_search')")
        cursor.execute("ANALYZE fleet_simcard")


def _explained(rows: Any) -> str:
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", parameters)
        return "\n".join(row[0] for row in cursor.fetchall())


def test_a_hundred_rows_take_no_more_queries_than_ten(
    browse: Any, synced_account: TelnyxAccount
) -> None:
    browse()  # counts beside filters are kept for a while; warm them
    with CaptureQueriesContext(connection) as few:
        browse(q="".join(SimCard.objects.first().iccid[:3]), size=25, status="standby")
    with CaptureQueriesContext(connection) as many:
        assert len(browse(size=100).context["page"].rows) == 100
    assert len(many) <= len(few) + 1
    assert len(many) <= 16


def test_the_rows_again_keep_their_order_and_miss_none(
    synced_account: TelnyxAccount, operator: Person
) -> None:
    client = Client()
    client.force_login(operator)
    ids = list(SimCard.objects.order_by("-consumed_mb").values_list("pk", flat=True)[:5])
    address = reverse("sim_card_rows", args=[synced_account.slug])
    response = client.get(address, {"row": [*ids, "nonsense", 10**30]})
    assert re.findall(r'data-pk="(\d+)"', response.content.decode()) == [str(pk) for pk in ids]
    assert response["Cache-Control"] == "no-store"


def test_all_that_match_is_what_the_filter_says_when_it_is_planned(
    synced_account: TelnyxAccount, operator: Person
) -> None:
    client = Client()
    client.force_login(operator)
    query = "status=standby&sort=-usage&after=W10"
    client.post(
        reverse("plan_operation", args=[synced_account.slug]),
        {"kind": "enable", "all": "1", "filter": query, "ids": ["1"]},
    )
    operation = Operation.objects.get()
    chosen = set(operation.targets.values_list("sim_card_id", flat=True))
    assert chosen == set(SimCard.objects.filter(status="standby").values_list("pk", flat=True))
    assert "status=standby" in operation.selection["filter"]


def test_all_that_match_a_broken_filter_is_nothing(
    synced_account: TelnyxAccount, operator: Person
) -> None:
    client = Client()
    client.force_login(operator)
    client.post(
        reverse("plan_operation", args=[synced_account.slug]),
        {"kind": "disable", "all": "1", "filter": "group=not-a-group"},
    )
    assert not Operation.objects.exists()
