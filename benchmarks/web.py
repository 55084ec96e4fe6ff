"""The front page of a signed-in member: how long it takes, how much travels, how it paints.

`python benchmarks/web.py URL LOGIN PASSWORD [--requests 200]` measures a running system (`make up`
with a high RATE_LIMIT_FACTOR) as one visitor at a time, warm. Where Chromium is found it also
loads the page with nothing kept, and takes what Lighthouse calls LCP, CLS and TBT.
"""

import argparse
import asyncio
import re
import statistics
import time

import httpx
from playwright.async_api import async_playwright
from rich.console import Console
from rich.table import Table

from marquee_shared.testing.browser import CHROMIUM, FLAGS, PHONE

HTML = {"Accept": "text/html", "Accept-Encoding": "gzip"}
WARM_UP = 10
TARGET_MS = 100

PAINT = """() => new Promise(done => {
  const found = {lcp: 0, cls: 0, tbt: 0};
  const watch = (type, take) => new PerformanceObserver(list => list.getEntries().forEach(take))
    .observe({type, buffered: true});
  watch('largest-contentful-paint', one => { found.lcp = one.startTime; });
  watch('layout-shift', one => { if (!one.hadRecentInput) found.cls += one.value; });
  watch('longtask', one => { found.tbt += Math.max(0, one.duration - 50); });
  setTimeout(() => done(found), 1000);
})"""
TRANSFERRED = """() => performance.getEntriesByType('navigation')
  .concat(performance.getEntriesByType('resource'))
  .filter(one => one.initiatorType !== 'img' && !/\\/v1\\/|\\/live$/.test(one.name))
  .reduce((sum, one) => sum + one.transferSize, 0)"""


async def sign_in(client: httpx.AsyncClient, login: str, password: str) -> None:
    """Sign in through the form, as a browser does."""
    page = await client.get("/sign-in", headers=HTML)
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page.text)
    if token is None:
        raise SystemExit("there is no form to sign in with")
    data = {"form_token": token[1], "login": login, "password": password}
    answer = await client.post("/sign-in", data=data, headers=HTML)
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise SystemExit(f"could not sign in: {answer.status_code}")


async def measure_requests(client: httpx.AsyncClient, requests: int) -> tuple[list[float], int]:
    """Return milliseconds per answer, and the bytes of one."""
    taken = []
    size = 0
    for number in range(WARM_UP + requests):
        begun = time.perf_counter()
        async with client.stream("GET", "/", headers=HTML) as answer:
            size = sum([len(piece) async for piece in answer.aiter_raw()])
        if number >= WARM_UP:
            taken.append((time.perf_counter() - begun) * 1000)
    return taken, size


async def measure_paint(url: str, cookies: httpx.Cookies) -> dict[str, float] | None:
    """Load the page in a fresh browser on a phone's screen."""
    if CHROMIUM is None:
        return None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(viewport=PHONE)
        await context.add_cookies(
            [{"name": one.name, "value": one.value or "", "url": url} for one in cookies.jar]
        )
        page = await context.new_page()
        await page.goto(url)
        found: dict[str, float] = await page.evaluate(PAINT)
        found["bytes"] = await page.evaluate(TRANSFERRED)
        await browser.close()
        return found


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The front page of a signed-in member.")
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("login", nargs="?")
    parser.add_argument("password", nargs="?")
    parser.add_argument("--requests", type=int, default=200)
    given = parser.parse_args()
    console = Console()
    if given.password is None:
        console.print(
            "Needs a running system and a member: web.py URL LOGIN PASSWORD; passed over."
        )
        return
    async with httpx.AsyncClient(base_url=given.url, timeout=30) as client:
        await sign_in(client, given.login, given.password)
        taken, size = await measure_requests(client, given.requests)
        painted = await measure_paint(given.url, client.cookies)
    quantiles = statistics.quantiles(taken, n=100)
    table = Table("measure", "value", "target", title="The front page, signed in, warm")
    table.add_row("p50", f"{quantiles[49]:.1f} ms", f"< {TARGET_MS} ms")
    table.add_row("p95", f"{quantiles[94]:.1f} ms", "")
    table.add_row("HTML, gzip", f"{size / 1000:.1f} kB", "")
    if painted is not None:
        table.add_row("all before images", f"{painted['bytes'] / 1000:.1f} kB", "< 60 kB")
        table.add_row("LCP", f"{painted['lcp']:.0f} ms", "< 2500 ms")
        table.add_row("CLS", f"{painted['cls']:.3f}", "< 0.1")
        table.add_row("TBT", f"{painted['tbt']:.0f} ms", "< 200 ms")
    console.print(table)


if __name__ == "__main__":
    asyncio.run(main())
