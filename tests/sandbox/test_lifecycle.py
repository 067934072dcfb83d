"""The rules of the status, as pure functions: no sequence leaves what the rules allow."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox.iot import lifecycle
from sandbox.iot.lifecycle import Facts

# Written down once more by hand: every step that a status may take.
STEPS = {
    ("registered", "enabling"),
    ("disabled", "enabling"),
    ("standby", "enabling"),
    ("unauthorized_imei", "enabling"),
    ("enabling", "enabled"),
    ("enabling", "data_limit_exceeded"),
    ("enabling", "registered"),
    ("enabling", "disabled"),
    ("enabling", "standby"),
    ("enabling", "unauthorized_imei"),
    ("enabled", "disabling"),
    ("disabling", "disabled"),
    ("disabling", "enabled"),
    ("enabled", "setting_standby"),
    ("setting_standby", "standby"),
    ("setting_standby", "enabled"),
    ("enabled", "unauthorized_imei"),
    ("enabled", "data_limit_exceeded"),
    ("data_limit_exceeded", "enabled"),
}
ACTIONS = st.sampled_from(sorted(lifecycle.RULES))
STATUSES = (*lifecycle.RESTING, *lifecycle.TRANSITIONAL, "registered", "blocked", "whatever")


class LifeOfASimCard(RuleBasedStateMachine):
    """One SIM card, to which everything happens in any order."""

    @initialize(status=st.sampled_from((*lifecycle.RESTING, "registered")), group=st.booleans())
    def begin(self, status: str, group: bool) -> None:
        self.facts = Facts(status, has_group=group or status in ("enabled", "standby"))
        self.action: str | None = None
        self.before = status

    def _move(self, status: str, in_progress: bool) -> None:
        if status != self.facts.status:
            assert (self.facts.status, status) in STEPS
        self.facts = replace(self.facts, status=status, action_in_progress=in_progress)

    @rule(action=ACTIONS)
    def ask(self, action: str) -> None:
        if lifecycle.refusal(action, self.facts) is not None:
            return
        assert self.action is None
        self.action, self.before = action, self.facts.status
        self._move(lifecycle.begin(action), True)

    @precondition(lambda self: self.action is not None)
    @rule()
    def end(self) -> None:
        ending = lifecycle.finish(str(self.action), self.facts)
        assert (ending.reason is None) == (ending.action_status == "completed")
        self.action = None
        self._move(ending.sim_card_status, False)

    @precondition(lambda self: self.action is not None)
    @rule(outcome=st.sampled_from(("failed", "interrupted")))
    def break_off(self, outcome: str) -> None:
        ending = lifecycle.broken_off(str(self.action), outcome, None, self.before)
        assert ending.reason
        self.action = None
        self._move(ending.sim_card_status, False)

    @rule(over=st.booleans())
    def usage(self, over: bool) -> None:
        self.facts = replace(self.facts, over_limit=over)
        self._move(
            lifecycle.after_limit_check(self.facts.status, over), self.facts.action_in_progress
        )

    @rule(allowed=st.booleans())
    def imei_list(self, allowed: bool) -> None:
        self.facts = replace(self.facts, imei_allowed=allowed)
        self._move(
            lifecycle.after_device_check(self.facts.status, allowed), self.facts.action_in_progress
        )

    @invariant()
    def on_the_way_exactly_while_an_action_runs(self) -> None:
        on_the_way = self.facts.status in lifecycle.TRANSITIONAL
        assert on_the_way == (self.action is not None) == self.facts.action_in_progress

    @invariant()
    def known_status_with_a_reason(self) -> None:
        assert self.facts.status in lifecycle.REASONS

    @invariant()
    def standby_and_enabled_have_a_group(self) -> None:
        if self.facts.status in ("enabling", "setting_standby"):
            assert self.facts.has_group


TestLifeOfASimCard = LifeOfASimCard.TestCase
TestLifeOfASimCard.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


@given(
    action=ACTIONS,
    status=st.sampled_from(STATUSES),
    group=st.booleans(),
    running=st.booleans(),
    allowed=st.booleans(),
)
def test_refusals(action: str, status: str, group: bool, running: bool, allowed: bool) -> None:
    facts = Facts(status, group, running, allowed)
    refusal = lifecycle.refusal(action, facts)
    if running or status in lifecycle.TRANSITIONAL:
        assert refusal is not None
        assert refusal.code == "10036"
    elif (status, lifecycle.begin(action)) not in STEPS:
        assert refusal is not None
        assert refusal.code == "10027"
    elif refusal is not None:
        assert refusal.detail
        assert (refusal.code, False) in (("70007", group), ("10027", allowed))


@pytest.mark.parametrize("status", lifecycle.RESTING + lifecycle.TRANSITIONAL)
def test_reasons_are_sentences(status: str) -> None:
    assert lifecycle.reason_for(status).endswith(".")
    assert lifecycle.reason_for("whatever").endswith(".")
