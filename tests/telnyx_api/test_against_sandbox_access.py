"""The client's calls for access, migrations and what was done, at a real process of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import Any

import pytest

from telnyx_api import errors
from telnyx_api.client import Client
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import SandboxProcess, start_sandbox

SETTINGS = {
    "idp_cert_fingerprint": "13:38:C7:BB:C9:FF:4A:70:38:3A:E3:D9:5C:CD:DB:2E:50:1E:80:A7",
    "idp_entity_id": "https://idp.example.com/saml",
    "idp_sso_target_url": "https://idp.example.com/sso",
}
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox(sims=120, seed=31, speed=200) as running:
        yield running


@pytest.fixture(scope="module")
def client(sandbox: SandboxProcess) -> Client:
    return Client(sandbox.api_key, base_url=sandbox.base_url)


def _until(condition: Callable[[], Any]) -> Any:
    deadline = monotonic() + 15
    while not (value := condition()):
        assert monotonic() < deadline
        sleep(0.02)
    return value


def test_access_ip_addresses(client: Client) -> None:
    addresses = client.access_ip_addresses
    made = addresses.create(ip_address="203.0.113.80", description="client")
    assert made["status"] == "pending"
    added = _until(lambda: (now := addresses.retrieve(made["id"]))["status"] == "added" and now)
    assert added in list(addresses.list(filter_ip_source="api"))
    assert list(addresses.list(filter_ip_address="203.0.113.80")) == [added]
    at = made["created_at"]
    assert added in list(addresses.list(filter_created_at=at))
    assert added in list(addresses.list(filter_created_at_gte=at, filter_created_at_lte=at))
    assert added not in list(addresses.list(filter_created_at_gt=at))
    assert added not in list(addresses.list(filter_created_at_lt=at))
    assert addresses.page(1, 1).total_results == len(list(addresses.list(page_size=2)))
    with pytest.raises(errors.Unprocessable, match="10012"):
        addresses.create(ip_address="203.0.113.80")
    assert addresses.delete(made["id"]) == added
    with pytest.raises(errors.NotFound):
        addresses.retrieve(made["id"])


def test_addresses_are_checked(client: Client) -> None:
    right = {
        "street_address": "600 congress ave",
        "postal_code": "78701",
        "country_code": "US",
        "locality": "austin",
    }
    checked = client.addresses.validate(**right)
    assert checked["result"] == "valid"
    assert checked["suggested"]["street_address"] == "600 Congress Avenue"
    wrong = client.addresses.validate(**{**right, "postal_code": "787"})
    assert wrong["errors"][0]["source"]["pointer"] == "/postal_code"
    names = {"first_name": "Ada", "last_name": "Lovelace", "business_name": "Engines"}
    made = client.addresses.create(**right, **names)
    accepted = client.addresses.accept_suggestions(made["id"])
    assert accepted["accepted"] is True
    assert client.addresses.accept_suggestions(made["id"]) == accepted
    assert client.addresses.retrieve(made["id"])["locality"] == "Austin"
    with pytest.raises(errors.NotFound):
        client.addresses.accept_suggestions("17")


def test_authentication_providers(client: Client) -> None:
    providers = client.authentication_providers
    made = providers.create(name="Client", short_name="client", settings=SETTINGS)
    identifier = made["id"]
    changed = providers.update(identifier, active=False, name="Renamed")
    assert (changed["active"], changed["activated_at"]) == (False, None)
    assert providers.retrieve(identifier) == changed
    url = "https://login.example.com/metadata"
    assert providers.update(identifier, settings_url=url)["settings"]["idp_entity_id"] == url
    for sort in ("name", "-name", "short_name", "active", "-created_at", "updated_at"):
        assert identifier in [item["id"] for item in providers.list(sort=sort)]
    with pytest.raises(errors.Unprocessable, match="10012"):
        providers.create(name="Client", short_name="client", settings=SETTINGS)
    assert providers.delete(identifier)["id"] == identifier
    with pytest.raises(errors.NotFound):
        providers.retrieve(identifier)


def test_integration_secrets(client: Client, sandbox: SandboxProcess) -> None:
    secrets = client.integration_secrets
    bearer = secrets.create(identifier="client", type="bearer", token="t-unseen")
    basic = secrets.create(identifier="b", type="basic", username="u-unseen", password="p-unseen")
    assert next(iter(secrets.list(filter_type="basic"))) == basic
    assert bearer in list(secrets.list())
    assert secrets.page(1, 1).data == [basic]
    with pytest.raises(errors.Unprocessable) as caught:
        secrets.create(identifier="client", type="bearer", token="t-unseen")
    assert "unseen" not in repr(caught.value) + str(caught.value)
    for secret in (bearer, basic):
        secrets.delete(secret["id"])
        with pytest.raises(errors.NotFound):
            secrets.delete(secret["id"])
    assert "unseen" not in str(sandbox.admin("GET", "requests"))


def test_telephony_credentials(client: Client, sandbox: SandboxProcess) -> None:
    known = sandbox.admin("GET", "telephony_credentials")["data"]
    token = client.telephony_credentials.create_token(known[0]["id"])
    assert token.count(".") == 2
    assert token[:20] not in repr(token)
    with pytest.raises(errors.NotFound):
        client.telephony_credentials.create_token(NOWHERE)


def test_migrations(client: Client) -> None:
    sources, migrations = client.migration_sources, client.migrations
    assert {item["provider"] for item in sources.coverage()} == {"aws"}
    auth = {"access_key": "a-unseen", "secret_access_key": "s-unseen"}
    source = sources.create(
        bucket_name="logs", provider="aws", provider_auth=auth, source_region="us-east-1"
    )
    assert "unseen" not in str(source)
    identifier = source["id"]
    assert sources.retrieve(identifier)["bucket_name"] == "logs"
    assert sources.page().data[0]["id"] == identifier
    begun = migrations.create(
        source_id=identifier, target_bucket_name="copy", target_region="us-central-1"
    )
    assert migrations.page().data[0]["id"] == begun["id"]
    with pytest.raises(errors.Unprocessable, match="10021"):
        sources.delete(identifier)
    done = _until(lambda: (now := migrations.retrieve(begun["id"]))["status"] == "complete" and now)
    assert done in list(migrations.list())
    with pytest.raises(errors.Unprocessable, match="10027"):
        migrations.stop(begun["id"])
    second = migrations.create(
        source_id=identifier, target_bucket_name="x", target_region="us-east-1", refresh=True
    )
    assert migrations.stop(second["id"])["status"] == "stopped"
    assert sources.delete(identifier)["id"] == identifier
    with pytest.raises(errors.NotFound):
        sources.retrieve(identifier)
    with pytest.raises(errors.NotFound):
        migrations.retrieve(NOWHERE)


def test_audit_events(client: Client) -> None:
    made = client.access_ip_addresses.create(ip_address="203.0.113.81")
    latest = client.audit_events.page(1, 1).data[0]
    assert (latest["resource_id"], latest["change_type"]) == (made["id"], "create")
    at = latest["created_at"]
    assert latest not in list(client.audit_events.list(filter_created_after=at))
    assert latest not in list(client.audit_events.list(filter_created_before=at))
    upwards = list(client.audit_events.list(sort="asc", page_size=20))
    assert upwards == list(client.audit_events.list(sort="desc"))[::-1]
    client.access_ip_addresses.delete(made["id"])


def test_tags(client: Client) -> None:
    card = client.sim_cards.page(1, 1).data[0]
    client.sim_cards.update(card["id"], tags=["Quay-7"])
    assert client.user_tags.retrieve("quay")["number_tags"] == ["Quay-7"]
    assert "Quay-7" in client.user_tags.retrieve()["number_tags"]
    assert client.user_tags.retrieve("nothing") == {
        "number_tags": [],
        "outbound_profile_tags": [],
    }


def test_webhook_deliveries(client: Client, sandbox: SandboxProcess) -> None:
    deliveries = client.webhook_deliveries
    with Receiver() as receiver:
        sandbox.admin("POST", "webhook", {"url": receiver.url})
        card = client.sim_cards.page(1, 1, filter_status="enabled").data[0]["id"]
        client.sim_cards.disable(card)
        wanted: dict[str, Any] = {
            "filter_webhook_contains": card,
            "filter_event_type": ["sandbox.sim_card.status_changed", "sandbox.other"],
            "filter_status_eq": "delivered",
            "filter_attempts_contains": receiver.url,
        }
        found = _until(lambda: len(all_ := list(deliveries.list(**wanted))) == 2 and all_)
        sandbox.admin("DELETE", "webhook")
    one = deliveries.retrieve(found[0]["id"])
    assert one == found[0]
    begin, end = one["started_at"], one["finished_at"]
    narrow = {
        "filter_started_at_gte": begin,
        "filter_started_at_lte": begin,
        "filter_finished_at_gte": end,
        "filter_finished_at_lte": end,
    }
    assert one in list(deliveries.list(**narrow))
    assert deliveries.page(1, 5).total_results > 2
    with pytest.raises(errors.NotFound):
        deliveries.retrieve(NOWHERE)
