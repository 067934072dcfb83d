"""`manage.py sync`: what it says, and its exit code."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Connection, TelnyxAccount
from fleet.models import Resource, SyncRun
from fleet.sync import batches
from fleet.sync.engine import start_run
from fleet.sync.registry import SYNCS
from tests.conftest import make_account
from tests.fleet.api import fault, requests
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)


class Terminal(io.StringIO):
    """What looks like a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def _sync(*arguments: str, out: io.StringIO | None = None) -> tuple[str, str]:
    """What it printed, and what it complained of in the end."""
    out = out or io.StringIO()
    complaint = ""
    try:
        call_command("sync", *arguments, stdout=out)
    except CommandError as error:
        complaint = str(error) if error.returncode else "exit code 0"
    return out.getvalue(), complaint


def test_everything_is_read_with_a_line_each(live: TelnyxAccount) -> None:
    said, complaint = _sync()
    assert complaint == ""
    lines = said.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        [f"live {name}", "complete"] for name in SYNCS
    ]
    (cards,) = [line for line in lines if line.startswith("live sim_cards: ")]
    run = SyncRun.objects.get(resource="sim_cards")
    # Tests before this one may have left SIM cards there that cannot be stored.
    errors = f"{run.error_count} errors, {run.api_calls} API calls."
    assert f"{run.seen:,} seen, {run.new:,} new, 0 changed, 0 removed, {errors}" in cards
    assert run.seen > 200


def test_only_what_was_asked_for_parents_first(
    live: TelnyxAccount, sandbox: SandboxProcess
) -> None:
    make_account("nowhere", "Nowhere")
    said, complaint = _sync("--account", "live", "-r", "sim_cards", "--resource", "groups")
    assert complaint == ""
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "live groups",
        "live sim_cards",
    ]
    sandbox.admin("DELETE", "requests")
    _sync("--account", "live", "--resource", "groups")
    assert {request["path"] for request in requests(sandbox)} == {"/v2/sim_card_groups"}


def test_an_unknown_account_lists_the_known_ones(live: TelnyxAccount) -> None:
    make_account("nowhere", "Nowhere")
    said, complaint = _sync("--account", "live", "--account", "what")
    assert (said, complaint) == ("", "--account what: not found (there is: live, nowhere).")
    assert not SyncRun.objects.exists()


def test_without_an_account_it_says_what_to_do(db: None) -> None:
    assert "no Telnyx account yet" in _sync()[1]


def test_a_refused_key_is_skipped_with_its_reason(
    live: TelnyxAccount, sandbox: SandboxProcess
) -> None:
    fault(sandbox, "status", status=401)
    said, complaint = _sync()
    first, *others = said.splitlines()
    asked, *spared = SYNCS
    assert first.startswith(f"live {asked}: failed: 0 seen")
    assert "refused (401)" in first
    assert len(others) == len(spared)
    for name, line in zip(spared, others, strict=True):
        assert line.startswith(f"live {name}: skipped. ")
        assert "refused (401)" in line
    assert complaint == f"{len(SYNCS)} of {len(SYNCS)} sweeps did not complete."
    assert len(requests(sandbox)) == 1
    said, complaint = _sync("-r", "groups")
    assert said.startswith("live groups: skipped. ")
    assert complaint == "1 of 1 sweeps did not complete."
    TelnyxAccount.objects.update(connection=Connection.REFUSED, connection_detail="")
    assert "refused (401)" in _sync("-r", "groups")[0]


def test_one_account_that_fails_does_not_keep_the_others_from_being_read(
    live: TelnyxAccount,
) -> None:
    make_account("another", "Another")
    said, complaint = _sync()
    assert [line.split(":")[:2] for line in said.splitlines()] == [
        *([f"another {name}", " failed"] for name in SYNCS),
        *([f"live {name}", " complete"] for name in SYNCS),
    ]
    assert "no connection" in said
    assert complaint == f"{len(SYNCS)} of {2 * len(SYNCS)} sweeps did not complete."


def test_a_sweep_that_is_running_already_is_told(live: TelnyxAccount) -> None:
    start_run(live, Resource.GROUPS)
    said, complaint = _sync("--resource", "groups")
    assert said == "live groups: skipped: another process is reading this already.\n"
    assert complaint == "1 of 1 sweeps did not complete."


def test_a_terminal_shows_progress_and_is_left_with_the_lines(
    live: TelnyxAccount, sandbox: SandboxProcess
) -> None:
    fault(sandbox, "latency", seconds=0.5, path="/sim_cards", times=1)
    out, complaint = _sync(out=Terminal())
    assert complaint == ""
    assert "\r\x1b[Klive sim_cards: 0 seen" in out
    left = [line.rpartition("\r\x1b[K")[2] for line in out.split("\n")]
    assert [line.partition(": ")[0] for line in left] == [*(f"live {name}" for name in SYNCS), ""]


def test_stopping_it_ends_the_run_and_the_command(
    live: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batches, "merge", stop)
    said, complaint = _sync()
    assert said.startswith(f"live {next(iter(SYNCS))}: ")
    assert "stopped before it was done" in said
    assert complaint == "Stopped."
    assert SyncRun.objects.get().state == "failed"
