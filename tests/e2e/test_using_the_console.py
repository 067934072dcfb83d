"""Searching, moving by keyboard, roles, themes, and what a person sees when Telnyx is away."""

from __future__ import annotations

import re
from collections.abc import Callable

import requests
from playwright.sync_api import Locator, Page, expect

from tests.demo_process import Demo


def test_search_from_anywhere_by_the_last_digits(open_as: Callable[..., Page]) -> None:
    page = open_as("manager")
    page.goto("/a/demo/sim-cards/?sort=-usage")
    iccid = page.locator("#sim-card-rows a.identifier").first.inner_text()
    page.goto("/a/demo/groups/")
    page.keyboard.press("/")
    page.keyboard.type(iccid[-7:])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=" + iccid[-7:]))
    expect(page.locator("#sim-card-rows tr", has_text=iccid)).to_have_count(1)
    # On the list itself the same box filters while typing, and back brings the former list.
    page.get_by_label("Search SIM cards").fill("00000000000000")
    expect(page.get_by_text("No SIM card matches")).to_be_visible()
    page.go_back()
    expect(page.locator("#sim-card-rows tr", has_text=iccid)).to_have_count(1)


def test_rows_are_selected_and_opened_by_keyboard(open_as: Callable[..., Page]) -> None:
    page = open_as("ops")
    page.goto("/a/demo/sim-cards/")
    page.locator("body").press("j")
    page.keyboard.press("j")
    # The rows are shown again, as they are while something runs; place and selection stay.
    with page.expect_response(lambda response: "/sim-cards/rows/" in response.url):
        page.evaluate("htmx.trigger(document.body, 'activity')")
    page.keyboard.press("x")
    checked = page.locator("#sim-card-rows tr").nth(1).get_by_role("checkbox")
    expect(checked).to_be_checked()
    with page.expect_response(lambda response: "/sim-cards/rows/" in response.url):
        page.evaluate("htmx.trigger(document.body, 'activity')")
    expect(checked).to_be_checked()
    iccid = page.locator("#sim-card-rows a.identifier").nth(1).inner_text()
    page.locator("#sim-card-rows a.identifier").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(iccid)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def test_several_statuses_are_ticked_in_one_go(open_as: Callable[..., Page]) -> None:
    page = open_as("manager")
    page.goto("/a/demo/sim-cards/")
    page.get_by_role("button", name="Status").click()
    for status in ("Disabled", "Standby", "Registering"):
        box = page.get_by_role("checkbox", name=status)
        box.check()
        expect(page.get_by_role("link", name=f"Remove the filter Status: {status}")).to_be_visible()
        expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox", name="Standby")).to_have_count(0)
    page.get_by_role("link", name="Remove the filter Status: Standby").click()
    expect(page.get_by_role("link", name="Remove the filter Status: Standby")).to_have_count(0)
    assert page.url.count("status=") == 2


def test_the_next_page_and_the_one_before(open_as: Callable[..., Page]) -> None:
    page = open_as("manager")
    page.goto("/a/demo/sim-cards/?sort=-usage")
    identifiers = page.locator("#sim-card-rows a.identifier")
    first = identifiers.all_inner_texts()
    page.get_by_role("link", name="Next").click()
    expect(identifiers.first).not_to_have_text(first[0])
    second = identifiers.all_inner_texts()
    assert not set(first) & set(second)
    page.get_by_role("link", name="Previous").click()
    expect(identifiers.first).to_have_text(first[0])
    assert identifiers.all_inner_texts() == first


def test_a_manager_reads_and_cannot_act(open_as: Callable[..., Page]) -> None:
    page = open_as("manager")
    page.goto("/a/demo/sim-cards/")
    expect(page.locator("#sim-card-rows tr")).to_have_count(25)
    assert page.get_by_role("button", name="Enable", exact=True).count() == 0
    assert page.locator("input[name=ids]").count() == 0
    assert page.get_by_role("link", name="Settings").count() == 0


def test_the_theme_is_kept(open_as: Callable[..., Page]) -> None:
    page = open_as("manager", color_scheme="light")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="Theme").last.click()
    page.get_by_role("button", name="Dark").last.click()
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-bs-theme", "dark")


def _last_run(page: Page) -> Locator:
    runs = page.get_by_role("region", name="The last 50 runs")
    return runs.locator("tbody tr").first


def test_a_refused_key_is_said_and_mended(open_as: Callable[..., Page], demo: Demo) -> None:
    sandbox = demo.info["sandbox_url"].removesuffix("/v2")
    page = open_as("admin")
    page.goto("/a/demo/settings/")
    page.get_by_label("API key").fill("KEY-that-nobody-knows")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/a/demo/sync/")
    first = _last_run(page)
    expect(first).to_contain_text("The API key was refused (401)", timeout=40_000)
    page.goto("/a/demo/sim-cards/")
    expect(page.get_by_role("alert")).to_contain_text("The API key was refused (401)")
    expect(page.locator("#sim-card-rows tr")).to_have_count(25)
    requests.delete(f"{sandbox}/_sandbox/requests", timeout=5)
    page.wait_for_timeout(12_000)
    asked = requests.get(f"{sandbox}/_sandbox/requests", timeout=5).json()
    assert asked["count"] == 0, "a refused key is not tried again"

    requests.post(f"{sandbox}/_sandbox/api_key", json={"api_key": "KEY-new"}, timeout=5)
    page.get_by_role("link", name="Put in a valid key").click()
    page.get_by_label("API key").fill("KEY-new")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/a/demo/sync/")
    expect(_last_run(page)).to_contain_text("Complete", timeout=40_000)
    page.goto("/a/demo/sim-cards/")
    assert page.get_by_role("alert").count() == 0
    assert "KEY-new" not in page.content()


def test_pages_go_on_while_the_api_is_away(open_as: Callable[..., Page], demo: Demo) -> None:
    sandbox = demo.info["sandbox_url"].removesuffix("/v2")
    rule = {"match": {"path_regex": ".*"}, "kind": "reset_before", "times": None}
    page = open_as("ops")
    requests.post(f"{sandbox}/_sandbox/faults", json=rule, timeout=5)
    try:
        page.goto("/a/demo/sim-cards/")
        page.locator("#sim-card-rows a.identifier").first.click()
        page.get_by_role("button", name="Refresh now").click()
        expect(page.locator(".toast-danger")).to_contain_text("Not refreshed")
        page.goto("/a/demo/sim-cards/")
        expect(page.get_by_role("alert")).to_contain_text("API unreachable, showing data as of")
        expect(page.locator("#sim-card-rows tr")).to_have_count(25)
    finally:
        requests.delete(f"{sandbox}/_sandbox/faults", timeout=5)
    page.goto("/a/demo/sync/")
    page.get_by_role("button", name="Sync everything now").click()
    expect(_last_run(page)).to_contain_text("Complete")
    # The warning goes by itself, on the open page.
    expect(page.get_by_role("alert")).to_have_count(0)
