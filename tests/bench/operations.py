"""Operations: planning a hundred thousand, sending, following ten thousand in progress."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import requests as http
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, Person, Role, TelnyxAccount
from fleet.models import Operation, OperationTarget, Resource, SimCard, TargetState
from fleet.operations.catalog import KINDS
from fleet.operations.plan import plan
from fleet.operations.start import confirm
from fleet.operations.track import track
from fleet.operations.undo import plan_undo
from fleet.sync.connection import client_for
from fleet.sync.engine import start_run, sweep
from fleet.web.sim_cards.filters import SimCardFilter
from tests.bench.report import Row, measure
from tests.sandbox_process import SandboxProcess, start_sandbox

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = (1, 2, 4)
LATENCIES = (0.0, 0.02, 0.05)
# Enough that what a process does only once does not count for much.
SENT = 6_000
IN_PROGRESS = 10_000


def operation_rows(sims: int, rounds: int) -> list[Row]:
    """Measure; leaves no rows behind."""
    rows: list[Row] = []
    with start_sandbox(sims=sims, seed=7) as sandbox:
        account = _account(sandbox)
        try:
            rows += _planning(account, rounds)
            rows.append(_undoing(account))
            rows += _polling(account, rounds)
            rows += _tracking(account)
        finally:
            _forget(account)
    rows += _sending()
    return rows


def _account(sandbox: SandboxProcess) -> TelnyxAccount:
    TelnyxAccount.objects.filter(slug="bench-operations").delete()
    account = TelnyxAccount(
        slug="bench-operations", name="Bench operations", requests_per_second=10_000
    )
    account.set_connection(sandbox.base_url, sandbox.api_key)
    account.save()
    for resource in (Resource.GROUPS, Resource.SIM_CARDS):
        run = start_run(account, resource)
        assert run is not None
        sweep(run)
    return account


def _forget(account: TelnyxAccount) -> None:
    Operation.objects.filter(account=account).delete()
    with connection.cursor() as cursor:
        for table in ("fleet_event", "fleet_dailyusage", "fleet_simcard"):
            cursor.execute(f"DELETE FROM {table} WHERE account_id = %s", [account.pk])
    account.delete()


def _person() -> Person:
    return Person.objects.get_or_create(email="operations@bench.example")[0]


def _planning(account: TelnyxAccount, rounds: int) -> list[Row]:
    """By filter, as the page does it; the floor is the same rows by Django's bulk_create."""
    kind = KINDS["refresh"]
    made: list[Operation] = []
    queries: list[int] = []

    def by_filter() -> None:
        with CaptureQueriesContext(connection) as captured:
            rows = SimCardFilter(QueryDict(""), account).qs
            made.append(plan(account, kind, rows, _person(), {"filter": ""}))
        queries.append(len(captured))

    def by_bulk_create() -> None:
        operation = Operation.objects.create(account=account, kind=kind.name)
        OperationTarget.objects.bulk_create(
            (
                OperationTarget(operation=operation, sim_card_id=pk)
                for pk in SimCard.objects.filter(account=account).values_list("pk", flat=True)
            ),
            batch_size=5_000,
        )

    ours = measure("plan by filter", by_filter, rounds)
    peer = measure("the same targets by bulk_create", by_bulk_create, 1)
    ours.against = peer
    ours.note = f"{made[0].target_count:,} targets, {queries[0]} queries; 5 s at most"
    return [peer, ours]


