"""The main job: ops filters, selects 25 disabled SIM cards of a group, enables them."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

GROUP = "Cold-chain trackers"


def choose(page: Page, field: str, label: str) -> None:
    """Choose in a filter, where a count stands behind each choice."""
    option = page.get_by_label(field, exact=True).locator("option", has_text=label).first
    page.get_by_label(field, exact=True).select_option(value=option.get_attribute("value"))


def test_ops_enables_25_disabled_sim_cards_of_a_group(open_as: Callable[..., Page]) -> None:
    page = open_as("ops")
    page.get_by_role("link", name="SIM cards", exact=True).click()
    choose(page, "Group", GROUP)
    expect(page.get_by_role("link", name=f"Remove the filter Group: {GROUP}")).to_be_visible()
    page.get_by_role("button", name="Status").click()
    page.get_by_role("checkbox", name="Disabled").check()
    expect(page.get_by_role("link", name="Remove the filter Status: Disabled")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Disabled")).to_be_focused()
    page.keyboard.press("Escape")
    assert "status=disabled" in page.url
    rows = page.locator("#sim-card-rows tr")
    expect(rows).to_have_count(25)
    for status in rows.locator(".status-badge").all():
        expect(status).to_have_text("Disabled")
    chosen = rows.locator("a.identifier").all_inner_texts()

    page.evaluate("window.sameDocument = true")
    page.get_by_label("Select the page").check()
    expect(page.locator("[data-selection-count]")).to_have_text("25")
    page.get_by_role("button", name="Enable", exact=True).click()
    dialog = page.get_by_role("dialog", name="Enable: 25 SIM cards")
    expect(dialog).to_contain_text("25eligible")
    dialog.get_by_role("button", name="Enable 25 SIM cards").click()
    expect(dialog).to_be_hidden()

    expect(page.locator("#activity .activity-operation")).to_be_visible()

    # On their way, then there, in the same rows and without a reload.
    expect(page.locator("#sim-card-rows .pending").first).to_be_visible()
    expect(rows.locator(".status-badge", has_text="Enabled")).to_have_count(25, timeout=40_000)
    expect(page.locator("#sim-card-rows .pending")).to_have_count(0)
    assert rows.locator("a.identifier").all_inner_texts() == chosen
    assert page.evaluate("window.sameDocument") is True

    page.get_by_role("link", name="Operations").click()
    run = page.locator("tbody tr").first
    expect(run).to_contain_text("Succeeded")
    run.get_by_role("link").click()
    expect(page.locator("main")).to_contain_text("25 of 25 SIM cards done")
    expect(page.locator("tbody tr", has_text="Completed")).to_have_count(25)


def test_all_that_match_is_planned_exactly_and_can_be_discarded(
    open_as: Callable[..., Page],
) -> None:
    page = open_as("ops")
    page.goto("/a/demo/sim-cards/?status=standby&size=25")
    total = int(page.locator("[data-selection-none] strong").inner_text())
    assert total > 25
    page.get_by_label("Select the page").check()
    page.get_by_role("button", name=f"Select all {total} that match").click()
    expect(page.locator("[data-selection-count]")).to_have_text(str(total))
    page.get_by_role("button", name="Disable", exact=True).click()
    dialog = page.get_by_role("dialog", name=f"Disable: {total} SIM cards")
    # Disabling starts from enabled only, and the plan says so before anything is sent.
    expect(dialog).to_contain_text("cannot be disabled from status “standby”")
    expect(dialog.get_by_role("button", name="Disable 0 SIM cards")).to_be_disabled()
    dialog.get_by_role("button", name="Discard").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".toast-card")).to_contain_text("nothing was sent")


def test_a_selection_does_not_survive_a_changed_filter(open_as: Callable[..., Page]) -> None:
    page = open_as("ops")
    page.goto("/a/demo/sim-cards/?status=standby")
    page.get_by_label("Select the page").check()
    expect(page.locator("[data-selection-count]")).to_have_text("25")
    choose(page, "Type", "eSIM")
    expect(page.get_by_role("link", name="Remove the filter Type: eSIM")).to_be_visible()
    expect(page.locator("[data-selection-some]")).to_be_hidden()
    expect(page.get_by_role("button", name="Enable", exact=True)).to_be_disabled()


def test_one_sim_card_is_disabled_on_its_own_page(open_as: Callable[..., Page]) -> None:
    page = open_as("ops", width=390, height=844)
    page.goto("/a/demo/sim-cards/?status=enabled&sort=usage")
    page.locator("#sim-card-rows a.identifier").first.click()
    expect(page.get_by_role("button", name="Enable", exact=True)).to_be_disabled()
    expect(page.locator("#why-enable")).to_have_text("already enabled")
    page.get_by_role("button", name="Disable", exact=True).click()
    page.get_by_role("button", name="Disable 1 SIM card").click()
    expect(page.locator(".detail-status .status-badge")).to_have_text("Disabled", timeout=30_000)
    expect(page.locator(".events li", has_text="Status").first).to_contain_text("Disabled")
    overflow = page.evaluate("document.body.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
