"""Pages in a real browser: their scripts, what they look like to axe, and without any script."""

import asyncio
from typing import Any

import orjson
import pytest
from gateway_web import FILM, sign_in_here
from playwright.async_api import expect

from marquee_shared.testing.browser import check

expect.set_options(timeout=20_000)  # a busy machine is no slower site

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="600"><rect width="400" height="600" fill="#276"/></svg>'
SHIFT = """new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""


@pytest.fixture
def site(film: Any) -> Any:
    """Services with pictures, too."""
    drawn = {"content-type": "image/svg+xml"}
    film.answers(FILM["cover_url"], body=PICTURE, headers=drawn)
    for name in ("ada", "theo"):
        film.answers(f"/v1/users/{name}/avatar.svg", body=PICTURE, headers=drawn)
    never = asyncio.Event()
    film.answers("/v1/stream", headers={"content-type": "text/event-stream"},
                 pieces=[b": hello\n\n", never])  # fmt: skip
    yield film
    never.set()


@pytest.mark.parametrize(("phone", "scheme"), [(True, "dark"), (False, "light")])
async def test_no_page_shuts_anyone_out(
    open_page: Any, site: Any, phone: bool, scheme: str
) -> None:
    page = await open_page(phone=phone, color_scheme=scheme)
    kind = f"{'phone' if phone else 'desk'}-{scheme}"
    for name, path in {
        "welcome": "/",
        "sign-up": "/sign-up",
        "guest-film": "/films/alien-1979",
    }.items():
        await page.goto(path)
        await check(page, f"{name}-{kind}")
    await sign_in_here(page)
    await check(page, f"home-{kind}")
    assert await page.evaluate(SHIFT) < 0.02
    for name, path in {
        "film": "/films/alien-1979",
        "review": "/reviews/7",
        "device": "/device",
    }.items():
        await page.goto(path)
        await check(page, f"{name}-{kind}")
    await page.goto("/films/alien-1979")
    await page.click(".writing summary")
    await page.click(".self .menu summary")
    await expect(page.locator(".self .menu-body")).to_be_visible()
    await check(page, f"film-open-{kind}")
    await page.keyboard.press("Escape")
    await expect(page.locator(".self .menu-body")).to_be_hidden()


async def test_a_star_is_kept_without_leaving_the_page(open_page: Any, site: Any) -> None:
    page = await open_page()
    await sign_in_here(page)
    await page.goto("/films/alien-1979")
    await page.evaluate("window.still = true")
    where = "/v1/movies/alien-1979/rating"

    async def keep(request: Any) -> Any:
        if request.method == "PUT":
            site.answers(where, body=request.body)
            return site.reply(body=request.body)
        return site.reply(status=404, body=b"{}")

    site.answers(where, keep)
    await page.click("label:has(#rate-7)", position={"x": 5, "y": 20})
    await expect(page.locator("#note .ok")).to_contain_text("3.5")
    await expect(page.locator("#rate-7")).to_be_checked()
    assert await page.evaluate("window.still"), "nothing was loaded anew"
    await page.focus("#rate-7")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#note .ok")).to_contain_text("4")
    assert await page.evaluate("document.activeElement.id") == "rate-8", "focus stays"
    await page.context.set_offline(True)
    await page.click("label:has(#rate-2)", position={"x": 5, "y": 20})
    await expect(page.locator("#note .no")).to_contain_text("connection was lost")
    await page.context.set_offline(False)
    await page.click("label:has(#rate-4)", position={"x": 5, "y": 20})
    await expect(page.locator("#note .ok")).to_contain_text("2")


async def test_what_was_written_outlives_a_lost_connection(open_page: Any, site: Any) -> None:
    page = await open_page()
    await sign_in_here(page)
    await page.goto("/films/alien-1979")
    await page.click(".writing summary")
    await page.fill("#f-content", "Half a thought")
    await page.goto("/")
    await page.goto("/films/alien-1979")
    await page.click(".writing summary")
    await expect(page.locator("#f-content")).to_have_value("Half a thought")
    await page.fill("#f-title", "A title")
    await page.click(".writing button[type=submit]")
    await expect(page.locator("#note .ok")).to_be_visible()
    await page.click(".writing summary")
    await expect(page.locator("#f-content")).to_have_value("")


async def test_suggestions_are_reached_by_key(open_page: Any, site: Any) -> None:
    found = [
        {"type": "movie", "slug": "alien-1979", "title": "Alien", "year": 1979, "match": [0, 2]}
    ]
    site.answers("/v1/search", body=orjson.dumps({"items": found}))
    page = await open_page()
    await page.goto("/")
    await page.fill("#seek", "al")
    option = page.locator("[role=option]").first
    await expect(option).to_have_text("Alien 1979")
    await check(page, "suggestions")
    await page.keyboard.press("ArrowDown")
    await expect(option).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/films/alien-1979")


async def test_everything_works_without_script(open_page: Any, site: Any) -> None:
    page = await open_page(phone=True, java_script_enabled=False)
    await sign_in_here(page)
    await page.goto("/films/alien-1979")
    site.answers("/v1/movies/alien-1979/rating", body=b'{"value":4.5}')
    await page.check("#rate-9", force=True)
    await page.click(".rate button")
    await expect(page.locator("#note .ok")).to_contain_text("4.5")
    await page.click(".writing summary")
    await page.fill("#f-title", "Quiet")
    await page.fill("#f-content", "Very quiet.")
    await page.click(".writing button[type=submit]")
    await page.wait_for_url("**/films/alien-1979#reviews")
    await page.click(".self .menu summary")
    await page.click(".self .menu button")
    await expect(page.locator("#note .ok")).to_contain_text("signed out")
