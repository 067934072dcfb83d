"""Operations from selection to undo; by two persons, by keyboard alone, on a narrow screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.demo_process import Demo

LONG = 60_000


@pytest.fixture
def sandbox(demo: Demo) -> Iterator[str]:
    """The address of the sandbox's admin endpoints; faults are mended afterwards."""
    address = demo.info["sandbox_admin_url"]
    yield address
    requests.delete(f"{address}/faults", timeout=5)


def _fail_twice(sandbox: str) -> None:
    rule = {
        "kind": "status",
        "status": 422,
        "times": 2,
        "match": {"method": "PATCH", "path_regex": "/sim_cards/"},
    }
    requests.post(f"{sandbox}/faults", json=rule, timeout=5).raise_for_status()


def _choose(page: Page, kind: str) -> Locator:
    """Choose a kind from the menu; the dialog that follows."""
    page.locator("#more-actions").click()
    page.get_by_role("button", name=kind, exact=True).click()
    return page.locator("#dialog")


def test_plan_watch_retry_and_undo(open_as: Callable[..., Page], sandbox: str) -> None:
    page = open_as("ops")
    page.goto("/a/demo/sim-cards/?status=standby&size=25")
    page.get_by_label("Select the page").check()
    dialog = _choose(page, "Add tags …")
    expect(dialog).to_contain_text("Add tags: 25 SIM cards")
    dialog.get_by_role("button", name="Show the plan").click()
    expect(dialog).to_contain_text("Tags is empty")
    dialog.get_by_label("Tags", exact=True).fill("e2e, depot")
    dialog.get_by_role("button", name="Show the plan").click()
    expect(dialog).to_contain_text("25eligible")
    expect(dialog).to_contain_text("no change")
    dialog.get_by_role("link", name="Show every SIM card").click()

    # The plan's page has the same, and every SIM card.
    expect(page.locator("main tbody tr")).to_have_count(25)
    _fail_twice(sandbox)
    page.get_by_role("button", name="Add tags: 25 SIM cards").click()
    expect(page.locator("main")).to_contain_text("Partly failed", timeout=LONG)
    expect(page.locator("main")).to_contain_text("23 of 25 SIM cards done, 2 failed")
    expect(page.get_by_role("heading", name="What went wrong, by cause")).to_be_visible()
    run = page.url

    page.get_by_role("button", name="Retry 2 failed").click()
    page.get_by_role("button", name="Add tags: 2 SIM cards").click()
    expect(page.locator("main")).to_contain_text("Succeeded", timeout=LONG)
    expect(page.locator("main")).to_contain_text("2 of 2 SIM cards done")
    expect(page.locator("main tbody tr").first).to_contain_text("e2e")

    page.goto(run)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("main")).to_contain_text("→ Remove tags")
    page.get_by_role("button", name="Undo: 23 SIM cards").click()
    expect(page.locator("main")).to_contain_text("Succeeded", timeout=LONG)
    page.goto(run)
    expect(page.locator("main")).to_contain_text("Undone")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(page.locator("#why-undo_operation")).to_have_text("it is undone already")


@pytest.fixture
def replacing_needs_approval(open_as: Callable[..., Page]) -> Iterator[Page]:
    """A page of the admin, who has replacing tags approved by a second person."""
    admin = open_as("admin")
    admin.goto("/a/demo/settings/")
    box = admin.locator("#rules").get_by_label("Replace tags")
    box.check()
    admin.get_by_role("button", name="Save rates and approval").click()
    expect(admin.get_by_text("Rates and approval saved.")).to_be_visible()
    yield admin
    admin.goto("/a/demo/settings/")
    box.uncheck()
    admin.get_by_role("button", name="Save rates and approval").click()
    expect(admin.get_by_text("Rates and approval saved.")).to_be_visible()


def test_a_second_person_approves(
    open_as: Callable[..., Page], replacing_needs_approval: Page
) -> None:
    page, admin = open_as("ops"), replacing_needs_approval
    page.goto("/a/demo/sim-cards/?status=enabled&sort=usage")
    page.locator("#sim-card-rows a.identifier").first.click()
    dialog = _choose(page, "Replace tags …")
    dialog.get_by_label("Tags", exact=True).fill("approved")
    dialog.get_by_role("button", name="Show the plan").click()
    expect(dialog).to_contain_text("“Replace tags” always needs it")
    dialog.get_by_role("button", name="Replace tags: 1 SIM card").click()
    expect(page.locator(".toast-card")).to_contain_text("waits for a second person")
    expect(page.locator(".detail-status .pending")).to_contain_text("awaiting approval")
    page.locator(".detail-status .pending").click()
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()

    admin.goto("/a/demo/")
    waiting = admin.get_by_role("region", name="What needs a person")
    expect(waiting).to_contain_text("Waits for you")
    waiting.get_by_role("link").first.click()
    admin.get_by_role("button", name="Approve").click()
    # Both see it, and nobody loads the page again.
    expect(page.locator("main")).to_contain_text("Succeeded", timeout=LONG)
    expect(page.locator("#announcements")).to_have_text(
        re.compile(r"Operation \d+ succeeded: 1 done, 0 failed\.")
    )
    expect(page.locator("main")).to_contain_text("by Ada Admin")
    expect(admin.locator("main")).to_contain_text("Succeeded", timeout=LONG)