def _undoing(account: TelnyxAccount) -> Row:
    """Planning to take back what was done to every SIM card of the fleet."""
    done = Operation.objects.create(
        account=account, kind="disable", state="succeeded", requested_by=_person()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO fleet_operationtarget (operation_id, sim_card_id, state, prior, reason,
                                               bystander, attempts, kind, refused)
            SELECT %s, id, 'completed', '{"status": "enabled"}', '', FALSE, 1, '', FALSE
            FROM fleet_simcard WHERE account_id = %s ORDER BY id
            """,
            [done.pk, account.pk],
        )
        cursor.execute(
            "UPDATE fleet_simcard SET status = 'disabled' WHERE account_id = %s", [account.pk]
        )
    made: list[Operation] = []
    row = measure("plan of an undo", lambda: made.append(plan_undo(done, _person())), 1)
    assert made[0].skipped_count == 0
    row.note = f"{made[0].target_count:,} targets"
    return row


def _polling(account: TelnyxAccount, rounds: int) -> list[Row]:
    """What pages ask every few seconds while a hundred thousand targets are open."""
    Membership.objects.get_or_create(
        account=account, person=_person(), defaults={"role": Role.OPERATOR}
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(_person())
    poll = reverse("activity", args=[account.slug])
    running = Operation.objects.filter(account=account).order_by("pk")[0]

    def ask(address: str) -> float:
        def get() -> None:
            assert client.get(address, headers={"HX-Request": "true"}).status_code == 200

        get()
        return median(measure("", get, 20).seconds)

    idle = Row("poll of an idle account", [ask(poll) for _ in range(rounds)])
    empty_page = reverse("operations", args=[account.slug]) + "?state=failed"
    empty = Row("empty page", [ask(empty_page) for _ in range(rounds)])
    assert confirm(running)
    busy = Row(
        f"poll with {running.target_count:,} open targets",
        [ask(poll) for _ in range(rounds)],
        empty,
        "2x at most",
    )
    page = Row(
        "run page's part with as many",
        [ask(running.get_absolute_url()) for _ in range(rounds)],
        empty,
    )
    Operation.objects.filter(pk=running.pk).update(state="cancelled")
    return [idle, empty, busy, page]


def _tracking(account: TelnyxAccount) -> list[Row]:
    """One pass over ten thousand actions in progress."""
    with client_for(account) as client:
        listing = client.sim_cards.pages(filter_status="disabled")
        ids = [card["id"] for page in listing for card in page.data if card["sim_card_group_id"]]
        ids = ids[:IN_PROGRESS]
        operation = Operation.objects.create(
            account=account, kind="enable", state="running", target_count=len(ids)
        )
        actions = {}
        session = http.Session()
        session.headers["Authorization"] = f"Bearer {account.api_key}"
        for remote_id in ids:
            answer = session.post(
                f"{account.base_url}/sim_cards/{remote_id}/actions/enable", timeout=10
            )
            if answer.status_code == 202:
                actions[remote_id] = answer.json()["data"]
        cards = dict(SimCard.objects.filter(account=account).values_list("remote_id", "pk"))
        by_id = {str(remote_id): pk for remote_id, pk in cards.items()}
        OperationTarget.objects.bulk_create(
            OperationTarget(
                operation=operation,
                sim_card_id=by_id[remote_id],
                state=TargetState.IN_PROGRESS,
                remote_action_id=action["id"],
                submitted_at=action["created_at"],
                attempts=1,
            )
            for remote_id, action in actions.items()
        )
        calls: list[Any] = []

        def one_pass() -> None:
            with CaptureQueriesContext(connection) as captured:
                result = track(account, client)
            calls.append((result.api_calls, len(captured)))

        def floor() -> None:
            for number, _page in enumerate(client.sim_card_actions.pages(), 1):
                if number >= len(actions) / 250:
                    break

        bare = measure("reading that list alone", floor, 1)
        ours = measure("one pass of tracking", one_pass, 1, against=bare)
    ours.note = (
        f"{len(actions):,} in progress: {calls[0][0]} API calls (45 at most), {calls[0][1]} queries"
    )
    return [bare, ours]


def _sending() -> list[Row]:
    rows = []
    for latency in LATENCIES:
        for processes in PROCESSES:
            rows += _sending_with(processes, latency)
    return rows


def _sending_with(processes: int, latency: float) -> list[Row]:
    """Ours against POSTs and nothing else, on the same machine, with as many processes."""
    count = SENT if latency < 0.05 else SENT // 2
    with start_sandbox(sims=4 * count, seed=11, speed=0.01) as sandbox:
        account = _account(sandbox)
        try:
            if latency:
                rule = {"method": "POST", "path_regex": "/actions/disable$"}
                sandbox.admin(
                    "POST", "faults", {"kind": "latency", "seconds": latency, "match": rule}
                )
            enabled = SimCard.objects.filter(
                account=account, status="enabled", actions_in_progress=False
            )
            cards = list(enabled.order_by("id")[: 2 * count])
            assert len(cards) == 2 * count
            name = f"{processes} process{'es' * (processes > 1)}, {latency * 1000:.0f} ms"
            # Half of the floor before and half after: no machine is as quick all the time.
            half = count // 2
            before = _bare(sandbox, cards[:half], processes)
            seconds = _ours(account, cards[count : 2 * count], processes)
            after = _bare(sandbox, cards[half:count], processes)
            bare = Row(f"bare POSTs, {name}", [before + after])
            ours = Row(f"submit, {name}", [seconds], bare)
            bare.note = f"{count / bare.median:,.0f}/s"
            ours.note = (
                f"{count / ours.median:,.0f}/s, {100 * bare.median / ours.median:.0f} % of the "
                "bare rate (70 % at least)"
            )
            return [bare, ours]
        finally:
            _forget(account)


def _bare(sandbox: SandboxProcess, cards: Sequence[SimCard], processes: int) -> float:
    commands = [["bare", sandbox.base_url]] * processes
    lines = [
        " ".join(str(card.remote_id) for card in cards[number::processes])
        for number in range(processes)
    ]
    return _race(commands, lines, {"BENCH_API_KEY": sandbox.api_key}, len(cards))


def _ours(account: TelnyxAccount, cards: Sequence[SimCard], processes: int) -> float:
    rows = SimCard.objects.filter(pk__in=[card.pk for card in cards])
    operation = plan(account, KINDS["disable"], rows, _person(), {})
    assert confirm(operation)
    commands = [["ours", str(account.pk), str(number)] for number in range(processes)]
    seconds = _race(commands, [""] * processes, {}, len(cards))
    begun = operation.targets.filter(state=TargetState.IN_PROGRESS).count()
    assert begun == len(cards), f"{begun} of {len(cards)} were accepted"
    Operation.objects.filter(pk=operation.pk).delete()
    return seconds


def _race(
    commands: Sequence[Sequence[str]], lines: Sequence[str], extra: dict[str, str], count: int
) -> float:
    """Seconds from the start of all processes until the last has sent its share."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench.submitters", *command],
            cwd=ROOT,
            env={**os.environ, **extra},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
    begin = time.time()
    for process, line in zip(started, lines, strict=True):
        assert process.stdin is not None
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
    ends = []
    sent = 0
    for process in started:
        output, _ = process.communicate(timeout=300)
        number, at = output.split()
        sent += int(number)
        ends.append(float(at))
    assert sent == count, f"{sent} of {count} were sent"
    return max(ends) - begin
