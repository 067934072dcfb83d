"""Identifiers are pasted, one of them unknown: the others are tagged, and the report says so."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

UNKNOWN = "8931999999999999991"


def _open_form(page: Page) -> tuple[list[str], str]:
    """Go there from the list; the first ICCIDs and an MSISDN of it."""
    page.get_by_role("link", name="SIM cards", exact=True).click()
    rows = page.locator("#sim-card-rows tr")
    iccids = rows.locator("a.identifier").all_inner_texts()
    msisdn = rows.nth(1).locator(".second-line .identifier").inner_text()
    page.get_by_role("link", name="By identifier").click()
    return iccids, msisdn


def test_pasted_identifiers_are_tagged_and_reported(open_as: Callable[..., Page]) -> None:
    page = open_as("ops")
    iccids, msisdn = _open_form(page)
    page.get_by_label("Identifiers").fill(f"{iccids[0]}\n{msisdn}\n{UNKNOWN}")
    page.get_by_label("What to do").select_option(label="Add tags")
    page.get_by_label("Tags").fill("by-identifier")

    page.get_by_role("button", name="Only match").click()
    heading = page.get_by_role("heading", name="2 of 3 rows mean a SIM card")
    expect(heading).to_be_focused()
    expect(page.locator("#matches tbody tr")).to_have_count(1)
    expect(page.locator("#matches tbody tr")).to_contain_text(UNKNOWN)
    expect(page.get_by_label("Tags")).to_have_value("by-identifier")

    page.get_by_role("button", name="Match and plan").click()
    page.wait_for_url(re.compile(r"/operations/\d+/$"))
    expect(page.locator("main")).to_contain_text("2eligible")
    page.get_by_role("button", name="Add tags: 2 SIM cards").click()
    expect(page.locator("main")).to_contain_text("2 of 2 SIM cards done", timeout=40_000)
    expect(page.locator("tbody tr", has_text="Completed")).to_have_count(2)

    page.get_by_role("link", name="Show every row").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("link", name="Not found 1").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(UNKNOWN)
    assert "outcome=unmatched" in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert UNKNOWN in download.value.path().read_text()


def test_a_file_stays_chosen_on_a_narrow_screen(open_as: Callable[..., Page]) -> None:
    page = open_as("ops", width=390, height=844)
    page.goto("/a/demo/sim-cards/")
    iccids = page.locator("#sim-card-rows a.identifier").all_inner_texts()
    page.goto("/a/demo/operations/identifiers/")
    table = "ICCID,Site\n" + "\n".join(f"{iccid},Depot" for iccid in iccids[:5])
    file = {"name": "depot.csv", "mimeType": "text/csv", "buffer": table.encode()}
    page.get_by_label("CSV or XLSX file").set_input_files(files=[file])  # type: ignore[list-item]
    for _ in range(2):
        page.get_by_role("button", name="Only match").click()
        expect(page.get_by_role("heading", name="5 of 5 rows mean a SIM card")).to_be_focused()
    overflow = page.evaluate("document.body.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_without_javascript_the_fields_come_with_the_page(open_as: Callable[..., Page]) -> None:
    page = open_as("ops", java_script_enabled=False)
    iccids, _ = _open_form(page)
    page.get_by_label("Identifiers").fill(iccids[0])
    page.get_by_label("What to do").select_option(label="Set data limit")
    page.get_by_role("button", name="Show what this needs").click()
    expect(page.get_by_label("Identifiers")).to_have_value(iccids[0])
    page.get_by_label("Data limit", exact=True).fill("750")
    page.get_by_role("button", name="Match and plan").click()
    page.wait_for_url(re.compile(r"/operations/\d+/$"))
    expect(page.locator("main")).to_contain_text("750 MB")
