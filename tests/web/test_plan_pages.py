"""From a selection to a plan: what is asked for, what is refused, on which terms it starts."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Person, TelnyxAccount
from fleet.models import Group, Operation, SimCard
from fleet.operations.catalog import offered
from fleet.operations.kinds.kind import Subject
from fleet.web.operations import figures, forms
from fleet.web.operations.menus import menu_of_sim_cards
from tests.web.operations import HTMX, disabled_cards, planned, take

pytestmark = pytest.mark.django_db


def _post(client: Client, account: TelnyxAccount, **data: Any) -> Any:
    return client.post(reverse("plan_operation", args=[account.slug]), data, headers=HTMX)


def test_the_menu_offers_every_kind_once() -> None:
    menu = menu_of_sim_cards()
    shown = [choice.kind.name for choice in menu.buttons]
    shown += [choice.kind.name for _, choices in menu.headings for choice in choices]
    assert sorted(shown) == sorted(kind.name for kind in offered(Subject.SIM_CARDS))
    assert [choice.kind.name for choice in menu.buttons] == ["enable", "disable", "set_standby"]


def test_a_kind_that_asks_shows_its_form_first(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    ids = [card.pk for card in disabled_cards(synced_account)]
    response = _post(as_operator, synced_account, kind="add_tags", ids=ids)
    page = response.content.decode()
    assert response.status_code == 200
    assert "Add tags: 3 SIM cards" in page
    assert not Operation.objects.exists()
    for pk in ids:
        assert re.search(rf'name="ids"\s+value="{pk}"', page), "the selection is carried along"


def test_wrong_input_keeps_what_was_typed(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    pk = disabled_cards(synced_account)[0].pk
    data = {"ids": pk, "given": "1", "limit": "minus <5>", "limit_unit": "GB"}
    response = _post(as_operator, synced_account, kind="set_data_limit", **data)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="minus &lt;5&gt;"' in page
    assert re.search(r'value="GB"\s+selected', page)
    assert "is no number" in page
    assert 'aria-describedby="input-limit-error"' in page
    assert not Operation.objects.exists()


def test_right_input_gives_the_plan(as_operator: Client, synced_account: TelnyxAccount) -> None:
    ids = [card.pk for card in disabled_cards(synced_account)]
    data = {"ids": ids, "given": "1", "tags": "depot, north"}
    response = _post(as_operator, synced_account, kind="add_tags", **data)
    page = response.content.decode()
    assert "Add tags: 3 SIM cards" in page
    assert "depot, north" in page
    operation = Operation.objects.get()
    assert operation.inputs == {"tags": ["depot", "north"]}
    detail = AuditEntry.objects.get(action="operation.planned").detail
    assert detail["inputs"] == {"tags": ["depot", "north"]}


def test_all_that_match_are_carried_through_the_form(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    number = SimCard.objects.filter(status="standby").count()
    data = {"all": "1", "filter": "status=standby"}
    page = _post(as_operator, synced_account, kind="clear_imeis", **data)
    assert page.status_code == 200
    assert Operation.objects.get().target_count == number
    form = _post(as_operator, synced_account, kind="add_tags", **data).content.decode()
    assert f"Add tags: {number} SIM cards" in form
    assert 'value="status=standby"' in form
    _post(as_operator, synced_account, kind="add_tags", given="1", tags="x", **data)
    assert Operation.objects.latest("pk").target_count == number


def test_without_a_script_the_form_is_a_page(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    pk = disabled_cards(synced_account)[0].pk
    address = reverse("plan_operation", args=[synced_account.slug])
    response = as_operator.post(address, {"kind": "add_tags", "ids": pk})
    assert "<html" in response.content.decode()
    assert "Show the plan" in response.content.decode()
    wrong = as_operator.post(address, {"kind": "add_tags", "ids": pk, "given": "1"})
    assert wrong.status_code == 422
    right = as_operator.post(address, {"kind": "add_tags", "ids": pk, "given": "1", "tags": "x"})
    assert right["Location"] == Operation.objects.get().get_absolute_url()


def test_a_group_is_chosen_from_the_accounts_groups(
    as_operator: Client, synced_account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = disabled_cards(synced_account)[0].pk
    names = list(Group.objects.order_by("name").values_list("name", flat=True))
    page = _post(as_operator, synced_account, kind="move_to_group", ids=pk).content.decode()
    assert page.count("<option") == len(names) + 1
    assert "are listed" not in page
    monkeypatch.setattr(forms, "MOST_CHOICES", 3)
    page = _post(as_operator, synced_account, kind="move_to_group", ids=pk).content.decode()
    assert f"3 of {len(names)} are listed" in page
    last = names[-1]
    found = _post(
        as_operator, synced_account, kind="move_to_group", ids=pk, group_find=last, find="group"
    )
    assert last in found.content.decode()
    assert not Operation.objects.exists()


def test_what_only_the_machine_does_is_not_planned(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    pk = disabled_cards(synced_account)[0].pk
    for kind in ("undo", "group_voice_on"):
        assert _post(as_operator, synced_account, kind=kind, ids=pk).status_code == 400
    assert not Operation.objects.exists()


def test_a_group_is_renamed_by_its_menu(as_operator: Client, synced_account: TelnyxAccount) -> None:
    group = Group.objects.filter(account=synced_account).order_by("name").first()
    page = as_operator.get(reverse("groups", args=[synced_account.slug])).content.decode()
    assert f'name="group_ids" value="{group.pk}"' in page
    assert "has no gateway" in page
    form = _post(as_operator, synced_account, kind="rename_group", group_ids=group.pk)
    assert f"Rename: group {group.name}" in form.content.decode()
    _post(
        as_operator, synced_account, kind="rename_group", group_ids=group.pk, given="1", name="New"
    )
    operation = Operation.objects.get()
    assert (operation.kind, operation.target_count) == ("rename_group", 1)
    page = as_operator.get(operation.get_absolute_url()).content.decode()
    assert f"group={group.remote_id}" in page
    assert f"“{group.name}”" in page


def test_voice_for_a_group_is_for_all_its_sim_cards(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    group = Group.objects.filter(account=synced_account).order_by("-sim_card_count").first()
    _post(as_operator, synced_account, kind="voice_on", group_ids=group.pk)
    operation = Operation.objects.get()
    assert operation.target_count == SimCard.objects.filter(group=group).count()
    assert operation.bystander_count == 0
    assert operation.selection == {"groups": 1}


@pytest.fixture
def with_bystanders(synced_account: TelnyxAccount, operator: Person) -> Operation:
    """A plan for one SIM card of a group, where voice is switched for the whole group."""
    TelnyxAccount.objects.update(voice_per_sim_card=False)
    synced_account.refresh_from_db()
    SimCard.objects.update(status="enabled", actions_in_progress=False, voice_enabled=False)
    SimCard.objects.filter(msisdn="").update(msisdn="+15550100")
    group = Group.objects.filter(account=synced_account).order_by("-sim_card_count").first()
    other = Group.objects.filter(account=synced_account).order_by("sim_card_count").first()
    chosen = [SimCard.objects.filter(group=group).first(), *SimCard.objects.filter(group=other)]
    return planned(synced_account, operator, chosen, "voice_on")


def test_bystanders_are_named_and_chosen_about(
    as_operator: Client, with_bystanders: Operation, enqueued: list[Any]
) -> None:
    assert with_bystanders.bystander_count > 0
    # Two requests, one for each group, however many SIM cards these hold.
    TelnyxAccount.objects.update(requests_per_second=1)
    response = take(as_operator, "confirm_operation", with_bystanders)
    page = response.content.decode()
    assert response.status_code == 422
    assert "that nobody selected" in page
    assert "about 2 s" in page
    assert "include them, or skip their groups" in page
    assert with_bystanders.targets.filter(bystander=True).exists()
    kept = with_bystanders.eligible_count - with_bystanders.bystander_count - 1
    assert f"Voice on, by group: {kept:,} SIM card" in page
    take(as_operator, "confirm_operation", with_bystanders, bystanders="skip")
    with_bystanders.refresh_from_db()
    assert (with_bystanders.state, with_bystanders.eligible_count) == ("running", kept)
    assert len(enqueued) == 1


def test_bystanders_are_shown_on_the_plans_page(
    as_operator: Client, with_bystanders: Operation
) -> None:
    address = with_bystanders.get_absolute_url()
    page = as_operator.get(address, {"state": "bystander"})
    assert all(target.bystander for target in page.context["page"].rows)
    assert "Bystander" in page.content.decode()
    take(as_operator, "confirm_operation", with_bystanders, bystanders="include")
    with_bystanders.refresh_from_db()
    assert with_bystanders.state == "running"


def test_terms_are_kept_with_what_is_wrong_with_them(
    as_operator: Client, synced_account: TelnyxAccount, operator: Person
) -> None:
    operation = planned(synced_account, operator)
    wrong = {"starts_at": "2020-01-01T10:00", "canary_count": "2", "canary_percent": "150"}
    for origin in ("dialog", "page"):
        response = take(as_operator, "confirm_operation", operation, **wrong, **{"from": origin})
        page = response.content.decode()
        assert response.status_code == 422
        assert 'value="2020-01-01T10:00"' in page
        assert "This time is over" in page
        assert re.search(r"<details[^>]*open", page)
    rest = {"canary_count": "2", "canary_percent": "150"}
    page = take(as_operator, "confirm_operation", operation, **rest).content.decode()
    assert "not both" in page
    operation.refresh_from_db()
    assert operation.state == "planned"


def test_a_start_is_in_the_persons_time_zone(
    as_operator: Client, synced_account: TelnyxAccount, operator: Person
) -> None:
    Person.objects.filter(pk=operator.pk).update(time_zone="Asia/Tokyo")
    operation = planned(synced_account, operator)
    at = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    tokyo = (at + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")
    terms = {"starts_at": tokyo, "canary_percent": "40", "canary_failures_percent": "5"}
    response = take(as_operator, "confirm_operation", operation, **terms)
    assert "is scheduled" in json.loads(response["HX-Trigger"])["toast"]["text"]
    operation.refresh_from_db()
    assert (operation.state, operation.starts_at) == ("scheduled", at)
    assert (operation.canary_count, operation.canary_failures_percent) == (2, 5)
    page = as_operator.get(operation.get_absolute_url()).content.decode()
    assert "JST" in page
    assert "it pauses if more than 5 % of them fail" in page
    take(as_operator, "discard_operation", operation)
    operation.refresh_from_db()
    assert operation.state == "cancelled"


def test_a_plan_that_needs_approval_says_why_before(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    TelnyxAccount.objects.update(approval_above_sim_cards=2)
    ids = [card.pk for card in disabled_cards(synced_account)]
    page = _post(as_operator, synced_account, kind="enable", ids=ids).content.decode()
    assert "because it is on more than 2 SIM cards" in page
    operation = Operation.objects.get()
    response = take(as_operator, "confirm_operation", operation)
    assert "waits for a second person" in json.loads(response["HX-Trigger"])["toast"]["text"]
    operation.refresh_from_db()
    assert operation.state == "awaiting_approval"


def test_a_refused_plans_page_pages_on_its_own_address(
    as_operator: Client,
    synced_account: TelnyxAccount,
    operator: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "PAGE_SIZE", 2)
    operation = planned(synced_account, operator)
    address = reverse("confirm_operation", args=[synced_account.slug, operation.pk])
    given = {"starts_at": "2020-01-01T10:00", "from": "page"}
    response = as_operator.post(address, given)
    assert response.status_code == 422
    (following,) = re.findall(r'rel="next"\s+href="([^"]+)"', response.content.decode())
    assert following.startswith(f"{operation.get_absolute_url()}?after=")
    assert as_operator.get(following).status_code == 200
