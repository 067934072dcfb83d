"""API keys are stored encrypted, shown nowhere, and survive a change of ENCRYPTION_KEYS."""

from __future__ import annotations

import logging
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.forms.models import model_to_dict
from pytest_django import Settings
from tenacity import wait_fixed

from accounts.encryption import DecryptionError, decrypt, encrypt, rotate
from accounts.models import Connection, TelnyxAccount
from fleet.models import Resource, SyncState
from fleet.sync.connection import AccountUnusable, client_for
from fleet.sync.engine import start_run, sweep
from telnyx_api import sending
from tests.conftest import make_account

KEY = "KEY-of-acme-0123456789"


@pytest.fixture
def keys(settings: Settings) -> list[str]:
    """Two keys, the first of which is in use."""
    made = [Fernet.generate_key().decode() for _ in range(2)]
    settings.ENCRYPTION_KEYS = [made[0]]
    return made


def test_a_secret_comes_back_and_never_twice_as_the_same_token(keys: list[str]) -> None:
    first, second = encrypt("é secret"), encrypt("é secret")
    assert first != second
    assert decrypt(first) == decrypt(second) == "é secret"
    assert "secret" not in first


def test_the_first_key_encrypts_and_every_key_decrypts(keys: list[str], settings: Settings) -> None:
    old = encrypt("secret")
    settings.ENCRYPTION_KEYS = [keys[1], f" {keys[0]} "]
    assert decrypt(old) == "secret"
    new = rotate(old)
    settings.ENCRYPTION_KEYS = [keys[1]]
    assert decrypt(new) == "secret"
    with pytest.raises(DecryptionError, match="ENCRYPTION_KEYS"):
        decrypt(old)


@pytest.mark.parametrize("token", ["", "no token", "gAAAAA=="])
def test_what_is_no_token_cannot_be_decrypted(keys: list[str], token: str) -> None:
    with pytest.raises(DecryptionError):
        decrypt(token)


@pytest.mark.django_db
def test_rotation_moves_every_account_to_the_first_key(keys: list[str], settings: Settings) -> None:
    accounts = [make_account(slug, slug.upper()) for slug in ("acme", "else")]
    # Without a key there is nothing to rotate.
    TelnyxAccount.objects.create(slug="empty", name="Empty")
    settings.ENCRYPTION_KEYS = [keys[1], keys[0]]
    out = StringIO()
    call_command("rotate_encryption_key", stdout=out)
    assert out.getvalue() == "2 Telnyx accounts rotated.\n"
    settings.ENCRYPTION_KEYS = [keys[1]]
    for account in accounts:
        account.refresh_from_db()
        assert account.api_key == f"KEY-of-{account.slug}-0123456789"


@pytest.mark.django_db
def test_rotation_is_all_or_nothing(keys: list[str], settings: Settings) -> None:
    good = make_account("acme", "Acme")
    settings.ENCRYPTION_KEYS = [keys[1]]
    foreign = make_account("foreign", "Foreign")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), keys[0]]
    stored = good.api_key_encrypted
    with pytest.raises(CommandError, match="Foreign"):
        call_command("rotate_encryption_key", stdout=StringIO())
    good.refresh_from_db()
    assert good.api_key_encrypted == stored
    assert foreign.slug == "foreign"


@pytest.mark.django_db
def test_with_the_wrong_encryption_keys_the_account_says_what_to_do(
    keys: list[str], settings: Settings
) -> None:
    account = make_account("acme", "Acme")
    settings.ENCRYPTION_KEYS = [keys[1]]
    with pytest.raises(AccountUnusable, match="ENCRYPTION_KEYS"):
        client_for(account)
    run = start_run(account, Resource.GROUPS)
    assert run is not None
    assert sweep(run).state == SyncState.FAILED
    assert "ENCRYPTION_KEYS" in run.outcome
    account.refresh_from_db()
    # Not refused: with the old key back in ENCRYPTION_KEYS it works again by itself.
    assert account.connection == Connection.UNREACHABLE
    assert "ENCRYPTION_KEYS" in account.connection_detail
    settings.ENCRYPTION_KEYS = [keys[0]]
    client_for(account).close()


@pytest.mark.django_db
def test_a_lost_encryption_key_does_not_lock_out_a_new_api_key(
    keys: list[str], settings: Settings
) -> None:
    account = make_account("acme", "Acme")
    settings.ENCRYPTION_KEYS = [keys[1]]
    assert account.set_connection(account.base_url, KEY)
    account.save()
    account.refresh_from_db()
    assert account.api_key == KEY


@pytest.mark.django_db
def test_the_key_shows_in_no_text_of_ours(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BACKOFF", wait_fixed(0.01))
    caplog.set_level(logging.DEBUG)
    account = make_account("acme", "Acme")
    run = start_run(account, Resource.GROUPS)
    assert run is not None
    sweep(run)
    with client_for(account) as client:
        shown = [repr(account), str(account), repr(client), str(model_to_dict(account))]
    shown += [repr(vars(account)), run.outcome, account.connection_detail, caplog.text]
    shown.append(repr(list(TelnyxAccount.objects.values())))
    assert run.state == SyncState.FAILED
    for text in shown:
        assert account.api_key not in text
    assert account.api_key_last4 == account.api_key[-4:]


def test_a_new_encryption_key_is_printed(settings: Settings) -> None:
    out = StringIO()
    call_command("make_encryption_key", stdout=out)
    settings.ENCRYPTION_KEYS = [out.getvalue().strip()]
    assert decrypt(encrypt("secret")) == "secret"
