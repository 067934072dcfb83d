"""People, their e-mail addresses, the command that creates them, and the audit trail."""

from __future__ import annotations

import io
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import RequestFactory

from accounts.models import AuditEntry, Membership, Person, Role, TelnyxAccount

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def _create(monkeypatch: pytest.MonkeyPatch, *arguments: str, password: str = PASSWORD) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n" if password else ""))
    out = StringIO()
    call_command("create_person", *arguments, "--password-stdin", stdout=out)
    return out.getvalue()


def test_an_e_mail_address_has_no_case() -> None:
    person = Person.objects.create_user("Ada@Acme.Example", PASSWORD)
    assert person.email == "ada@acme.example"
    assert Person.objects.get_by_natural_key("ADA@acme.EXAMPLE") == person
    request = RequestFactory().post("/")
    found = authenticate(request, email="ADA@acme.example", password=PASSWORD)
    assert found == person


def test_two_people_cannot_share_an_address_in_another_case() -> None:
    Person.objects.create_user("ada@acme.example", PASSWORD)
    with pytest.raises(ValidationError, match="exists already"):
        Person(email="ADA@acme.example", password="x").validate_constraints()
    with pytest.raises(IntegrityError):
        Person(email="ADA@acme.example").save()


def test_without_an_address_there_is_no_person_and_without_a_password_no_sign_in() -> None:
    with pytest.raises(ValueError, match="email is empty"):
        Person.objects.create_user("")
    assert not Person.objects.create_user("ada@acme.example").has_usable_password()


def test_a_time_zone_has_to_exist() -> None:
    person = Person(email="ada@acme.example", time_zone="Mars/Olympus", password="x")
    with pytest.raises(ValidationError, match="Mars/Olympus"):
        person.full_clean()


@pytest.mark.parametrize(
    ("name", "email", "initials"),
    [
        ("Ada King Lovelace", "x@y.example", "AK"),
        ("", "ada.king@y.example", "AK"),
        ("", "..@y.example", "?"),
    ],
)
def test_initials(name: str, email: str, initials: str) -> None:
    assert Person(name=name, email=email).initials == initials


def test_the_command_creates_a_person_with_a_role(
    account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _create(
        monkeypatch, " Ada@Acme.example", "--name", "Ada", "--account", "acme", "--role", "operator"
    )
    assert said == "ada@acme.example can sign in.\n"
    person = Person.objects.get(email="ada@acme.example")
    assert person.check_password(PASSWORD)
    assert Membership.objects.get(person=person, account=account).role == Role.OPERATOR
    assert not person.is_superuser
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.account) == (
        "person.command_line",
        "ada@acme.example",
        account,
    )


def test_the_command_updates_who_exists(
    operator: Person, account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--account", "acme", "--role", "admin", "--may-add-accounts")
    _create(monkeypatch, operator.email.upper(), *options, password="another horse battery")
    operator.refresh_from_db()
    assert operator.check_password("another horse battery")
    assert operator.name == "operator"
    assert operator.is_superuser
    assert Membership.objects.get(person=operator).role == Role.ADMIN


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (["ada@acme.example", "--account", "acme"], PASSWORD, "go together"),
        (["ada@acme.example", "--role", "admin", "--account", "nope"], PASSWORD, "there is: acme"),
        (["no address"], PASSWORD, "valid email"),
        (["ada@acme.example"], "short", "too short"),
        (["ada@acme.example"], "", "No password"),
    ],
)
def test_the_command_refuses_and_stores_nothing(
    account: TelnyxAccount,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    password: str,
    said: str,
) -> None:
    with pytest.raises(CommandError, match=said):
        _create(monkeypatch, *arguments, password=password)
    assert not Person.objects.exists()
    assert not AuditEntry.objects.exists()


def test_an_audit_entry_outlives_person_and_account(
    operator: Person, account: TelnyxAccount
) -> None:
    entry = AuditEntry.objects.record(
        "operation.started",
        person=operator,
        account=account,
        subject="#1 enable",
        detail={"targets": 3},
        address="192.0.2.1",
    )
    account.delete()
    operator.delete()
    entry.refresh_from_db()
    assert (entry.person, entry.account, entry.person_email) == (
        None,
        None,
        "operator@acme.example",
    )
    assert "operator@acme.example operation.started #1 enable" in str(entry)


def test_roles_say_what_they_mean() -> None:
    assert [role.meaning for role in sorted(Role)] == [
        "reads",
        "reads and acts on SIM cards",
        "administers the account",
    ]
