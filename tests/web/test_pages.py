"""What holds for every page: policy, whole page and part, errors, queries, secrets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.template import engines
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Connection, Person, TelnyxAccount
from fleet.models import Group, Operation, OperationTarget, Resource, SimCard, SyncRun, SyncState

pytestmark = pytest.mark.django_db
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PAGES = ("overview", "sim_cards", "groups", "operations", "sync_runs")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def as_admin(admin: Person) -> Client:
    """A browser in which the admin is signed in."""
    client = Client()
    client.force_login(admin)
    return client


@pytest.mark.parametrize("name", PAGES)
def test_one_address_gives_a_whole_page_and_a_part(
    as_admin: Client, synced_account: TelnyxAccount, name: str
) -> None:
    address = reverse(name, args=[synced_account.slug])
    whole = as_admin.get(address)
    part = as_admin.get(address, headers=HTMX)
    restored = as_admin.get(address, headers={**HTMX, "HX-History-Restore-Request": "true"})
    boosted = as_admin.get(address, headers={**HTMX, "HX-Boosted": "true"})
    assert b"<html" in whole.content
    assert b"<html" not in part.content
    assert part.content.strip()
    assert b"<html" in restored.content
    assert b"<html" in boosted.content
    for response in (whole, part):
        assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("name", [*PAGES, "telnyx_account"])
def test_the_policy_is_strict_and_no_secret_is_shown(
    as_admin: Client, synced_account: TelnyxAccount, name: str
) -> None:
    response = as_admin.get(reverse(name, args=[synced_account.slug]))
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert synced_account.api_key not in page
    assert synced_account.api_key_encrypted not in page


def test_templates_hold_nothing_inline() -> None:
    """The policy would block it without a word."""
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"\son(click|change|submit|load|input|key\w+)=", text), path
        assert not re.search(r"\sstyle=", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path
        assert "hx-on" not in text, path


def test_every_template_compiles() -> None:
    for path in TEMPLATES.rglob("*.html"):
        engines["django"].get_template(str(path.relative_to(TEMPLATES)))


def test_an_expired_session_sends_htmx_to_the_sign_in_page(
    synced_account: TelnyxAccount,
) -> None:
    address = reverse("sim_cards", args=[synced_account.slug])
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{address}?q=123"}
    response = Client().get(address, headers=headers)
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/sign-in/?next=" + f"{address}%3Fq%3D123"


def test_error_pages_are_whole_for_people_and_short_for_htmx(
    as_admin: Client, synced_account: TelnyxAccount, manager: Person
) -> None:
    whole = as_admin.get("/nowhere/")
    assert whole.status_code == 404
    assert b"Not found" in whole.content
    client = Client()
    client.force_login(manager)
    address = reverse("telnyx_account", args=[synced_account.slug])
    assert "needs the role Admin" in client.get(address).content.decode()
    short = client.get(address, headers=HTMX)
    assert short.status_code == 403
    assert short["Content-Type"].startswith("text/plain")


def test_an_error_of_ours_is_a_page_without_details(
    as_admin: Client, synced_account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the cause stays in the log")

    monkeypatch.setattr("fleet.web.groups.views.page_of", broken)
    as_admin.raise_request_exception = False
    response = as_admin.get(reverse("groups", args=[synced_account.slug]))
    assert response.status_code == 500
    assert "Simfleet had an error" in response.content.decode()
    assert "the cause stays" not in response.content.decode()


def _filled(account: TelnyxAccount, number: int, person: Person) -> None:
    now = timezone.now()
    cards = list(SimCard.objects.filter(account=account)[:number])
    for _ in range(number):
        operation = Operation.objects.create(
            account=account, kind="enable", requested_by=person, state="succeeded", target_count=1
        )
        OperationTarget.objects.create(
            operation=operation, sim_card=cards[0], state="completed", prior={"status": "disabled"}
        )
        SyncRun.objects.create(
            account=account,
            resource=Resource.GROUPS,
            state=SyncState.COMPLETE,
            requested_by=person,
            finished_at=now,
        )
    big = Operation.objects.create(
        account=account, kind="enable", state="succeeded", target_count=number
    )
    OperationTarget.objects.bulk_create(
        OperationTarget(
            operation=big, sim_card=card, state="completed", prior={"status": "disabled"}
        )
        for card in cards
    )


def _queries(client: Client, account: TelnyxAccount) -> dict[str, int]:
    counts = {}
    newest = Operation.objects.filter(account=account).latest("pk").pk
    addresses = {name: reverse(name, args=[account.slug]) for name in PAGES}
    addresses["operation"] = reverse("operation", args=[account.slug, newest])
    for name, address in addresses.items():
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts[name] = len(queries)
    return counts


def test_no_page_does_more_queries_at_a_hundred_rows_than_at_ten(
    as_admin: Client, synced_account: TelnyxAccount, operator: Person
) -> None:
    _filled(synced_account, 10, operator)
    few = _queries(as_admin, synced_account)
    _filled(synced_account, 100, operator)
    template = Group.objects.filter(account=synced_account).first()
    for number in range(90):
        template.pk, template.remote_id = None, f"00000000-0000-4000-8000-{number:012d}"
        template.save()
    many = _queries(as_admin, synced_account)
    assert many == few


def test_the_page_says_when_the_copy_is_from(
    as_admin: Client, synced_account: TelnyxAccount
) -> None:
    address = reverse("overview", args=[synced_account.slug])
    SyncRun.objects.filter(account=synced_account).delete()
    assert "Not synced yet" in as_admin.get(address).content.decode()
    SyncRun.objects.create(
        account=synced_account,
        resource=Resource.SIM_CARDS,
        state=SyncState.COMPLETE,
        started_at=timezone.now() - timezone.timedelta(minutes=3),
    )
    assert "3 min ago" in as_admin.get(address).content.decode()


@pytest.mark.parametrize(
    ("connection_state", "text"),
    [
        (Connection.REFUSED, "The API key was refused (401)"),
        (Connection.UNREACHABLE, "API unreachable, showing data as of"),
    ],
)
def test_a_lost_connection_is_said_on_every_page(
    as_admin: Client, synced_account: TelnyxAccount, connection_state: Connection, text: str
) -> None:
    synced_account.note_connection(connection_state, "No connection could be made.")
    for name in PAGES:
        assert text in as_admin.get(reverse(name, args=[synced_account.slug])).content.decode()


def test_the_poll_tells_the_page_only_of_changes(
    as_admin: Client, synced_account: TelnyxAccount
) -> None:
    address = reverse("activity", args=[synced_account.slug])
    first = as_admin.get(address, {"version": "old"}, headers=HTMX)
    assert "activity" in first["HX-Trigger"]
    version = re.search(r"version=([\d.]+)", first.content.decode()).group(1)
    again = as_admin.get(address, {"version": version}, headers=HTMX)
    assert "HX-Trigger" not in again.headers
    Operation.objects.create(account=synced_account, kind="enable", state="running")
    assert "HX-Trigger" in as_admin.get(address, {"version": version}, headers=HTMX).headers
    assert first["Cache-Control"] == "no-store"
