"""Who may open what: everybody is tried on every address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Membership, Person, TelnyxAccount
from fleet.models import Group, IdentifierReport, Operation, SimCard

pytestmark = pytest.mark.django_db

TO_SIGN_IN = "to the sign-in page"
PEOPLE = ("nobody", "stranger", "manager", "operator", "admin")


@dataclass(frozen=True)
class Case:
    """An address, how it is asked, and what each of PEOPLE gets, in their order."""

    name: str
    expected: tuple[Any, Any, Any, Any, Any]
    method: str = "get"
    arguments: Callable[[TelnyxAccount], list[Any]] = field(default=lambda account: [account.slug])
    data: dict[str, Any] = field(default_factory=dict)


def _sim_card(account: TelnyxAccount) -> list[Any]:
    return [account.slug, SimCard.objects.filter(account=account).first().remote_id]


def _operation(account: TelnyxAccount) -> list[Any]:
    operation, _ = Operation.objects.get_or_create(account=account, kind="enable")
    return [account.slug, operation.pk]


def _from_identifiers(account: TelnyxAccount) -> list[Any]:
    slug, operation = _operation(account)
    IdentifierReport.objects.get_or_create(operation_id=operation)
    return [slug, operation]


def _group(account: TelnyxAccount) -> list[Any]:
    return [account.slug, Group.objects.filter(account=account).first().remote_id]


def _membership(account: TelnyxAccount) -> list[Any]:
    member, _ = Person.objects.get_or_create(email="member@acme.example")
    membership, _ = Membership.objects.get_or_create(account=account, person=member, role=1)
    return [account.slug, membership.pk]


READS = (TO_SIGN_IN, 404, 200, 200, 200)
ACTS = (TO_SIGN_IN, 404, 403)
CASES = (
    Case("home", (TO_SIGN_IN, 302, 302, 302, 302), arguments=lambda account: []),
    Case("account_login", (200, 302, 302, 302, 302), arguments=lambda account: []),
    Case("account_logout", (302, 302, 302, 302, 302), "post", lambda account: []),
    Case("person", (TO_SIGN_IN, 200, 200, 200, 200), arguments=lambda account: []),
    Case("account_change_password", (TO_SIGN_IN, 200, 200, 200, 200), arguments=lambda account: []),
    Case("add_account", (TO_SIGN_IN, 403, 403, 403, 403), arguments=lambda account: []),
    Case("add_account", (TO_SIGN_IN, 403, 403, 403, 403), "post", lambda account: []),
    Case("telnyx_account", (TO_SIGN_IN, 404, 403, 403, 200)),
    Case("telnyx_account", (TO_SIGN_IN, 404, 403, 403, 422), "post"),
    Case("account_rules", (TO_SIGN_IN, 404, 403, 403, 422), "post"),
    Case("add_member", (TO_SIGN_IN, 404, 403, 403, 422), "post"),
    Case("change_member", (TO_SIGN_IN, 404, 403, 403, 302), "post", _membership),
    Case("overview", READS),
    Case("activity", READS),
    Case("sim_cards", READS),
    Case("sim_card_rows", READS),
    Case("sim_card", READS, arguments=_sim_card),
    Case("refresh_sim_card", (TO_SIGN_IN, 404, 302, 302, 302), "post", _sim_card),
    Case("groups", READS),
    Case("operations", READS),
    Case("plan_operation", (*ACTS, 302, 302), "post", data={"kind": "enable"}),
    Case("operation", READS, arguments=_operation),
    Case("confirm_operation", (*ACTS, 302, 302), "post", _operation),
    Case("discard_operation", (*ACTS, 302, 302), "post", _operation),
    Case("ask_step", (*ACTS, 200, 200), arguments=lambda account: [*_operation(account), "cancel"]),
    # The operation of these cases is a plan: there is nothing to approve or to pause.
    Case("approve_operation", (*ACTS, 302, 302), "post", _operation),
    Case("refuse_operation", (*ACTS, 302, 302), "post", _operation),
    Case("pause_operation", (*ACTS, 302, 302), "post", _operation),
    Case("go_on_operation", (*ACTS, 302, 302), "post", _operation),
    Case("cancel_operation", (*ACTS, 302, 302), "post", _operation),
    Case("retry_operation", (*ACTS, 302, 302), "post", _operation),
    Case("undo_operation", (*ACTS, 302, 302), "post", _operation),
    Case("targets_csv", READS, arguments=_operation),
    Case("targets_xlsx", READS, arguments=_operation),
    Case("operation_identifiers", (*ACTS, 200, 200)),
    Case("operation_identifiers", (*ACTS, 422, 422), "post"),
    Case("identifier_report", READS, arguments=_from_identifiers),
    Case("identifier_report_csv", READS, arguments=_from_identifiers),
    Case("sync_runs", READS),
    Case("start_sync", (*ACTS, 302, 302), "post"),
    Case("start_group_sync", (*ACTS, 302, 302), "post", _group),
)


def _names(resolver: URLResolver) -> set[str]:
    names: set[str] = set()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            names.add(str(entry.name))
        else:
            names |= _names(entry)
    return names


def test_every_address_has_a_case() -> None:
    assert _names(get_resolver()) == {case.name for case in CASES}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method}-{case.name}")
def test_who_may_open_it(
    case: Case, who: str, synced_account: TelnyxAccount, request: pytest.FixtureRequest
) -> None:
    client = Client()
    if who != "nobody":
        client.force_login(request.getfixturevalue(who))
    address = reverse(case.name, args=case.arguments(synced_account))
    response = getattr(client, case.method)(address, case.data)
    expected = case.expected[PEOPLE.index(who)]
    if expected is TO_SIGN_IN:
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))
    else:
        assert response.status_code == expected


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.method == "post" and c.name != "account_logout"]
)
def test_a_post_without_the_token_is_refused(
    case: Case, synced_account: TelnyxAccount, admin: Person
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    address = reverse(case.name, args=case.arguments(synced_account))
    assert client.post(address, case.data).status_code == 403


@pytest.mark.parametrize("case", [c for c in CASES if c.method == "post"])
def test_what_changes_something_is_not_done_by_a_get(
    case: Case, synced_account: TelnyxAccount, admin: Person
) -> None:
    if case.name in {"telnyx_account", "add_account", "account_logout", "operation_identifiers"}:
        pytest.skip("has a page of its own for GET")
    client = Client()
    client.force_login(admin)
    address = reverse(case.name, args=case.arguments(synced_account))
    assert client.get(address).status_code == 405


def test_things_of_another_account_are_not_found(
    synced_account: TelnyxAccount, stranger: Person
) -> None:
    """A stranger cannot reach this account's rows through their own account's addresses."""
    client = Client()
    client.force_login(stranger)
    other = stranger.memberships.get().account
    card = SimCard.objects.filter(account=synced_account).first()
    operation = _operation(synced_account)[1]
    assert client.get(reverse("sim_card", args=[other.slug, card.remote_id])).status_code == 404
    for name in ("operation", "targets_csv", "targets_xlsx"):
        assert client.get(reverse(name, args=[other.slug, operation])).status_code == 404
    rows = client.get(reverse("sim_card_rows", args=[other.slug]), {"row": card.pk})
    assert card.iccid not in rows.content.decode()


def test_a_selection_never_reaches_another_account(
    synced_account: TelnyxAccount, stranger: Person
) -> None:
    Membership.objects.filter(person=stranger).update(role=3)
    client = Client()
    client.force_login(stranger)
    other = stranger.memberships.get().account
    card = SimCard.objects.filter(account=synced_account).first()
    client.post(reverse("plan_operation", args=[other.slug]), {"kind": "disable", "ids": [card.pk]})
    assert not Operation.objects.exists()


def test_a_person_who_was_shut_out_is_signed_out(
    synced_account: TelnyxAccount, manager: Person
) -> None:
    client = Client()
    client.force_login(manager)
    Person.objects.filter(pk=manager.pk).update(is_active=False)
    response = client.get(reverse("overview", args=[synced_account.slug]))
    assert response.status_code == 302


def test_unknown_things_are_not_found(synced_account: TelnyxAccount, manager: Person) -> None:
    client = Client()
    client.force_login(manager)
    slug = synced_account.slug
    assert client.get(reverse("sim_card", args=[slug, uuid4()])).status_code == 404
    assert client.get(f"/a/{slug}/operations/{10**30}/").status_code == 404
    assert client.get("/a/nothing/").status_code == 404
