"""Lists that come one kind at a time, without ids: what makes them whole, and what is gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import TelnyxAccount
from fleet.models import BlocklistValue, Event, Region, Resource, SyncState
from fleet.sync.joined_lists import joined
from telnyx_api import Page
from telnyx_api.iot.wireless_blocklist_values import WirelessBlocklistValues
from telnyx_api.iot.wireless_regions import WirelessRegions
from tests.fleet.api import fault, requests, run_sweep
from tests.sandbox_process import SandboxProcess

EARLY, LATE = datetime(2026, 5, 4, 12, tzinfo=UTC), datetime(2026, 5, 4, 13, tzinfo=UTC)


def _page(*records: Any, total: int | None = None, at: datetime = LATE) -> Page[Any]:
    return Page(list(records), 1, 20, None, total, at)


def test_records_get_their_kind_and_the_page_the_earliest_time() -> None:
    a, b = {"code": "1", "type": "wrong"}, {"code": "1"}
    page = joined("type", [("x", [_page(a)]), ("y", [_page(b, at=EARLY)])])
    assert page.data == [{"code": "1", "type": "x"}, {"code": "1", "type": "y"}]
    assert (page.total_pages, page.total_results, page.received_at) == (1, 2, EARLY)
    assert a["type"] == "wrong", "the record itself is left alone"


def test_of_two_with_one_code_the_first_counts() -> None:
    first, second = {"code": "340", "name": "Guadeloupe"}, {"code": "340", "name": "Martinique"}
    for total in (None, 2):
        page = joined("type", [("mcc", [_page(first, second, total=total)])])
        assert [record["name"] for record in page.data] == ["Guadeloupe"]
        assert page.total_results == 1


def test_a_total_that_is_told_counts_even_where_less_came() -> None:
    page = joined("type", [("mcc", [_page({"code": "1"}, total=5)]), ("plmn", [_page()])])
    assert page.total_results == 5


def test_what_is_no_object_is_left_to_the_mapping() -> None:
    page = joined("type", [("mcc", [_page("text", {"code": None}, {"name": "nothing"})])])
    assert page.data[0] == "text"
    assert page.total_results == len(page.data) == 3, "what has no code is no duplicate"


def test_a_region_that_is_no_longer_listed_is_gone_without_being_asked_for(
    live: TelnyxAccount, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_sweep(live, Resource.REGIONS).new == Region.objects.count() > 2
    whole = WirelessRegions.page

    def fewer(self: WirelessRegions, **filters: Any) -> Page[Any]:
        page = whole(self, **filters)
        if filters["product"] == "public_ips":
            del page.data[0]
        return page

    monkeypatch.setattr(WirelessRegions, "page", fewer)
    sandbox.admin("DELETE", "requests")
    run = run_sweep(live, Resource.REGIONS)
    assert (run.state, run.removed) == (SyncState.COMPLETE, 1)
    assert len(requests(sandbox)) == 2
    gone = Region.objects.exclude(removed_at=None).get()
    monkeypatch.undo()
    assert run_sweep(live, Resource.REGIONS).changed == 1
    gone.refresh_from_db()
    assert gone.removed_at is None
    assert not Event.objects.exists()


def test_a_list_of_which_a_part_is_missing_removes_nothing(
    live: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = run_sweep(live, Resource.BLOCKLIST_VALUES).new
    monkeypatch.setattr(
        WirelessBlocklistValues, "pages", lambda self, **filters: [self.page(**filters)]
    )
    run = run_sweep(live, Resource.BLOCKLIST_VALUES)
    assert (run.state, run.removed) == (SyncState.PARTIAL, 0)
    assert BlocklistValue.objects.filter(removed_at=None).count() == count


def test_a_kind_that_cannot_be_read_removes_nothing(
    live: TelnyxAccount, sandbox: SandboxProcess
) -> None:
    count = run_sweep(live, Resource.REGIONS).new
    fault(sandbox, "status", status=404, path="/wireless/regions")
    run = run_sweep(live, Resource.REGIONS)
    assert (run.state, run.removed) == (SyncState.FAILED, 0)
    assert Region.objects.filter(removed_at=None).count() == count
