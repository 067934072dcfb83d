"""Takes every page of a running demo at two sizes in both themes: `make screenshots`.

Starts a demo of its own unless SCREENSHOT_URL names a running one.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser import SIZES, THEMES, chromium, sign_in

TARGET = Path(__file__).resolve().parent.parent / "screenshots"
PASSWORD = "simfleet-demo"


def main() -> int:
    """Take them all; the number of pages that complained in the console decides the exit code."""
    TARGET.mkdir(exist_ok=True)
    url = os.environ.get("SCREENSHOT_URL")
    if url:
        return take_all(url.rstrip("/"))
    from tests.demo_process import start_demo

    with tempfile.TemporaryDirectory(prefix="sf-") as home:
        demo = start_demo(Path(home), sims=2000)
        try:
            return take_all(demo.url)
        finally:
            demo.stop()


def take_all(base_url: str) -> int:
    """Every page; prints where each went."""
    complaints: list[str] = []
    with chromium() as browser:
        prepare(browser, base_url)
        for size in SIZES:
            for theme in THEMES:
                _take(browser, base_url, size, theme, complaints)
    for line in complaints:
        print(f"console: {line}", file=sys.stderr)
    return 1 if complaints else 0


def prepare(browser: Browser, base_url: str) -> None:
    """Give the demo something to show: an operation that ran, and one SIM card's details."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, base_url, "ops@example.com", PASSWORD)
    page.goto(f"{base_url}/a/demo/operations/")
    if not page.locator("tbody tr").count():
        page.goto(f"{base_url}/a/demo/sim-cards/?status=disabled&sort=-usage")
        page.wait_for_selector("#sim-card-rows tr")
        page.locator("[data-select-page]").check()
        page.get_by_role("button", name="Enable", exact=True).click()
        page.locator("#dialog button.btn-primary").click()
        page.wait_for_selector("#dialog", state="hidden")
        page.wait_for_timeout(4000)
    page.goto(f"{base_url}/a/demo/sim-cards/?status=enabled")
    page.locator("#sim-card-rows a.identifier").first.click()
    page.get_by_role("button", name="Refresh now").click()
    page.wait_for_selector(".toast-card")
    context.close()


def _take(browser: Browser, base_url: str, size: str, theme: str, complaints: list[str]) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, locale="en-GB"
    )
    page = context.new_page()
    page.on("console", lambda m: m.type == "error" and complaints.append(f"{page.url}: {m.text}"))
    page.on("pageerror", lambda e: complaints.append(f"{page.url}: {e}"))

    def shoot(name: str) -> None:
        page.wait_for_load_state("networkidle") if "sign" in name else page.wait_for_timeout(350)
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if overflow > 0:
            complaints.append(f"{page.url}: {overflow} px wider than {width} px")
        path = TARGET / f"{name}-{size}-{theme}.png"
        page.screenshot(path=path)
        print(path)

    page.goto(f"{base_url}/sign-in/")
    shoot("sign-in")
    sign_in(page, base_url, "admin@example.com", PASSWORD)
    shoot("overview")
    page.goto(f"{base_url}/a/demo/sim-cards/")
    shoot("sim-cards")
    _plan(page, shoot)
    _identifiers(page, base_url, shoot)
    page.goto(f"{base_url}/a/demo/sim-cards/?q=0000000000000")
    shoot("sim-cards-none")
    page.goto(f"{base_url}/a/demo/sim-cards/?status=enabled")
    page.locator("#sim-card-rows a.identifier").first.click()
    shoot("sim-card")
    page.goto(f"{base_url}/a/demo/groups/")
    shoot("groups")
    page.get_by_role("button", name="Actions for").first.click()
    shoot("group-menu")
    page.get_by_role("button", name="Set pooled data limit …").first.click()
    page.wait_for_selector("#dialog[open]")
    shoot("group-limit")
    page.goto(f"{base_url}/a/demo/operations/")
    shoot("operations")
    page.locator("tbody tr a", has_text="Enable").last.click()
    shoot("operation")
    page.goto(f"{base_url}/a/demo/sync/")
    shoot("sync")
    page.goto(f"{base_url}/a/demo/settings/")
    shoot("settings")
    page.goto(f"{base_url}/person/")
    shoot("person")
    page.goto(f"{base_url}/accounts/add/")
    shoot("add-account")
    expected = len(complaints)
    page.goto(f"{base_url}/nowhere/")
    shoot("not-found")
    # The browser itself reports the 404 that was asked for.
    del complaints[expected:]
    context.close()


def _plan(page: Page, shoot: object) -> None:
    assert callable(shoot)
    page.goto(page.url.split("?")[0] + "?status=disabled&status=standby&status=registering")
    page.locator("[data-select-page]").check() if page.locator(
        "[data-select-page]"
    ).is_visible() else page.locator("input[name=ids]").first.check()
    shoot("sim-cards-selected")
    page.get_by_role("button", name="Enable", exact=True).click()
    page.wait_for_selector("#dialog[open]")
    shoot("plan")
    page.get_by_role("link", name="Show every SIM card").click()
    page.wait_for_url("**/operations/*/")
    shoot("plan-page")
    with page.expect_navigation():
        page.get_by_role("button", name="Discard").click()


def _identifiers(page: Page, base_url: str, shoot: object) -> None:
    assert callable(shoot)
    page.goto(f"{base_url}/a/demo/sim-cards/")
    iccids = page.locator("#sim-card-rows a.identifier").all_inner_texts()[:3]
    page.goto(f"{base_url}/a/demo/operations/identifiers/")
    shoot("identifiers")
    # Taking a picture leaves an empty style on the field, which the policy forbids to be copied.
    page.reload()
    page.get_by_label("Identifiers").fill(
        "\n".join([*iccids, iccids[0], "8.93105E+19", "1234567890"])
    )
    page.get_by_label("What to do").select_option(label="Set data limit")
    page.get_by_role("button", name="Only match").click()
    page.wait_for_selector("#matches")
    shoot("identifiers-matched")


if __name__ == "__main__":
    sys.exit(main())