def test_a_running_operation_is_paused_and_cancelled(
    open_as: Callable[..., Page], sandbox: str
) -> None:
    page = open_as("ops")
    # Each request takes its time, so that there is something left to pause.
    slow = {"kind": "latency", "seconds": 1.0, "match": {"path_regex": "/sim_cards/"}}
    requests.post(f"{sandbox}/faults", json=slow, timeout=5).raise_for_status()
    page.goto("/a/demo/sim-cards/?status=enabled")
    page.get_by_label("Select the page").check()
    page.locator("[data-select-all]").click()
    dialog = _choose(page, "Add tags …")
    dialog.get_by_label("Tags", exact=True).fill("never")
    dialog.get_by_role("button", name="Show the plan").click()
    dialog.get_by_role("link", name="Show every SIM card").click()
    page.locator("main .btn-primary").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("main")).to_contain_text("Otto Ops paused it.", timeout=LONG)
    expect(page.locator("#activity")).to_contain_text("1 paused")
    page.get_by_role("link", name="Cancel the rest").click()
    ask = page.get_by_role("dialog", name="Cancel the rest of operation")
    expect(ask).to_contain_text("not sent yet stay as they are")
    ask.locator(".btn-danger").click()
    requests.delete(f"{sandbox}/faults", timeout=5)
    expect(page.locator("main")).to_contain_text("It was cancelled.", timeout=LONG)
    expect(page.locator(".operation-header").first).to_contain_text("Cancelled", timeout=LONG)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(80):
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


def test_by_keyboard_alone(open_as: Callable[..., Page]) -> None:
    page = open_as("ops")
    page.goto("/a/demo/sim-cards/?status=disabled")
    page.locator("body").press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-selection-count]")).to_have_text("1")
    # The bar stands before the rows.
    page.locator("#filter-size").focus()
    _tab_to(page, "#more-actions")
    page.keyboard.press("Enter")
    expect(page.locator(".action-menu")).to_be_visible()
    for _ in range(30):
        page.keyboard.press("ArrowDown")
        if page.evaluate("document.activeElement.value") == "add_tags":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Add tags: 1 SIM card")).to_be_visible()
    expect(page.locator("#input-tags")).to_be_focused()
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog .confirm .btn-primary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast-card")).to_contain_text("is running")
    expect(page.locator("#dialog")).to_be_hidden()


def _overflow(page: Page) -> int:
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def test_on_a_narrow_screen(open_as: Callable[..., Page]) -> None:
    page = open_as("ops", width=390, height=844)
    page.goto("/a/demo/sim-cards/?status=disabled")
    page.locator("input[name=ids]").first.check()
    page.locator("#more-actions").click()
    box = page.locator(".action-menu.show").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 844
    page.get_by_role("button", name="Set data limit …").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Data limit", exact=True).fill("1.5")
    dialog.get_by_label("Unit of Data limit").select_option("GB")
    dialog.get_by_role("button", name="Show the plan").click()
    expect(dialog).to_contain_text("1.5 GB")
    assert _overflow(page) <= 0
    dialog.get_by_role("link", name="Show every SIM card").click()
    page.get_by_role("button", name="Set data limit: 1 SIM card").click()
    expect(page.locator("main")).to_contain_text("Succeeded", timeout=LONG)
    for address in (page.url, "/a/demo/operations/", "/a/demo/groups/", "/a/demo/"):
        page.goto(address)
        assert _overflow(page) <= 0, address


def test_a_group_is_limited_from_its_menu(open_as: Callable[..., Page]) -> None:
    page = open_as("ops")
    page.goto("/a/demo/groups/?q=pilot")
    page.get_by_role("button", name="Actions for Body cameras (pilot)").click()
    page.get_by_role("button", name="Set pooled data limit …").click()
    dialog = page.get_by_role("dialog", name="Set pooled data limit: group Body cameras (pilot)")
    dialog.get_by_label("Pooled data limit", exact=True).fill("7")
    dialog.get_by_label("Unit of Pooled data limit").select_option("GB")
    dialog.get_by_role("button", name="Show the plan").click()
    page.get_by_role("button", name="Set pooled data limit: 1 group").click()
    expect(page.locator("tbody tr").first).to_contain_text("7.00 GB", timeout=LONG)
