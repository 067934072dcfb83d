"""A demo of its own and a browser for the end-to-end tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import CHROMIUM, chromium, sign_in
from tests.demo_process import Demo, start_demo

PASSWORD = "simfleet-demo"
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser the tests say so loudly; CI fails before it gets here."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            if not CHROMIUM.exists() and os.environ.get("CI") != "true":
                item.add_marker(pytest.mark.skip(reason=f"BROWSER TEST SKIPPED: no {CHROMIUM}"))


@pytest.fixture(scope="package")
def demo() -> Iterator[Demo]:
    """`make demo` with 2,000 SIM cards, actions four times as fast."""
    with TemporaryDirectory(prefix="sf-") as home:
        environment = {"SANDBOX_SPEED": "4", "TELNYX_READ_SECONDS": "5", "CLAIM_START_SECONDS": "3"}
        with start_demo(Path(home), sims=2000, env=environment) as running:
            yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Not for the session: its event loop would count as running in others."""
    with chromium() as started:
        yield started


@pytest.fixture
def open_as(browser: Browser, demo: Demo) -> Iterator[Callable[..., Page]]:
    """`open_as("ops")` gives a page signed in as that person; console errors fail the test."""
    complaints: list[str] = []
    contexts = []

    def complain(text: str) -> None:
        # A form that is shown again with what is wrong with it: the browser calls it an error.
        if "422 (Unprocessable" not in text:
            complaints.append(text)

    def open_page(who: str, width: int = 1440, height: int = 900, **options: object) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            base_url=demo.url,
            **options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: m.type == "error" and complain(m.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        sign_in(page, demo.url, f"{who}@example.com", PASSWORD)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
