"""What SIM cards cost and what a second person approves, in an account's settings."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, Person, TelnyxAccount
from fleet.operations.start import approval_reason
from tests.web.operations import planned, signed_in

pytestmark = pytest.mark.django_db
GOOD = {
    "currency": "EUR",
    "monthly_active": "1.75",
    "monthly_idle": "0.1025",
    "monthly_public_ip": "3",
    "approval_above_sim_cards": "500",
    "approval_above_cost": "",
    "approval_kinds": ["delete_sim_card", "voice_on"],
}


def test_rates_and_rules_are_saved_and_shown(account: TelnyxAccount, admin: Person) -> None:
    browser = signed_in(admin)
    response = browser.post(reverse("account_rules", args=[account.slug]), GOOD)
    assert response["Location"] == reverse("telnyx_account", args=[account.slug])
    account.refresh_from_db()
    assert (account.currency, account.monthly_idle) == ("EUR", Decimal("0.1025"))
    assert (account.approval_above_sim_cards, account.approval_above_cost) == (500, None)
    assert account.approval_kinds == ["delete_sim_card", "voice_on"]
    page = browser.get(response["Location"]).content.decode()
    for value in ("1.75", "0.1025", "3.00"):
        assert f'value="{value}"' in page
    detail = AuditEntry.objects.get(action="account.rules_changed").detail
    assert "approval_kinds" in detail["fields"]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("currency", "euro", "at most 3"),
        ("currency", "eur", "Give a code as EUR"),
        ("monthly_active", "-1", "greater than or equal to 0"),
        ("monthly_idle", "little", "Enter a number"),
        ("approval_above_sim_cards", "many", "whole number"),
        ("approval_kinds", ["explode"], "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    account: TelnyxAccount, admin: Person, field: str, value: object, says: str
) -> None:
    data = {**GOOD, field: value}
    response = signed_in(admin).post(reverse("account_rules", args=[account.slug]), data)
    assert response.status_code == 422
    form = response.context["rules_form"]
    assert says in " ".join(form.errors[field])
    assert list(form.errors) == [field]
    account.refresh_from_db()
    assert account.currency == "USD"
    if field != "monthly_active":
        assert 'value="1.75"' in response.content.decode()


def test_a_rule_for_voice_holds_for_whole_groups(
    synced_account: TelnyxAccount, operator: Person
) -> None:
    TelnyxAccount.objects.update(voice_per_sim_card=False, approval_kinds=["voice_off"])
    synced_account.refresh_from_db()
    operation = planned(synced_account, operator, kind="voice_off")
    assert operation.kind == "group_voice_off"
    assert "always needs it" in approval_reason(operation)
