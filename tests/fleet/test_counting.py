"""What a sweep counts for the lists' filters, and when it need not count."""

from __future__ import annotations

import pytest

from accounts.models import TelnyxAccount
from fleet.models import FleetCounts, SimCard
from fleet.sync.fleet_counts import refresh_fleet_counts
from fleet.sync.refresh import refresh_sim_card
from tests.fleet.api import change, run_sweep
from tests.fleet.records import sim_card, store
from tests.sandbox_process import SandboxProcess


@pytest.mark.django_db
def test_values_that_nobody_foresaw_are_counted_all_the_same(account: TelnyxAccount) -> None:
    store(
        account,
        sim_card(tags=["\x02odd", "a\x1fb", "plain"], status="new\x1fstatus"),
        sim_card(tags=["\x02a\x1ftrue\x1fb", "plain"], type="e\x1fsim"),
        sim_card(tags=[], sim_card_group_id=None),
    )
    counts = refresh_fleet_counts(account)
    assert counts.total == 3
    assert counts.by_status == {"disabled": 2, "newstatus": 1}
    assert counts.by_type == {"physical": 2, "esim": 1}
    assert counts.by_voice == {"off": 3}
    assert counts.by_tag == {"plain": 2, "\x02a\x1ftrue\x1fb": 1, "\x02odd": 1, "a\x1fb": 1}
    assert counts.without_group == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("fields", "counts_again"),
    [
        ({"current_billing_period_consumed_data": {"amount": "98765", "unit": "MB"}}, False),
        ({"tags": ["counted"]}, True),
        ({"status": "blocked"}, True),
        ({"voice_enabled": True}, True),
        ({"sim_card_group_id": None}, True),
    ],
)
def test_a_sweep_counts_again_only_where_a_count_is_another(
    live: TelnyxAccount,
    cards: list[SimCard],
    sandbox: SandboxProcess,
    fields: dict[str, object],
    counts_again: bool,
) -> None:
    run_sweep(live)
    before = FleetCounts.objects.get(account=live).counted_at
    change(sandbox, cards[0].remote_id, **fields)
    run = run_sweep(live)
    assert run.changed == 1
    assert (FleetCounts.objects.get(account=live).counted_at > before) == counts_again


@pytest.mark.django_db(transaction=True)
def test_what_was_read_elsewhere_is_counted_by_the_next_sweep(
    live: TelnyxAccount, cards: list[SimCard], sandbox: SandboxProcess
) -> None:
    run_sweep(live)
    change(sandbox, cards[0].remote_id, status="parked")
    refresh_sim_card(cards[0])
    assert "parked" not in FleetCounts.objects.get(account=live).by_status
    run = run_sweep(live)
    assert run.changed == 0
    assert FleetCounts.objects.get(account=live).by_status["parked"] == 1
