"""Who may use the account, through the official client."""

import pytest
import telnyx

from tests.sandbox.client import eventually
from tests.sandbox_process import SandboxProcess

SETTINGS = {
    "idp_cert_fingerprint": "13:38:C7:BB:C9:FF:4A:70:38:3A:E3:D9:5C:CD:DB:2E:50:1E:80:A7",
    "idp_entity_id": "https://idp.example.com/saml",
    "idp_sso_target_url": "https://idp.example.com/sso",
}


def test_access_ips(client: telnyx.Telnyx) -> None:
    created = client.access_ip_address.create(ip_address="203.0.113.77", description="SDK")
    identifier = str(created.id)
    eventually(lambda: client.access_ip_address.retrieve(identifier).status == "added")
    assert identifier in [item.id for item in client.access_ip_address.list()]
    assert client.access_ip_address.delete(identifier).id == identifier
    with pytest.raises(telnyx.NotFoundError):
        client.access_ip_address.retrieve(identifier)


def test_authentication_providers(client: telnyx.Telnyx) -> None:
    providers = client.authentication_providers
    created = providers.create(name="SDK", short_name="sdk-walk", settings=SETTINGS).data
    assert created is not None
    identifier = str(created.id)
    assert providers.update(identifier, active=False).data.active is False
    assert providers.retrieve(identifier).data.short_name == "sdk-walk"
    assert identifier in [str(item.id) for item in providers.list()]
    assert providers.delete(identifier).data


def test_integration_secrets(client: telnyx.Telnyx, walked: SandboxProcess) -> None:
    secrets = client.integration_secrets
    created = secrets.create(identifier="sdk", type="bearer", token="never-to-be-seen").data
    assert created is not None
    assert "never-to-be-seen" not in created.to_json()
    assert created.id in [item.id for item in secrets.list()]
    secrets.delete(str(created.id))
    assert created.id not in [item.id for item in secrets.list()]
    assert "never-to-be-seen" not in str(walked.admin("GET", "requests"))


def test_tokens_of_telephony_credentials(client: telnyx.Telnyx, walked: SandboxProcess) -> None:
    known = walked.admin("GET", "telephony_credentials")["data"]
    assert client.telephony_credentials.create_token(known[0]["id"])
    with pytest.raises(telnyx.NotFoundError):
        client.telephony_credentials.create_token("00000000-0000-4000-8000-000000000000")
