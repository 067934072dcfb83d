"""Orders, addresses, notifications and payments, through the official client."""

import telnyx

from tests.sandbox.client import eventually

PLACE = {
    "business_name": "Fieldworks",
    "country_code": "US",
    "first_name": "Ada",
    "last_name": "Quist",
    "locality": "Austin",
    "street_address": "1200 Brazos Street",
    "administrative_area": "TX",
    "postal_code": "78701",
}


def test_addresses_and_orders(client: telnyx.Telnyx) -> None:
    address = client.addresses.create(**PLACE, customer_reference="SDK walk").data
    assert address is not None
    identifier = str(address.id)
    assert client.addresses.retrieve(identifier).data.locality == "Austin"
    found = client.addresses.list(filter={"customer_reference": {"eq": "SDK walk"}})
    assert [item.id for item in found] == [identifier]
    checked = client.addresses.actions.validate(
        country_code="US", postal_code="78701", street_address="1200 Brazos Street"
    ).data
    assert checked is not None
    preview = client.sim_card_order_preview.preview(address_id=identifier, quantity=3).data
    assert preview is not None
    order = client.sim_card_orders.create(address_id=identifier, quantity=3).data
    assert order is not None
    assert order.cost.amount == preview.total_cost.amount
    eventually(
        lambda: client.sim_card_orders.retrieve(str(order.id)).data.status == "delivered", 30
    )
    assert str(order.id) in [item.id for item in client.sim_card_orders.list()]
    assert client.addresses.delete(identifier).data


def test_suggestions_for_an_address(client: telnyx.Telnyx) -> None:
    address = client.addresses.create(
        **{**PLACE, "street_address": "1200 brazos st"}, validate_address=False
    ).data
    assert address is not None
    accepted = client.addresses.actions.accept_suggestions(str(address.id), id=str(address.id)).data
    assert accepted is not None
    assert accepted.accepted is True


def test_notifications(client: telnyx.Telnyx) -> None:
    notifications = client.sim_card_data_usage_notifications
    card = next(iter(client.sim_cards.list(filter={"status": ["enabled"]})))
    created = notifications.create(
        sim_card_id=str(card.id), threshold={"amount": "2.5", "unit": "GB"}
    ).data
    assert created is not None
    identifier = str(created.id)
    changed = notifications.update(identifier, threshold={"amount": "3.0", "unit": "MB"}).data
    assert changed is not None
    assert notifications.retrieve(identifier).data.threshold.amount == "3.0"
    listed = notifications.list(filter_sim_card_id=str(card.id))
    assert [item.id for item in listed] == [identifier]
    assert notifications.delete(identifier).data


def test_money(client: telnyx.Telnyx) -> None:
    before = float(str(client.balance.retrieve().data.balance))
    assert client.payment.create_stored_payment_transaction(amount="120.00").data
    assert float(str(client.balance.retrieve().data.balance)) == before + 120
    assert client.payment.auto_recharge_prefs.list().data
    changed = client.payment.auto_recharge_prefs.update(enabled=False, recharge_amount="50.00").data
    assert changed is not None
    assert changed.recharge_amount == "50.00"


def test_billing_groups(client: telnyx.Telnyx) -> None:
    groups = client.billing_groups
    created = groups.create(name="SDK").data
    assert created is not None
    identifier = str(created.id)
    assert groups.update(identifier, name="SDK two").data.name == "SDK two"
    assert groups.retrieve(identifier).data.name == "SDK two"
    assert identifier in [item.id for item in groups.list()]
    assert groups.delete(identifier).data
