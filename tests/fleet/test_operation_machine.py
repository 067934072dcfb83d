"""One operation against an API that fails at random: it always ends, and never acts twice."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import hypothesis
import pytest
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from accounts.models import Connection, TelnyxAccount
from fleet.models import SimCard, TargetState
from fleet.models.operations import ACTIVE, OPEN
from fleet.operations import answers, resume, verify
from fleet.operations.claim import claim
from fleet.operations.stop import cancel, go_on, pause
from fleet.sync.connection import AccountUnusable
from telnyx_api import errors
from tests.conftest import make_account
from tests.fleet.operations import started
from tests.fleet.records import store
from tests.fleet.scripted_api import FAULTS, ScriptedApi

_numbers = count()
ENDED = {TargetState.COMPLETED, TargetState.FAILED, TargetState.INTERRUPTED, TargetState.SKIPPED}


class Operation(RuleBasedStateMachine):
    """Submitters, trackers and the API take turns in an order that nobody planned."""

    @initialize(cards=st.integers(1, 4))
    def begin(self, cards: int) -> None:
        number = next(_numbers)
        self.account = make_account(f"m{number}", f"M{number}")
        self.api = ScriptedApi(number, cards)
        store(self.account, *self.api.cards.values())
        self.deleted: set[str] = set()
        chosen = list(SimCard.objects.filter(account=self.account))
        self.operation = started(self.account, chosen)
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(resume, "client_for", self._client)

    def _client(self, account: TelnyxAccount) -> ScriptedApi:
        if not account.may_call:
            raise AccountUnusable("refused")
        return self.api

    @rule(faults=st.lists(st.sampled_from(["", *FAULTS]), max_size=5))
    def submit(self, faults: list[str]) -> None:
        """A submitter takes its turn; requests meet these faults, one after the other."""
        self.account.refresh_from_db()
        self.api.faults.extend(faults)
        resume.submit_due(self.account)
        self.api.faults.clear()

    @rule(sent=st.lists(st.booleans(), max_size=4))
    def submitter_is_killed(self, sent: list[bool]) -> None:
        """It has claimed, has sent some, and records nothing."""
        claims = claim(self.account, len(sent)) if sent else []
        for item, was_sent in zip(claims, sent, strict=False):
            if was_sent:
                with suppress(errors.TelnyxError):
                    self.api.enable(item.remote_id)

    @rule()
    def time_passes(self) -> None:
        """Pauses end, claims lapse, the dust settles."""
        past = timezone.now() - timedelta(seconds=1)
        self.operation.targets.exclude(due_at=None).update(due_at=past)
        TelnyxAccount.objects.filter(pk=self.account.pk).update(track_after=None)

    @rule(fails=st.booleans())
    def track(self, fails: bool) -> None:
        """A tracker takes its turn, reads back and ends what it can."""
        self.account.refresh_from_db()
        self.api.reading_fails = fails
        resume.track_due(self.account)
        self.api.reading_fails = False

    @precondition(lambda self: self.api.in_progress())
    @rule(data=st.data(), value=st.sampled_from(["completed", "failed", "interrupted"]))
    def action_ends(self, data: st.DataObject, value: str) -> None:
        """At the API."""
        self.api.end(data.draw(st.sampled_from(self.api.in_progress())), value)

    @precondition(lambda self: self.api.cards)
    @rule(data=st.data())
    def sim_card_vanishes(self, data: st.DataObject) -> None:
        """At the API."""
        remote_id = data.draw(st.sampled_from(sorted(self.api.cards)))
        del self.api.cards[remote_id]
        self.deleted.add(remote_id)

    @rule()
    def pause_or_go_on(self) -> None:
        """Somebody does, whichever is possible."""
        self.operation.refresh_from_db()
        if not pause(self.operation, "paused"):
            go_on(self.operation)

    @rule(sure=st.integers(0, 5))
    def cancel(self, sure: int) -> None:
        """Somebody does, though not often."""
        if not sure:
            cancel(self.operation)

    @rule()
    def new_key(self) -> None:
        """Somebody gives a new API key after the old one was refused."""
        TelnyxAccount.objects.filter(pk=self.account.pk).update(
            connection=Connection.UNCHECKED, track_after=None
        )

    @invariant()
    def acts_at_most_once(self) -> None:
        """However often a request is sent, the API begins one action for a SIM card."""
        if hasattr(self, "api"):
            assert not [id for id, times in self.api.begun.items() if times > 1]

    @invariant()
    def ended_operations_have_ended_targets(self) -> None:
        """And the other way round, after the next tracker."""
        if hasattr(self, "operation"):
            self.operation.refresh_from_db()
            open_targets = self.operation.targets.filter(state__in=OPEN).count()
            assert not (open_targets and self.operation.finished_at)

    def teardown(self) -> None:
        """Once nothing fails any more, everything ends, and the ends are true."""
        if not hasattr(self, "operation"):
            return
        try:
            self._drive_to_the_end()
            self._compare()
        finally:
            self.patch.undo()

    def _drive_to_the_end(self) -> None:
        for _ in range(12):
            self.operation.refresh_from_db()
            go_on(self.operation)
            self.new_key()
            self.time_passes()
            for action in self.api.in_progress():
                self.api.end(action, "completed")
            self.submit([])
            self.track(fails=False)
            self.operation.refresh_from_db()
            if self.operation.state not in ACTIVE:
                return
        raise AssertionError(list(self.operation.targets.values_list("state", "reason")))

    def _compare(self) -> None:
        self.acts_at_most_once()
        targets = list(self.operation.targets.select_related("sim_card"))
        assert {target.state for target in targets} <= ENDED
        for target in targets:
            assert target.finished_at is not None
            assert (target.reason == "") == (target.state == TargetState.COMPLETED)
            assert target.state != TargetState.SKIPPED or self.operation.cancelled_at
            remote_id = str(target.sim_card.remote_id)
            if remote_id not in self.deleted:
                enabled = self.api.cards[remote_id]["status"]["value"] == "enabled"
                assert (target.state == TargetState.COMPLETED) == enabled, target.reason
        bad = {TargetState.FAILED, TargetState.INTERRUPTED}
        failed = sum(target.state in bad for target in targets)
        completed = sum(target.state == TargetState.COMPLETED for target in targets)
        expected = "partly_failed" if completed else "failed"
        if not failed:
            stopped = self.operation.cancelled_at or not completed
            expected = "cancelled" if stopped else "succeeded"
        assert self.operation.state == expected


@pytest.mark.django_db
def test_an_operation_ends_and_acts_once_whatever_happens(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    # One thread, so that the same draws lead to the same requests.
    settings.TELNYX_THREADS = 1
    # Time stands still unless time_passes says otherwise.
    monkeypatch.setattr(answers, "SETTLING", timedelta(hours=1))
    monkeypatch.setattr(answers, "PAUSE_SECONDS", 60.0)
    monkeypatch.setattr(verify, "LAG", timedelta(0))
    unhurried: Any = hypothesis.settings(
        max_examples=60,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Operation, settings=unhurried)
