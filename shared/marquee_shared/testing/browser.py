"""Pages in a real browser: opened as somebody new, watched for what no page may do, shown to axe.

`conftest.py` takes the fixture over by importing `chromium`; the tests share one browser.
"""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, ViewportSize, async_playwright

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update",
                "--disable-sync"]  # fmt: skip
PHONE: Final = ViewportSize(width=390, height=844)
DESK: Final = ViewportSize(width=1440, height=900)
PATIENCE: Final = 20_000
"""Milliseconds a page may take on a busy machine."""

FORM_REFUSED: Final = "status of 422"
"""What Chromium logs of a form that was answered with what is wrong in it."""

CUT_OFF: Final = "ERR_INTERNET_DISCONNECTED"
"""What browsers say while a test keeps them from the network."""

MEANT: Final = (FORM_REFUSED, CUT_OFF)

OpenPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """A browser for all tests of a process."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install --no-install-recommends chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def browsing(chromium: Browser, site: str) -> AsyncIterator[OpenPage]:
    """Yield what opens pages of a site, each as somebody new; close them in the end.

    Raises:
        AssertionError: a script failed, an asset was refused, or somebody else was asked.
    """
    wrong: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", lambda said: wrong.append(said.text) if _is_wrong(said) else None)
        page.on("request", lambda asked: wrong.append(asked.url) if _foreign(asked.url) else None)

    def _is_wrong(said: ConsoleMessage) -> bool:
        return said.type == "error" and not any(one in said.text for one in MEANT)

    def _foreign(url: str) -> bool:
        return not url.startswith((site, "data:"))

    async with AsyncExitStack() as stack:

        async def open_one(*, phone: bool = False, **options: Any) -> Page:
            context = await chromium.new_context(
                base_url=site, viewport=PHONE if phone else DESK, reduced_motion="reduce", **options
            )
            stack.push_async_callback(context.close)
            page = await context.new_page()
            page.set_default_timeout(PATIENCE)
            watch(page)
            return page

        yield open_one
    assert wrong == []  # noqa: S101 - it is for tests


async def check(page: Page, name: str) -> None:
    """Let axe look at a page; `SCREENSHOTS=<folder>` keeps a picture of it."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    found = (await Axe().run(page)).response["violations"]
    wrong = [f"{one['id']} {node['target']}: {node.get('failureSummary')}"
             for one in found for node in one["nodes"]]  # fmt: skip
    assert not wrong, f"{name}: {wrong}"  # noqa: S101 - likewise
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, f"{name} scrolls sideways"  # noqa: S101 - likewise
