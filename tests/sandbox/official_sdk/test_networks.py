"""Gateways, blocklists, OTA updates and regions, through the official client."""

import pytest
import telnyx

from tests.sandbox.client import eventually

NETWORK = "6a09cdc3-8948-47f0-aa62-74ac943d6c58"


def test_gateways(client: telnyx.Telnyx) -> None:
    gateways, actions = client.private_wireless_gateways, client.sim_card_groups.actions
    created = gateways.create(name="SDK gateway", network_id=NETWORK, region_code="dc2").data
    assert created is not None
    identifier = str(created.id)
    eventually(lambda: gateways.retrieve(identifier).data.status.value == "provisioned", 30)
    group = str(client.sim_card_groups.create(name="behind a gateway").data.id)
    started = actions.set_private_wireless_gateway(
        group, private_wireless_gateway_id=identifier
    ).data
    assert started is not None
    eventually(lambda: actions.retrieve(str(started.id)).data.status == "completed")
    assert [item.id for item in gateways.list(filter_name="SDK gateway")] == [identifier]
    with pytest.raises(telnyx.UnprocessableEntityError, match="10021"):
        gateways.delete(identifier)
    assert actions.remove_private_wireless_gateway(group).data
    eventually(
        lambda: client.sim_card_groups.retrieve(group).data.private_wireless_gateway_id is None
    )
    assert gateways.delete(identifier).data.status.value == "decommissioning"
    assert client.wireless.retrieve_regions(product="private_wireless_gateways").data


def test_blocklists(client: telnyx.Telnyx, lenient: telnyx.Telnyx) -> None:
    blocklists, actions = client.wireless_blocklists, client.sim_card_groups.actions
    # Its fields are country_code, mcc and plmn; the specification has code and name.
    values = lenient.wireless_blocklist_values.list(type="country").data
    assert values
    created = blocklists.create(name="SDK list", type="country", values=["PT", "AT"]).data
    assert created is not None
    identifier = str(created.id)
    eventually(lambda: blocklists.update(identifier, values=["PT"]).data.values == ["PT"])
    assert blocklists.retrieve(identifier).data.name == "SDK list"
    group = str(client.sim_card_groups.create(name="with a blocklist").data.id)
    started = actions.set_wireless_blocklist(group, wireless_blocklist_id=identifier).data
    assert started is not None
    eventually(lambda: actions.retrieve(str(started.id)).data.status == "completed")
    assert actions.remove_wireless_blocklist(group).data
    eventually(lambda: client.sim_card_groups.retrieve(group).data.wireless_blocklist_id is None)
    listed = list(actions.list(filter_sim_card_group_id=group))
    assert {item.type for item in listed} == {"set_wireless_blocklist", "remove_wireless_blocklist"}
    blocklists.delete(identifier)
    assert identifier not in [item.id for item in blocklists.list()]


def test_ota_updates(client: telnyx.Telnyx) -> None:
    updates = list(client.ota_updates.list(page_size=50))
    assert updates
    detail = client.ota_updates.retrieve(str(updates[0].id)).data
    assert detail is not None
    assert detail.settings is not None


def test_voice_connections(client: telnyx.Telnyx) -> None:
    connections = client.mobile_voice_connections
    created = connections.create(connection_name="SDK", tags=["one"]).data
    assert created is not None
    identifier = str(created.id)
    assert connections.update(identifier, active=False).data.active is False
    assert connections.retrieve(identifier).data.connection_name == "SDK"
    assert identifier in [
        item.id for item in connections.list(filter_connection_name_contains="SDK")
    ]
    assert connections.delete(identifier).data


def test_migrations(client: telnyx.Telnyx) -> None:
    storage = client.storage
    assert storage.list_migration_source_coverage().data
    source = storage.migration_sources.create(
        bucket_name="telemetry",
        provider="aws",
        provider_auth={"access_key": "key", "secret_access_key": "secret"},
        source_region="us-east-1",
    ).data
    assert source is not None
    identifier = str(source.id)
    assert storage.migration_sources.retrieve(identifier).data.bucket_name == "telemetry"
    assert identifier in [item.id for item in storage.migration_sources.list().data or []]
    begun = storage.migrations.create(
        source_id=identifier, target_bucket_name="archive", target_region="us-central-1"
    ).data
    assert begun is not None
    number = str(begun.id)
    assert storage.migrations.retrieve(number).data.source_id == identifier
    assert number in [item.id for item in storage.migrations.list().data or []]
    assert storage.migrations.actions.stop(number).data
    assert storage.migration_sources.delete(identifier).data
