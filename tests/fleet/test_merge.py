"""What a merge writes, what it leaves alone, and the events it leaves behind."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction

from accounts.models import TelnyxAccount
from fleet.models import Cause, Event, Group, Operation, Resource, SimCard, SyncRun
from fleet.sync.merge import Origin, insert, resolve_references
from fleet.sync.reconcile import mark_removed
from fleet.sync.registry import SYNCS
from tests.fleet.records import NOON, group, iso, row, sim_card, store

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def _events(record: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    events = Event.objects.filter(sim_card__remote_id=record["id"]).order_by("what")
    return [(event.what, event.old, event.new) for event in events]


def test_new_changed_and_unchanged_are_counted(account: TelnyxAccount) -> None:
    same, other = sim_card(), sim_card()
    counts = store(account, same, other)
    assert (counts.new, counts.changed) == (2, 0)
    other["status"] = {"value": "enabled", "reason": None}
    counts = store(account, same, other, sim_card(), read_at=NOON + SECOND)
    assert (counts.new, counts.changed) == (1, 1)
    assert row(same).read_at == NOON, "a row that does not differ is not written"
    assert row(other).read_at == NOON + SECOND
    assert store(account) == type(counts)()


def test_every_column_arrives(account: TelnyxAccount) -> None:
    record = sim_card(
        status={"value": "data_limit_exceeded", "reason": "too much"},
        eid="89044045",
        esim_installation_status="released",
        tags=["b", "a", 'quo"te', "com,ma", "{brace}"],
        authorized_imeis=["35", "12"],
        data_limit={"amount": "1.5", "unit": "GB"},
        current_billing_period_consumed_data={"amount": "0.123456", "unit": "MB"},
        voice_enabled=True,
        actions_in_progress=True,
    )
    store(account, record)
    card = row(record)
    assert card.tags == ["a", "b", "com,ma", 'quo"te', "{brace}"]
    assert card.authorized_imeis == ["12", "35"]
    assert card.data_limit_mb == Decimal(1536)
    assert card.consumed_mb == Decimal("0.123456")
    assert (card.status, card.status_reason) == ("data_limit_exceeded", "too much")
    assert (card.voice_enabled, card.actions_in_progress) == (True, True)
    assert (card.eid, card.esim_installation_status) == ("89044045", "released")
    assert card.remote_created_at == NOON - timedelta(days=30)
    assert (card.first_seen_at, card.read_at, card.detail_at) == (NOON, NOON, None)
    assert card.raw["tags"] == sorted(record["tags"])
    assert card.limit_percent == pytest.approx(100 * 0.123456 / 1536)


def test_nulls_and_missing_fields(account: TelnyxAccount) -> None:
    record = {"id": sim_card()["id"]}
    store(account, record)
    card = row(record)
    assert (card.iccid, card.status, card.tags, card.data_limit_mb) == ("", "", [], None)
    assert (card.remote_updated_at, card.authorized_imeis) == (None, None)
    assert str(card) == record["id"]


def test_an_event_has_old_and_new_value_and_its_cause(account: TelnyxAccount) -> None:
    run = SyncRun.objects.create(account=account, resource=Resource.SIM_CARDS)
    record = sim_card(tags=[], data_limit={"amount": "1", "unit": "GB"})
    store(account, record, origin=Origin(Cause.SWEEP, silent_additions=True))
    assert _events(record) == []
    record |= {
        "status": {"value": "enabled", "reason": "on"},
        "tags": ["b", "a"],
        "data_limit": None,
        "voice_enabled": True,
        "current_billing_period_consumed_data": {"amount": "99", "unit": "MB"},
        "authorized_imeis": ["35"],
    }
    store(account, record, read_at=NOON + SECOND, origin=Origin(Cause.SWEEP, run=run))
    assert _events(record) == [
        ("authorized_imeis", None, "35"),
        ("data_limit_mb", "1024.000000", None),
        ("status", "disabled", "enabled"),
        ("tags", "", "a, b"),
        ("voice_enabled", "false", "true"),
    ]
    event = Event.objects.filter(what="status").get()
    assert (event.at, event.sync_run, event.cause) == (NOON + SECOND, run, Cause.SWEEP)
    limit = Event.objects.get(what="data_limit_mb")
    assert (limit.what_label, limit.old_text, limit.new_text) == ("Data limit", "1024 MB", "")
    assert Event.objects.get(what="voice_enabled").new_text == "on"


def test_events_of_an_operation_name_it(account: TelnyxAccount) -> None:
    operation = Operation.objects.create(account=account, kind="enable")
    record = sim_card()
    store(account, record)
    record["status"] = {"value": "enabled", "reason": None}
    origin = Origin(Cause.OPERATION, operation=operation)
    store(account, record, read_at=NOON + SECOND, origin=origin, details=True)
    assert Event.objects.get(what="status").operation == operation


def test_rows_and_events_come_in_one_transaction(account: TelnyxAccount) -> None:
    record = sim_card()
    store(account, record)
    changed = record | {"status": {"value": "enabled", "reason": None}}
    before = Event.objects.count()
    with transaction.atomic():
        store(account, changed, read_at=NOON + SECOND)
        assert Event.objects.count() == before + 1
        transaction.set_rollback(True)
    assert Event.objects.count() == before
    assert row(record).status == "disabled"


def test_an_addition_is_an_event_only_after_the_first_sweep(account: TelnyxAccount) -> None:
    silent, later = sim_card(), sim_card()
    store(account, silent, origin=Origin(Cause.SWEEP, silent_additions=True))
    store(account, later)
    assert _events(silent) == []
    assert _events(later) == [("added", None, later["iccid"])]


def test_details_read_for_the_first_time_are_no_change(account: TelnyxAccount) -> None:
    record = sim_card()
    store(account, record, origin=Origin(Cause.SWEEP, silent_additions=True))
    detail = record | {
        "current_imei": "356789012345678",
        "current_mcc": "262",
        "current_device_location": {"latitude": "52.5\x00"},
    }
    store(account, detail, read_at=NOON + SECOND, details=True)
    card = row(record)
    assert _events(record) == []
    assert card.details_since == NOON + SECOND
    assert (card.imei, card.mcc, card.location) == ("356789012345678", "262", {"latitude": "52.5"})
    assert card.detail_at == NOON + SECOND
    detail["current_imei"] = "356789012345679"
    counts = store(account, detail, read_at=NOON + 2 * SECOND, details=True)
    assert counts.changed == 1
    assert _events(record) == [("imei", "356789012345678", "356789012345679")]
    assert row(record).details_since == NOON + SECOND
    assert store(account, detail, read_at=NOON + 2 * SECOND, details=True).changed == 0
    # The list has no details, and so does not take them away.
    store(account, record | {"version": "5"}, read_at=NOON + 3 * SECOND)
    card = row(record)
    assert (card.imei, card.detail_at, card.version) == (
        "356789012345679",
        NOON + 2 * SECOND,
        "5",
    )


def test_an_older_record_never_overwrites_a_newer_one(account: TelnyxAccount) -> None:
    record = sim_card(status="enabled", updated_at=iso(NOON))
    store(account, record)
    stale = record | {"status": {"value": "disabled"}, "updated_at": iso(NOON - SECOND)}
    counts = store(account, stale, read_at=NOON + SECOND)
    assert (counts.new, counts.changed) == (0, 0)
    assert row(record).status == "enabled"
    # Without a time, and with the same one, the later reading counts.
    for status, updated_at in (("standby", None), ("blocked", iso(NOON)), ("enabled", iso(NOON))):
        newer = record | {"status": {"value": status}, "updated_at": updated_at}
        assert store(account, newer, read_at=NOON + SECOND).changed == 1
        assert row(record).status == status


def test_a_page_read_before_a_write_through_never_overwrites_it(account: TelnyxAccount) -> None:
    record = sim_card()
    store(account, record)
    page = record | {"tags": ["seen", "before"]}
    written = record | {"tags": ["written", "through"]}
    store(account, written, read_at=NOON + 2 * SECOND, details=True)
    counts = store(account, page, read_at=NOON + SECOND)
    assert counts.changed == 0
    assert row(record).tags == ["through", "written"]


def test_a_row_that_was_removed_returns(account: TelnyxAccount) -> None:
    record, sync = sim_card(), SYNCS["sim_cards"]
    store(account, record, origin=Origin(Cause.SWEEP, silent_additions=True))
    gone_at = NOON + 2 * SECOND
    assert mark_removed(account, sync, record["id"], gone_at, Origin(Cause.SWEEP)) == 1
    assert mark_removed(account, sync, record["id"], gone_at, Origin(Cause.SWEEP)) == 0
    assert _events(record) == [("removed", "present", None)]
    assert row(record).removed_at == gone_at
    # A page that was asked for before the 404 does not bring it back.
    assert store(account, record, read_at=NOON + SECOND).changed == 0
    assert row(record).removed_at == gone_at
    assert store(account, record, read_at=NOON + 3 * SECOND).changed == 1
    assert row(record).removed_at is None
    assert _events(record) == [
        ("removed", "present", None),
        ("returned", None, record["iccid"]),
    ]


def test_a_404_older_than_the_row_removes_nothing(account: TelnyxAccount) -> None:
    record = sim_card()
    store(account, record)
    sync = SYNCS["sim_cards"]
    assert mark_removed(account, sync, record["id"], NOON - SECOND, Origin(Cause.SWEEP)) == 0
    assert row(record).removed_at is None


def test_of_two_records_with_one_id_the_last_counts(account: TelnyxAccount) -> None:
    record = sim_card()
    later = record | {"status": {"value": "enabled", "reason": None}}
    counts = store(account, record, later)
    assert (counts.new, counts.changed) == (1, 0)
    assert row(record).status == "enabled"


def test_a_group_seen_after_its_sim_card_is_resolved(account: TelnyxAccount) -> None:
    parent = group()
    known, unknown = sim_card(sim_card_group_id=parent["id"]), sim_card(sim_card_group_id=None)
    store(account, known, unknown)
    assert row(known).group is None
    store(account, parent, resource="groups")
    assert resolve_references(SYNCS["groups"], list(SYNCS.values()), account.pk) == 1
    assert row(known).group == Group.objects.get()
    assert row(unknown).group is None
    # Known already, it is there with the first merge.
    another = sim_card(sim_card_group_id=parent["id"])
    store(account, another)
    assert row(another).group == Group.objects.get()


def test_accounts_are_apart(account: TelnyxAccount, stranger: Any) -> None:
    other = TelnyxAccount.objects.get(slug="else")
    parent = group()
    record = sim_card(sim_card_group_id=parent["id"])
    store(other, parent, resource="groups")
    store(account, record)
    store(other, record)
    mine, theirs = SimCard.objects.order_by("pk")
    assert (mine.account, theirs.account) == (account, other)
    assert (mine.group, theirs.group) == (None, Group.objects.get())
    mark_removed(account, SYNCS["sim_cards"], record["id"], NOON, Origin(Cause.SWEEP))
    theirs.refresh_from_db()
    assert theirs.removed_at is None


def test_changes_of_groups_are_events_of_their_own(account: TelnyxAccount) -> None:
    parent = group()
    store(account, parent, resource="groups")
    Event.objects.all().delete()
    counts = store(account, parent | {"name": "Meters"}, read_at=NOON + SECOND, resource="groups")
    assert counts.changed == 1
    assert Group.objects.get().name == "Meters"
    event = Event.objects.get()
    assert (event.resource, event.row_id, event.sim_card) == (
        "groups",
        Group.objects.get().pk,
        None,
    )
    assert (event.subject, event.old, event.new) == ("Meters", "Trackers", "Meters")
    assert Group.objects.get().limit_percent == pytest.approx(100 * 10 / 2048)


def test_search_finds_any_part_of_any_identifier(account: TelnyxAccount) -> None:
    record = sim_card(iccid="8931048000000012345", msisdn="+3197-0123", eid="AB89", imsi="204")
    store(account, record, sim_card(iccid="1", msisdn="2", imsi="3"))
    for text in ("012345", "89310 48", "97-0123", "ab89", "+3197"):
        assert [card.remote_id for card in SimCard.objects.search(text)] == [row(record).remote_id]
    assert not SimCard.objects.search("98765").exists()
    assert not SimCard.objects.search("45").exists()
    assert not SimCard.objects.search("%%%").exists()


@pytest.mark.django_db(transaction=True)
def test_merges_in_opposite_orders_do_not_lock_each_other_out(account: TelnyxAccount) -> None:
    records = [sim_card() for _ in range(400)]
    store(account, *records)
    failures: list[BaseException] = []

    def work(mine: list[dict[str, Any]], number: int) -> None:
        try:
            for turn in range(6):
                at = NOON + (2 * turn + number + 1) * SECOND
                changed = [record | {"version": f"{number}.{turn}"} for record in mine]
                with transaction.atomic():
                    store(account, *changed[:200], read_at=at)
                    store(account, *changed[200:], read_at=at)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=work, args=(records[::step], n)) for n, step in ((0, 1), (1, -1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.django_db(transaction=True)
def test_a_merge_leaves_no_staged_rows(account: TelnyxAccount) -> None:
    store(account, sim_card())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM stage_fleet_simcard")
        assert cursor.fetchone() == (0,)


def test_an_insert_of_what_has_come_in_between_merges_it(account: TelnyxAccount) -> None:
    sync, silent = SYNCS["sim_cards"], Origin(Cause.SWEEP, silent_additions=True)
    there, other = sim_card(), sim_card()
    store(account, there, origin=silent)
    there["tags"] = ["changed"]
    mapped = [sync.map(record) for record in (other, there)]
    counts = insert(sync, account, mapped, NOON + SECOND, silent)
    assert (counts.new, counts.changed) == (1, 1)
    assert (row(there).tags, row(other).iccid) == (["changed"], other["iccid"])
