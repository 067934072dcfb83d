"""SIM cards, their actions and groups, through the official client."""

import pytest
import telnyx

from tests.sandbox.client import eventually
from tests.sandbox_process import SandboxProcess

# Its list of statuses lacks unauthorized_imei, though its filter has it.
KNOWN = ["enabled", "disabled", "standby", "data_limit_exceeded"]


def test_list_and_retrieve(client: telnyx.Telnyx) -> None:
    cards = list(client.sim_cards.list(filter={"status": KNOWN}, page_size=50))
    assert len({card.id for card in cards}) == len(cards) > 250
    for card in cards[:40]:
        detail = client.sim_cards.retrieve(
            str(card.id), include_sim_card_group=True, include_pin_puk_codes=True
        ).data
        assert detail is not None
        assert detail.iccid == card.iccid
        assert detail.pin_puk_codes is not None
    tagged = client.sim_cards.list(filter={"tags": ["model:aqua-m7"], "status": KNOWN})
    assert all("model:aqua-m7" in (card.tags or []) for card in tagged)


def test_update(client: telnyx.Telnyx) -> None:
    card = next(iter(client.sim_cards.list(filter={"status": ["standby"]})))
    updated = client.sim_cards.update(
        str(card.id),
        tags=["one", "two"],
        authorized_imeis=["490154203237518"],
        data_limit={"amount": "5.5", "unit": "GB"},
    ).data
    assert updated is not None
    assert updated.tags == ["one", "two"]
    assert updated.data_limit is not None
    assert updated.data_limit.unit == "GB"


def test_actions(client: telnyx.Telnyx) -> None:
    enabled = list(client.sim_cards.list(filter={"status": ["enabled"]}, page_size=9))
    disabled = next(
        card
        for card in client.sim_cards.list(filter={"status": ["disabled"]})
        if card.sim_card_group_id
    )
    started = [
        client.sim_cards.actions.enable(str(disabled.id)).data,
        client.sim_cards.actions.disable(str(enabled[0].id)).data,
        client.sim_cards.actions.set_standby(str(enabled[1].id)).data,
    ]
    for action in started:
        assert action is not None
        found = client.sim_cards.actions.retrieve(str(action.id)).data
        assert found is not None
        assert found.action_type == action.action_type
    newest = [action.id for action in client.sim_cards.actions.list(page_size=3).data or []]
    assert newest == [action.id for action in reversed(started) if action]
    assert len(list(client.sim_cards.actions.list(page_size=50))) > 3


def test_groups(client: telnyx.Telnyx) -> None:
    groups = client.sim_card_groups
    created = groups.create(name="SDK", data_limit={"amount": "10.0", "unit": "MB"}).data
    assert created is not None
    identifier = str(created.id)
    assert groups.update(identifier, name="SDK two").data
    read = groups.retrieve(identifier, include_iccids=True).data
    assert read is not None
    assert read.name == "SDK two"
    assert identifier in [str(group.id) for group in groups.list(page_size=5)]
    assert groups.delete(identifier).data
    with pytest.raises(telnyx.NotFoundError):
        groups.retrieve(identifier)


def test_one_sim_card(client: telnyx.Telnyx) -> None:
    cards = client.sim_cards
    card = next(
        iter(
            cards.list(
                filter={"status": ["enabled"]}, sort="-current_billing_period_consumed_data.amount"
            )
        )
    )
    identifier = str(card.id)
    assert cards.get_device_details(identifier).data
    assert list(cards.list_wireless_connectivity_logs(identifier, page_size=5))
    esim = next(one for one in cards.list(filter={"status": KNOWN}) if one.type == "esim")
    with pytest.raises(telnyx.UnprocessableEntityError):
        cards.get_activation_code(identifier)
    bought = client.actions.purchase.create(amount=2, tags=["bought"], status="disabled")
    assert len(bought.data or []) == 2
    new = str((bought.data or [])[0].id)
    code = cards.get_activation_code(new).data
    assert code is not None
    assert str(code.activation_code).startswith("LPA:1$")
    eventually(lambda: cards.retrieve(new).data.status.value == "disabled")
    assert cards.delete(new).data
    eventually(lambda: _is_gone(client, new))
    assert esim.eid


def _is_gone(client: telnyx.Telnyx, identifier: str) -> bool:
    try:
        client.sim_cards.retrieve(identifier)
    except telnyx.NotFoundError:
        return True
    return False


def test_public_ips(client: telnyx.Telnyx, lenient: telnyx.Telnyx) -> None:
    actions = client.sim_cards.actions
    enabled = list(client.sim_cards.list(filter={"status": ["enabled"]}, page_size=50))
    chosen = [str(card.id) for card in enabled[10:13]]
    # Its type for actions lacks those of public IPs.
    assert lenient.sim_cards.actions.set_public_ip(chosen[0], region_code="dc2").data
    bulk = actions.bulk_set_public_ips(sim_card_ids=chosen[1:]).data
    assert bulk is not None
    eventually(lambda: client.sim_cards.get_public_ip(chosen[0]).data.ip)
    summary = client.bulk_sim_card_actions.retrieve(str(bulk.id)).data
    assert summary is not None
    assert sum(part.count for part in summary.sim_card_actions_summary) == 2
    eventually(lambda: not client.sim_cards.retrieve(chosen[0]).data.actions_in_progress)
    assert lenient.sim_cards.actions.remove_public_ip(chosen[0]).data


def test_voice(client: telnyx.Telnyx) -> None:
    actions = client.sim_cards.actions
    group = next(iter(client.sim_card_groups.list(filter_name="Cold-chain trackers")))
    assert actions.bulk_enable_voice(sim_card_group_id=str(group.id)).data
    card = next(
        iter(
            client.sim_cards.list(
                filter={"status": ["enabled"]}, filter_sim_card_group_id=str(group.id)
            )
        )
    )
    identifier = str(card.id)
    eventually(lambda: not client.sim_cards.retrieve(identifier).data.actions_in_progress)
    started = actions.disable_voice(identifier).data
    assert started is not None
    assert started.action_type == "disable_voice"
    eventually(lambda: not client.sim_cards.retrieve(identifier).data.actions_in_progress)
    assert actions.enable_voice(identifier).data
    eventually(lambda: not client.sim_cards.retrieve(identifier).data.actions_in_progress)
    assert actions.bulk_disable_voice(sim_card_group_id=str(group.id)).data
    listed = list(client.bulk_sim_card_actions.list(page_size=5))
    assert {item.action_type for item in listed} >= {"bulk_enable_voice", "bulk_disable_voice"}


def test_registration(client: telnyx.Telnyx, walked: SandboxProcess) -> None:
    good = walked.admin("GET", "registration_codes")["unused"][0]
    checked = client.sim_cards.actions.validate_registration_codes(
        registration_codes=[good, "0000000000"]
    )
    assert [item.valid for item in checked.data or []] == [True, False]
    answer = client.actions.register.create(registration_codes=[good, "0000000000"], tags=["new"])
    assert (len(answer.data or []), len(answer.errors or [])) == (1, 1)


def test_errors(client: telnyx.Telnyx, walked: SandboxProcess) -> None:
    card = next(iter(client.sim_cards.list(filter={"status": ["enabled"]})))
    with pytest.raises(telnyx.UnprocessableEntityError, match="10027"):
        client.sim_cards.actions.enable(str(card.id))
    stranger = telnyx.Telnyx(api_key="wrong", base_url=walked.base_url, max_retries=0)
    with pytest.raises(telnyx.AuthenticationError, match="10009"):
        stranger.sim_cards.list()
