"""Telnyx accounts, their people, one's own page, signing in."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Connection, Membership, Person, Role, TelnyxAccount

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
GOOD = {
    "name": "Bolt",
    "base_url": "https://api.telnyx.com/v2",
    "requests_per_second": "20",
    "sync_every_minutes": "5",
    "calls_per_hour": "20000",
    "details_per_hour": "600",
}


@pytest.fixture
def as_admin(admin: Person) -> Client:
    """A browser in which the admin is signed in."""
    client = Client()
    client.force_login(admin)
    return client


def test_an_account_is_added_and_its_key_is_never_shown(admin: Person, as_admin: Client) -> None:
    Person.objects.filter(pk=admin.pk).update(is_superuser=True)
    response = as_admin.post(reverse("add_account"), {**GOOD, "api_key": "KEY0123456789abcd"})
    account = TelnyxAccount.objects.get(slug="bolt")
    assert response["Location"] == account.get_absolute_url()
    assert account.api_key == "KEY0123456789abcd"
    assert "KEY0123456789" not in account.api_key_encrypted
    assert Membership.objects.get(account=account).role == Role.ADMIN
    page = as_admin.get(reverse("telnyx_account", args=["bolt"])).content.decode()
    assert "KEY0123456789" not in page
    assert "…abcd" in page
    detail = AuditEntry.objects.get(action="account.added").detail
    assert "KEY" not in str(detail)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("api_key", "", "required"),
        ("api_key", "with space", "Copy it again"),
        ("api_key", "schlüssel", "Copy it again"),
        ("base_url", "ftp://x.example", "will not do"),
        ("base_url", "https://u:p@x.example/v2", "will not do"),
        ("requests_per_second", "0", "greater than or equal to 1"),
        ("sync_every_minutes", "soon", "whole number"),
        ("name", "", "required"),
    ],
)
def test_bad_input_names_the_field_and_keeps_the_rest(
    admin: Person, as_admin: Client, field: str, value: str, says: str
) -> None:
    Person.objects.filter(pk=admin.pk).update(is_superuser=True)
    data = {**GOOD, "api_key": "KEY-secret-value", field: value}
    response = as_admin.post(reverse("add_account"), data)
    page = response.content.decode()
    assert response.status_code == 422
    assert says in " ".join(response.context["form"].errors[field])
    assert "KEY-secret-value" not in page
    if field != "requests_per_second":
        assert 'value="20"' in page
    assert not TelnyxAccount.objects.filter(name="Bolt").exists()


def test_saving_without_a_key_keeps_it_and_the_connection(
    account: TelnyxAccount, as_admin: Client
) -> None:
    account.note_connection(Connection.OK)
    key = account.api_key
    data = {**GOOD, "name": "Renamed", "base_url": account.base_url}
    as_admin.post(reverse("telnyx_account", args=[account.slug]), data)
    account.refresh_from_db()
    assert (account.name, account.api_key, account.connection) == ("Renamed", key, "ok")


def test_a_new_key_is_tried_at_once(account: TelnyxAccount, as_admin: Client) -> None:
    account.note_connection(Connection.REFUSED, "refused")
    data = {**GOOD, "base_url": account.base_url, "api_key": "KEY-brand-new"}
    as_admin.post(reverse("telnyx_account", args=[account.slug]), data)
    account.refresh_from_db()
    assert account.api_key == "KEY-brand-new"
    assert account.connection == "unchecked"
    assert account.may_call


def test_the_stored_key_is_never_sent_to_another_address(
    account: TelnyxAccount, as_admin: Client
) -> None:
    data = {**GOOD, "base_url": "https://collector.example/v2"}
    response = as_admin.post(reverse("telnyx_account", args=[account.slug]), data)
    assert response.status_code == 422
    assert "api_key" in response.context["form"].errors
    before = account.base_url
    account.refresh_from_db()
    assert account.base_url == before


def test_a_new_person_gets_a_password_once(account: TelnyxAccount, as_admin: Client) -> None:
    address = reverse("add_member", args=[account.slug])
    response = as_admin.post(address, {"email": "New@Example.com", "role": Role.OPERATOR.value})
    password = response.context["new_password"]
    assert password in response.content.decode()
    person = Person.objects.get(email="new@example.com")
    assert person.check_password(password)
    assert person.memberships.get().role == Role.OPERATOR
    again = as_admin.get(reverse("telnyx_account", args=[account.slug]))
    assert password not in again.content.decode()
    assert password not in str(list(AuditEntry.objects.values()))
    twice = as_admin.post(address, {"email": "new@example.com", "role": Role.ADMIN.value})
    assert twice.status_code == 422


def test_somebody_who_exists_keeps_their_password(
    account: TelnyxAccount, as_admin: Client, stranger: Person
) -> None:
    before = stranger.password
    address = reverse("add_member", args=[account.slug])
    response = as_admin.post(address, {"email": stranger.email, "role": Role.MANAGER.value})
    assert response.status_code == 302
    stranger.refresh_from_db()
    assert stranger.password == before
    assert stranger.memberships.filter(account=account).exists()


def test_roles_change_and_end_but_the_last_admin_stays(
    account: TelnyxAccount, as_admin: Client, admin: Person, operator: Person
) -> None:
    def change(person: Person, role: str) -> None:
        membership = person.memberships.get(account=account)
        as_admin.post(reverse("change_member", args=[account.slug, membership.pk]), {"role": role})

    change(admin, str(Role.MANAGER.value))
    change(admin, "")
    assert admin.memberships.get(account=account).role == Role.ADMIN
    change(operator, "7")
    assert operator.memberships.get(account=account).role == Role.OPERATOR
    change(operator, str(Role.ADMIN.value))
    assert operator.memberships.get(account=account).role == Role.ADMIN
    change(operator, "")
    assert not operator.memberships.filter(account=account).exists()


def test_a_person_of_another_account_cannot_be_changed_here(
    account: TelnyxAccount, as_admin: Client, stranger: Person
) -> None:
    membership = stranger.memberships.get()
    address = reverse("change_member", args=[account.slug, membership.pk])
    assert as_admin.post(address, {"role": ""}).status_code == 404
    membership.refresh_from_db()


def test_home_opens_the_account_last_seen(account: TelnyxAccount, admin: Person) -> None:
    other = TelnyxAccount(slug="zz", name="A comes first")
    other.set_connection("http://127.0.0.1:9/v2", "KEY")
    other.save()
    Membership.objects.create(account=other, person=admin, role=Role.ADMIN)
    client = Client()
    client.force_login(admin)
    client.get(reverse("overview", args=[account.slug]))
    assert client.get("/")["Location"] == account.get_absolute_url()
    client.get(reverse("overview", args=["zz"]))
    assert client.get("/")["Location"] == other.get_absolute_url()


def test_without_an_account_home_says_what_to_do(db: None) -> None:
    client = Client()
    client.force_login(Person.objects.create_user("lone@example.com", PASSWORD))
    assert "no role on any Telnyx account" in client.get("/").content.decode()


def test_signing_in_by_e_mail_in_any_case_and_out(db: None) -> None:
    Person.objects.create_user("ann@example.com", PASSWORD)
    client = Client()
    data = {"login": "Ann@Example.COM", "password": PASSWORD}
    response = client.post(reverse("account_login") + "?next=/person/", data)
    assert response["Location"] in {"/", "/person/"}
    assert client.get("/person/").status_code == 200
    client.post(reverse("account_logout"))
    assert client.get("/person/").status_code == 302


def test_a_wrong_password_keeps_the_e_mail_and_says_nothing_of_who_exists(db: None) -> None:
    Person.objects.create_user("ann@example.com", PASSWORD)
    answers = []
    for email in ("ann@example.com", "nobody@example.com"):
        data = {"login": email, "password": "wrong password"}
        page = Client().post(reverse("account_login"), data).content.decode()
        assert email in page
        assert "wrong password" not in page
        answers.append(page.replace(email, "").partition("alert-danger")[2][:200])
    assert answers[0] == answers[1]


def test_ten_wrong_passwords_close_the_door_for_a_while(db: None) -> None:
    Person.objects.create_user("ann@example.com", PASSWORD)
    client = Client()
    for _ in range(10):
        client.post(reverse("account_login"), {"login": "ann@example.com", "password": "no"})
    good = {"login": "ann@example.com", "password": PASSWORD}
    response = client.post(reverse("account_login"), good)
    assert response.status_code == 429
    assert "Too many tries" in response.content.decode()


def test_nobody_signs_up(db: None) -> None:
    assert Client().get("/signup/").status_code == 404
    assert Client().get("/sign-in/signup/").status_code == 404


def test_the_demo_s_people_show_in_demo_mode_on_loopback_only(
    db: None, settings: pytest.FixtureRequest
) -> None:
    shown = "simfleet-demo"
    assert shown not in Client().get("/sign-in/").content.decode()
    settings.DEMO = True  # type: ignore[attr-defined]
    assert shown in Client().get("/sign-in/").content.decode()
    outside = Client(REMOTE_ADDR="192.0.2.7")
    assert shown not in outside.get("/sign-in/").content.decode()


def test_a_person_chooses_name_and_time_zone(manager: Person) -> None:
    client = Client()
    client.force_login(manager)
    client.post(reverse("person"), {"name": "Mia", "time_zone": "Europe/Berlin"})
    manager.refresh_from_db()
    assert (manager.name, manager.time_zone) == ("Mia", "Europe/Berlin")
    response = client.post(reverse("person"), {"name": "Mia", "time_zone": "Mars/Base"})
    assert response.status_code == 422


def test_a_person_changes_the_password(db: None) -> None:
    person = Person.objects.create_user("ann@example.com", PASSWORD)
    client = Client()
    client.force_login(person)
    data = {
        "oldpassword": PASSWORD,
        "password1": "another good one",
        "password2": "another good one",
    }
    response = client.post(reverse("account_change_password"), data)
    assert response.status_code == 302
    person.refresh_from_db()
    assert person.check_password("another good one")
