"""The official client reads every answer, and refuses what does not fit its own types."""

from collections.abc import Iterator

import pytest
import telnyx

from tests.sandbox_process import SandboxProcess, start_sandbox


@pytest.fixture(scope="module")
def walked() -> Iterator[SandboxProcess]:
    with start_sandbox(sims=300, speed=100) as sandbox:
        yield sandbox


@pytest.fixture
def client(walked: SandboxProcess) -> telnyx.Telnyx:
    return telnyx.Telnyx(
        api_key=walked.api_key,
        base_url=walked.base_url,
        _strict_response_validation=True,
        max_retries=0,
    )


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


def test_errors(client: telnyx.Telnyx, walked: SandboxProcess) -> None:
    card = next(iter(client.sim_cards.list(filter={"status": ["enabled"]})))
    with pytest.raises(telnyx.UnprocessableEntityError, match="10027"):
        client.sim_cards.actions.enable(str(card.id))
    stranger = telnyx.Telnyx(api_key="wrong", base_url=walked.base_url, max_retries=0)
    with pytest.raises(telnyx.AuthenticationError, match="10009"):
        stranger.sim_cards.list()
