"""People, Telnyx accounts and a small fleet for every test that wants them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Membership, Person, Role, TelnyxAccount
from fleet.models import Cause, SyncRun, SyncState
from fleet.sync.merge import Origin, merge
from fleet.sync.registry import SYNCS
from tests.fleet.lists import all_listed
from tests.sandbox_process import start_sandbox

# Nothing listens there: what a test asks of the network without meaning to fails at once.
NOWHERE = "http://127.0.0.1:9/v2"


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """The real hash takes a fifth of a second for each person, by design."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def fleet_records() -> dict[str, list[dict[str, Any]]]:
    """The records of a fleet of 300 as the API lists them, by resource."""
    with start_sandbox(sims=300, seed=11) as sandbox:
        return all_listed(sandbox)


@pytest.fixture
def account(db: None) -> TelnyxAccount:
    """A Telnyx account whose API is nowhere."""
    return make_account("acme", "Acme")


def make_account(slug: str, name: str, base_url: str = NOWHERE, **fields: Any) -> TelnyxAccount:
    """A Telnyx account with a key of its own."""
    made = TelnyxAccount(slug=slug, name=name, **fields)
    made.set_connection(base_url, f"KEY-of-{slug}-0123456789")
    made.save()
    return made


@pytest.fixture
def synced_account(
    account: TelnyxAccount, fleet_records: dict[str, list[dict[str, Any]]]
) -> TelnyxAccount:
    """The account with its fleet of 300, as a complete first sync leaves it."""
    for resource in SYNCS:
        sync = SYNCS[resource]
        run = SyncRun.objects.create(
            account=account,
            resource=resource,
            state=SyncState.COMPLETE,
            finished_at=timezone.now(),
            seen=len(fleet_records[resource]),
        )
        mapped = [sync.map(dict(record)) for record in fleet_records[resource]]
        origin = Origin(Cause.SWEEP, run=run, silent_additions=True)
        merge(sync, account, mapped, timezone.now(), origin)
    return account


def make_person(email: str, account: TelnyxAccount, role: Role) -> Person:
    """A person with a role."""
    person = Person.objects.create_user(email, "correct horse battery", name=email.split("@")[0])
    Membership.objects.create(account=account, person=person, role=role)
    return person


@pytest.fixture
def admin(account: TelnyxAccount) -> Person:
    """Administers the account."""
    return make_person("admin@acme.example", account, Role.ADMIN)


@pytest.fixture
def operator(account: TelnyxAccount) -> Person:
    """Acts on the account's SIM cards."""
    return make_person("operator@acme.example", account, Role.OPERATOR)


@pytest.fixture
def manager(account: TelnyxAccount) -> Person:
    """Reads."""
    return make_person("manager@acme.example", account, Role.MANAGER)


@pytest.fixture
def stranger(db: None) -> Person:
    """Has a role, but on another account."""
    return make_person("stranger@else.example", make_account("else", "Else"), Role.MANAGER)
