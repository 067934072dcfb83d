"""The SIM card list at growing sizes of fleet, against the changelist of Django's admin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import connection
from django.test import Client, modify_settings, override_settings
from django.urls import reverse

from accounts.models import Membership, Person, Role, TelnyxAccount
from fleet.models import SimCard
from fleet.sync.fleet_counts import refresh_fleet_counts
from fleet.web.keyset import paginate
from fleet.web.sim_cards.tables import SORTS
from tests.bench.report import Row, measure
from tests.web.generated_fleet import add_sim_cards

SIZES = (10_000, 100_000, 1_000_000)
# A round asks for each page this often; the median of a round is one figure.
REQUESTS = 5
SLUG = "bench-lists"
ADMIN = "/bench-admin/fleet/simcard/"


def list_rows(sizes: Sequence[int] = SIZES, rounds: int = 3) -> list[Row]:
    """Measure whole responses, signed in and with every middleware; leaves no rows behind."""
    account, client = _begin()
    rows: dict[str, list[Row]] = {}
    try:
        with _admin_installed():
            last = 0
            for size in sizes:
                _grow(account, last + 1, size)
                last = size
                counting = measure(f"counting {size:,}", lambda: refresh_fleet_counts(account), 1)
                rows.setdefault("counting", []).append(counting)
                for name, ask in _pages(account, client).items():
                    row = Row(f"{name}, {size:,}", [_request(ask) for _ in range(rounds)])
                    rows.setdefault(name, []).append(row)
                admin = Row(
                    f"admin changelist, {size:,}",
                    [
                        _request(lambda: _good(client.get(ADMIN)), 1 + (size < 10**6))
                        for _ in range(rounds)
                    ],
                )
                rows.setdefault("admin", []).append(admin)
    finally:
        _end(account)
    smallest = rows["list"][0]
    for row in rows["list"][1:]:
        row.against = smallest
    for name in set(rows) - {"list", "counting"}:
        for row, ours in zip(rows[name], rows["list"], strict=True):
            row.against = ours
    return [row for kind in rows.values() for row in kind]


def _request(ask: Callable[[], Any], times: int = REQUESTS) -> float:
    ask()
    return median(measure("", ask, times).seconds)


def _pages(account: TelnyxAccount, client: Client) -> dict[str, Callable[[], Any]]:
    address = reverse("sim_cards", args=[account.slug])
    overview = reverse("overview", args=[account.slug])
    present = SimCard.objects.filter(account=account).present()
    middle = present.order_by("pk").values_list("iccid", flat=True)[present.count() // 2]
    # The cursor that a person has who paged up to there.
    rows = present.filter(iccid__gte=middle)
    deep = paginate(rows, SORTS["iccid"], descending=False, size=1).after

    def get(**query: Any) -> Callable[[], Any]:
        return lambda: _good(client.get(address, query))

    return {
        "list": get(),
        "deep page": get(after=deep),
        "search of six digits": get(q=middle[-8:-2]),
        "by tag": get(tag="site:7"),
        "by status, sorted by usage": get(status="enabled", sort="-usage"),
        "overview": lambda: _good(client.get(overview)),
    }


def _good(response: Any) -> Any:
    assert response.status_code == 200, (response.status_code, response.get("Location"))
    return response


def _begin() -> tuple[TelnyxAccount, Client]:
    TelnyxAccount.objects.filter(slug=SLUG).delete()
    account = TelnyxAccount(slug=SLUG, name="Bench")
    account.set_connection("http://127.0.0.1:9/v2", "KEY-of-bench-lists")
    account.save()
    person = Person.objects.filter(email="lists@bench.example").first()
    person = person or Person.objects.create_user("lists@bench.example", None)
    Membership.objects.create(account=account, person=person, role=Role.ADMIN)
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    return account, client


def _grow(account: TelnyxAccount, first: int, last: int) -> None:
    """Up to that size. The large indexes are built after, which is quicker and the same."""
    large = [index for index in SimCard._meta.indexes if isinstance(index, GinIndex)]
    with connection.schema_editor(atomic=False) as editor:
        for index in large:
            editor.remove_index(SimCard, index)
        try:
            add_sim_cards(account, last, first=first)
        finally:
            for index in large:
                editor.add_index(SimCard, index)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE fleet_simcard")


def _end(account: TelnyxAccount) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM fleet_simcard WHERE account_id = %s", [account.pk])
        cursor.execute("VACUUM fleet_simcard")
    account.delete()
    Person.objects.filter(email="lists@bench.example").delete()


@contextmanager
def _admin_installed() -> Any:
    """The admin with its own templates, for as long as it is measured."""
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment(debug=False)
    try:
        with (
            modify_settings(INSTALLED_APPS={"append": "django.contrib.admin"}),
            override_settings(
                ROOT_URLCONF="tests.bench.admin_urls",
                ALLOWED_HOSTS=["localhost"],
                SECURE_SSL_REDIRECT=False,
                DEBUG=False,
            ),
        ):
            yield
    finally:
        teardown_test_environment()
