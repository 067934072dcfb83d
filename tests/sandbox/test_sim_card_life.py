"""The lives of SIM cards over HTTP: no sequence of calls reaches what the rules do not allow.

The rules are written down here once more, from the documents and our choices, as what a client
expects of a SIM card after each call.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.sandbox.client import Api, error, eventually
from tests.sandbox_process import start_sandbox

SPEED = 1000.0
BEGINS_FROM = {
    "enable": {"disabled", "standby", "unauthorized_imei"},
    "disable": {"enabled"},
    "set_standby": {"enabled"},
}
THROUGH = {"enable": "enabling", "disable": "disabling", "set_standby": "setting_standby"}
ENDS_IN = {"enable": "enabled", "disable": "disabled", "set_standby": "standby"}
OTHER_IMEI = "490154203237518"
ACTIONS = st.sampled_from(sorted(ENDS_IN))
CARDS = st.integers(0, 5)


@dataclass
class Expected:
    """What a client knows of one SIM card."""

    id: str
    status: str
    grouped: bool
    device: str | None
    consumed: float
    imeis: list[str] | None
    over: bool

    @property
    def wrong_device(self) -> bool:
        """Whether its device is not on its list."""
        return self.device is not None and bool(self.imeis) and self.device not in self.imeis

    def settle(self) -> None:
        """What limits and devices make of its status by themselves."""
        if self.status == "enabled" and self.wrong_device:
            self.status = "unauthorized_imei"
        if self.status == "enabled" and self.over:
            self.status = "data_limit_exceeded"
        elif self.status == "data_limit_exceeded" and not self.over:
            self.status = "enabled"

    def code_of_refusal(self, action: str) -> str | None:
        """The error code that this action gets now."""
        if self.status not in BEGINS_FROM[action]:
            return "10027"
        if self.status == "unauthorized_imei" and self.wrong_device:
            return "10027"
        return None if self.grouped or action == "disable" else "70007"

    def after(self, action: str) -> tuple[str, str]:
        """The status of the action and of the SIM card once it has ended."""
        if action == "enable" and self.over:
            return "failed", "data_limit_exceeded"
        if action == "enable" and self.wrong_device:
            return "completed", "unauthorized_imei"
        return "completed", ENDS_IN[action]


class Lives(RuleBasedStateMachine):
    """Six SIM cards, one of them without a group, to which everything happens in any order."""

    api: Api
    chosen: list[str]

    def __init__(self) -> None:
        super().__init__()
        self.cards = [self._met(identifier) for identifier in self.chosen]

    def _met(self, identifier: str) -> Expected:
        api = self.api
        api("PATCH", f"/sim_cards/{identifier}", json={"data_limit": None})
        api("PATCH", f"/sim_cards/{identifier}", json={"authorized_imeis": None})
        # The check of limits comes 2 seconds later at speed 1.
        card = eventually(lambda: self._at_rest(identifier))
        used = float(card["current_billing_period_consumed_data"]["amount"])
        return Expected(
            identifier,
            card["status"]["value"],
            card["sim_card_group_id"] is not None,
            card["current_imei"],
            used,
            None,
            over=False,
        )

    def _at_rest(self, identifier: str) -> dict[str, object] | None:
        card = self.api.card(identifier)
        moves = card["actions_in_progress"] or card["status"]["value"] == "data_limit_exceeded"
        return None if moves else card

    def _reaches(self, card: Expected) -> None:
        def there() -> bool:
            seen = self.api.card(card.id)
            return seen["status"]["value"] == card.status and not seen["actions_in_progress"]

        eventually(there)

    @rule(number=CARDS, action=ACTIONS)
    def act(self, number: int, action: str) -> None:
        """Ask for an action, and wait for its end."""
        card = self.cards[number]
        answer = self.api.act(card.id, action)
        code = card.code_of_refusal(action)
        if code is not None:
            assert error(answer)[:2] == (422, code)
            return
        assert answer.status_code == 202, answer.text
        path = f"/sim_card_actions/{answer.json()['data']['id']}"
        assert answer.json()["data"]["action_type"] == action
        ending, card.status = card.after(action)
        eventually(lambda: self.api.get(path)["data"]["status"]["value"] != "in-progress")
        assert self.api.get(path)["data"]["status"]["value"] == ending
        self._reaches(card)

    @rule(
        number=CARDS,
        action=ACTIONS,
        others=ACTIONS,
        outcome=st.sampled_from(("failed", "interrupted")),
    )
    def break_off(self, number: int, action: str, others: str, outcome: str) -> None:
        """An action that takes long and fails; meanwhile the SIM card takes no other."""
        card = self.cards[number]
        if card.code_of_refusal(action) is not None:
            return
        # 80 milliseconds; another order of before must not be taken instead.
        order = {"status": outcome, "sim_card_id": card.id, "seconds": 80.0}
        self.api.sandbox.admin("DELETE", "action_outcomes")
        self.api.sandbox.admin("POST", "action_outcomes", order)
        started = self.api.act(card.id, action).json()["data"]
        during = self.api.card(card.id)
        refused = self.api.act(card.id, others)
        path = f"/sim_card_actions/{started['id']}"
        if self.api.get(path)["data"]["status"]["value"] == "in-progress":
            assert during["status"]["value"] == THROUGH[action]
            assert during["actions_in_progress"]
            assert error(refused)[:2] == (422, "10036")
        eventually(lambda: self.api.get(path)["data"]["status"]["value"] != "in-progress")
        ended = self.api.get(path)["data"]["status"]
        assert (ended["value"], bool(ended["reason"])) == (outcome, True)
        card.settle()
        if refused.status_code == 202:
            # The first had ended before the second came.
            assert card.code_of_refusal(others) is None
            _, card.status = card.after(others)
        self._reaches(card)

    @rule(number=CARDS, over=st.booleans())
    def limit(self, number: int, over: bool) -> None:
        """A limit of its own below or above what it used."""
        card = self.cards[number]
        if over and card.consumed <= 0:
            return
        amount = card.consumed / 2 if over else card.consumed + 100
        limit = {"amount": f"{amount:.4f}", "unit": "MB"}
        assert (
            self.api("PATCH", f"/sim_cards/{card.id}", json={"data_limit": limit}).status_code
            == 200
        )
        card.over = over
        card.settle()
        self._reaches(card)

    @rule(number=CARDS, lock=st.sampled_from(("none", "right", "wrong")))
    def lock(self, number: int, lock: str) -> None:
        """A list of devices with its own, with another one, or none."""
        card = self.cards[number]
        own = [card.device] if card.device else None
        card.imeis = {"none": None, "right": own, "wrong": [OTHER_IMEI]}[lock]
        body = {"authorized_imeis": card.imeis}
        assert self.api("PATCH", f"/sim_cards/{card.id}", json=body).status_code == 200
        card.settle()
        self._reaches(card)

    @invariant()
    def every_sim_card_is_where_it_is_expected(self) -> None:
        """Also those to which nothing happened in this step."""
        for card in self.cards:
            assert self.api.card(card.id)["status"]["value"] == card.status


@pytest.fixture(scope="module")
def lives() -> Iterator[Api]:
    with start_sandbox(sims=120, seed=5, speed=SPEED) as sandbox:
        yield Api(sandbox)


def test_lives_of_sim_cards(lives: Api) -> None:
    cards = lives.all("/sim_cards")
    grouped: dict[str, list[str]] = {}
    for card in cards:
        if card["sim_card_group_id"]:
            grouped.setdefault(card["status"]["value"], []).append(card["id"])
    alone = next(card["id"] for card in cards if not card["sim_card_group_id"])
    Lives.api = lives
    others = (grouped[status][0] for status in ("disabled", "standby", "unauthorized_imei"))
    Lives.chosen = [*grouped["enabled"][:2], *others, alone]
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
