"""Who sees an account, and what is known of its connection."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import Connection, Membership, Person, Role, TelnyxAccount
from tests.conftest import NOWHERE, make_account

pytestmark = pytest.mark.django_db


def _visible(person: Person) -> set[str]:
    return {account.slug for account in TelnyxAccount.objects.visible_to(person)}


def test_a_person_sees_the_accounts_with_a_role_and_no_other(
    admin: Person, operator: Person, manager: Person, stranger: Person
) -> None:
    assert _visible(admin) == _visible(operator) == _visible(manager) == {"acme"}
    assert _visible(stranger) == {"else"}
    other = TelnyxAccount.objects.get(slug="else")
    Membership.objects.create(account=other, person=manager, role=Role.ADMIN)
    assert _visible(manager) == {"acme", "else"}


def test_being_a_superuser_is_no_role(account: TelnyxAccount) -> None:
    assert _visible(Person.objects.create_superuser("root@acme.example", "correct horse")) == set()


def test_nobody_and_the_inactive_see_nothing(admin: Person) -> None:
    admin.is_active = False
    assert not TelnyxAccount.objects.visible_to(admin).exists()
    assert not TelnyxAccount.objects.visible_to(AnonymousUser()).exists()


def test_a_connection_is_new_only_where_key_or_url_differ(account: TelnyxAccount) -> None:
    account.note_connection(Connection.OK)
    assert not account.set_connection(NOWHERE)
    assert not account.set_connection(NOWHERE, account.api_key)
    assert (account.connection_version, account.connection) == (2, Connection.OK)
    assert account.set_connection(NOWHERE, "KEY-another")
    assert (account.connection_version, account.connection) == (3, Connection.UNCHECKED)
    assert (account.api_key, account.api_key_last4) == ("KEY-another", "ther")
    assert account.connection_checked_at is None
    assert account.set_connection(f"{NOWHERE}/other")
    assert (account.connection_version, account.api_key) == (4, "KEY-another")


def test_an_answer_to_the_old_key_says_nothing_of_the_new_one(account: TelnyxAccount) -> None:
    in_flight = TelnyxAccount.objects.get(pk=account.pk)
    account.set_connection(NOWHERE, "KEY-another")
    account.save()
    assert not in_flight.note_connection(Connection.REFUSED, "refused")
    account.refresh_from_db()
    assert (account.connection, account.connection_detail) == (Connection.UNCHECKED, "")
    assert account.may_call


def test_a_refused_key_is_not_used_until_it_is_changed(account: TelnyxAccount) -> None:
    assert account.note_connection(Connection.REFUSED, "refused")
    account.refresh_from_db()
    assert not account.may_call
    assert account.connection_checked_at is not None
    account.set_connection(account.base_url, "KEY-another")
    assert account.may_call


def test_two_accounts_keep_their_keys_apart(account: TelnyxAccount) -> None:
    other = make_account("other", "Other")
    assert account.api_key != other.api_key
    account.note_connection(Connection.REFUSED, "refused")
    other.refresh_from_db()
    assert other.may_call
