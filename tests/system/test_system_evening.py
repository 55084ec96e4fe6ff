"""A member's whole evening in a real browser, on a phone and at a desk."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect
from steps import code_from_mail, eventually

from marquee_shared.testing.browser import PATIENCE, browsing, check

expect.set_options(timeout=PATIENCE)

PASSWORD = "correct horse battery staple"
LIKED = ("horror", "sci-fi")
HOME_BYTES = 60_000
SHIFT = 0.02

TRANSFERRED = """() => performance.getEntriesByType('navigation')
  .concat(performance.getEntriesByType('resource'))
  .filter(one => one.initiatorType !== 'img' && !/\\/v1\\/|\\/live$/.test(one.name))
  .reduce((sum, one) => sum + one.transferSize, 0)"""
SHIFTED = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""


@pytest_asyncio.fixture
async def open_page(chromium, system):
    """Open pages as somebody new; a script's error, a refused asset or a foreign request fails."""
    async with browsing(chromium, system.url) as open_one:
        yield open_one


@dataclass
class Guest:
    """Somebody at a browser."""

    page: Any
    username: str
    size: str

    @property
    def title(self):
        return f"Quiet, then not, says {self.username}"

    async def see(self, name):
        """Have axe look at the page."""
        await check(self.page, f"evening-{name}-{self.size}")

    async def go(self, path):
        await self.page.goto(path)

    async def send(self, scope="main form"):
        """Press a form's button and wait for the page it leads to."""
        async with self.page.expect_navigation():
            await self.page.locator(f"{scope} button[type=submit]").first.click()

    async def find(self, path, words):
        """Load a page until it says so, as what others do may take a moment."""

        async def said():
            await self.go(path)
            return words in await self.page.locator("main").inner_text()

        await eventually(said, what=f"“{words}” on {path}")

    async def told(self, words):
        """Wait for the note on top of the page."""
        await expect(self.page.locator("#note .ok")).to_contain_text(words)

    async def row(self, name):
        """Return the addresses of a carousel's films."""
        shelf = self.page.locator("section.shelf").filter(
            has=self.page.get_by_role("heading", name=name, exact=True)
        )
        await expect(shelf).to_be_visible()
        links = await shelf.locator("a.card-link").all()
        return [await link.get_attribute("href") for link in links]


async def sign_up_by_hand(guest, system):
    """Fill in the form, and the code that comes by mail."""
    page, email = guest.page, f"{guest.username}@example.org"
    await guest.go("/")
    await guest.see("guest")
    await page.goto("/sign-up")
    await page.fill("#f-username", guest.username)
    await page.fill("#f-email", email)
    await page.fill("#f-password", "short")
    await guest.send()
    await expect(page.locator("#f-password-error")).to_be_visible()
    await expect(page.locator("#f-email")).to_have_value(email)
    await guest.see("sign-up")
    await page.fill("#f-password", PASSWORD)
    await guest.send()
    await page.wait_for_url("**/verify")
    await page.fill("#f-code", await code_from_mail(system, email))
    await guest.send("form.code")
    await page.wait_for_url("**/welcome/genres")


async def board(guest):
    """Say what one likes; leave a step out and come back to it."""
    page = guest.page
    for genre in LIKED:
        await page.check(f"input[value={genre}]")
    await guest.see("genres")
    await page.click("button[value=next]")
    await page.wait_for_url("**/welcome/platforms")
    await page.click(".onward a:has-text('Skip')")
    await page.wait_for_url("**/welcome/people")
    await page.fill("#f-q", "ridley")
    await page.click("button[value=search]")
    await page.check("input[value=ridley-scott]")
    await guest.see("people")
    await page.click("button[value=next]")
    await page.wait_for_url("**/welcome/films")
    await guest.go("/welcome")
    await page.wait_for_url("**/welcome/platforms")
    await page.check("input[name=platforms] >> nth=0")
    await page.select_option("#f-country", "GB")
    await page.click("button[value=next]")
    await page.wait_for_url("**/welcome/people")
    await expect(page.locator("input[value=ridley-scott]")).to_be_checked()
    await page.click("button[value=next]")
    await page.wait_for_url("**/welcome/films")
    films = page.locator(".rate-grid > li")
    for number, half in enumerate((10, 9, 8)):
        await films.nth(number).locator(".rate-stars label").nth(half - 1).click()
    await guest.see("first-ratings")
    await page.click("button[value=next]")
    await guest.told("This page is yours now")


async def rate_what_was_recommended(guest):
    """Rate the first suggestion: it goes, others come, and a film says why it is there."""
    page = guest.page
    await guest.see("home")
    before = await guest.row("For you")
    film = before[0]
    await guest.go(film)
    await expect(page.locator("#why")).to_contain_text("Why this film")
    await page.locator("label:has(#rate-10)").click()
    await guest.told("Rated 5 stars")
    await guest.see("film")
    await guest.go("/")
    after = await guest.row("For you")
    assert film not in after
    assert before[1:] != after[: len(before) - 1]
    await guest.go(after[0])
    reasons = page.locator("#why li")
    await expect(reasons.first).to_be_visible()
    assert all(await reasons.all_inner_texts())
    return film


async def measure_home(guest, open_page):
    """Load the front page with nothing kept: little travels, and nothing moves."""
    state = await guest.page.context.storage_state()
    page = await open_page(storage_state=state)
    await page.goto("/")
    assert await page.evaluate(TRANSFERRED) < HOME_BYTES
    assert await page.evaluate(SHIFTED) < SHIFT


async def review(guest, film):
    """Review a film, first with a field left out; what was written stays."""
    page = guest.page
    await guest.go(film)
    await page.click(".writing > summary")
    await page.fill(".writing #f-title", guest.title)
    await page.fill(".writing #f-content", "It waits for you.\n\nThen it does not.")
    await page.click(".writing button[type=submit]")
    await guest.told("")
    await expect(page.locator("#reviews")).to_contain_text(guest.title)


async def sign_in(guest):
    page = guest.page
    await guest.go("/sign-in")
    await page.fill("#f-login", guest.username)
    await page.fill("#f-password", PASSWORD)
    await guest.send()
    await page.wait_for_url(re.compile(r":\d+/$"))


async def react(friend, film, title):
    """React to the review, answer it, and ask its author to be friends."""
    page = friend.page
    await friend.go(film)
    said = page.locator("article.review").filter(has_text=title)
    await said.locator(".reactions summary").click()
    await said.get_by_role("button", name="On fire").click()
    await expect(said.get_by_role("button", name="On fire: 1")).to_be_visible()
    await said.get_by_role("link", name=title).click()
    await page.wait_for_url("**/reviews/*")
    await page.locator("#comments textarea").last.fill("I never sat so still.")
    await page.locator("#comments .comment-form button[type=submit]").last.click()
    await expect(page.locator(".thread")).to_contain_text("I never sat so still.")
    await friend.see("review")
    await page.locator(".review .who").first.click()
    await page.wait_for_url("**/members/*")
    await page.get_by_role("button", name="Add friend").click()
    await friend.told("on its way")


async def accept(guest, friend):
    """Hear of it without a reload, and accept."""
    page = guest.page
    await expect(page.locator("[data-unread]")).to_be_visible()
    await guest.go("/notifications")
    await guest.see("notifications")
    await guest.go("/friends")
    await page.get_by_role("button", name="Accept").click()
    await expect(page.locator("main")).not_to_contain_text("Decline")
    await guest.see("friends")
    await guest.find(f"/members/{friend.username}", "You are friends")
    await guest.see("profile")


async def share_a_list(guest, friend):
    """Make a list for friends; the friend sees it, a stranger does not."""
    page = guest.page
    await guest.go("/lists/new")
    await page.fill("#f-name", "Nights in space")
    await page.select_option("#f-privacy", "friends")
    await guest.send()
    await page.wait_for_url("**/lists/nights-in-space")
    await page.fill("#find", "alien")
    await page.press("#find", "Enter")
    await page.locator("#finds button").first.click()
    await expect(page.locator("#films .entry")).to_have_count(1)
    await guest.see("list")
    await friend.find(page.url.partition("?")[0], "Nights in space")
    await expect(friend.page.locator("#films .entry")).to_have_count(1)


async def discover(guest):
    """Say what one is in the mood for, go on talking, and correct what was understood."""
    page = guest.page
    await guest.go("/discover")
    await guest.see("discover")
    await page.fill("#f-text", "sci-fi from the 80s")
    await page.press("#f-text", "Enter")
    await expect(page.locator(".replied")).to_have_count(1)
    await expect(page.locator("#f-year_from")).to_have_value("1980")
    await page.fill("#f-text", "with horror")
    await page.press("#f-text", "Enter")
    await expect(page.locator(".replied")).to_have_count(2)
    if await page.locator(".fold > summary").is_visible():
        await page.click(".fold > summary")
    await page.fill("#f-year_to", "soon")
    await page.click("button[value=edit]")
    await expect(page.locator("#f-year_to-error")).to_be_visible()
    await expect(page.locator("#f-year_to")).to_have_value("soon")
    await page.fill("#f-year_to", "1999")
    await page.click("button[value=edit]")
    await expect(page.locator(".replied")).to_have_count(3)
    await expect(page.locator(".talk-films .card").first).to_be_visible()
    await guest.see("discovered")


async def pick_for_two(guest, friend):
    """Choose the friend; each film shows how well it suits either."""
    page = guest.page
    await guest.go("/together")
    await page.check(f"input[value={friend.username}]")
    await page.click(".company button[type=submit]")
    await expect(page.locator(".pick").first.locator("meter")).to_have_count(2)
    await guest.see("together")


async def look_around(guest):
    """Search with filters, a person, a genre, the chart."""
    page = guest.page
    await guest.go("/search?q=alien")
    if await page.locator(".filters > summary").is_visible():
        await page.click(".filters > summary")
    await page.locator(".facet-values a").first.click()
    await expect(page.locator(".chosen .chip")).to_have_count(1)
    await guest.see("search")
    await guest.go("/people/ridley-scott")
    await page.get_by_role("button", name="Follow", exact=True).click()
    await expect(page.get_by_role("button", name="Following")).to_be_visible()
    await guest.see("person")
    for name, path in {
        "genre": "/genres/horror",
        "genres": "/genres",
        "chart": "/trending",
    }.items():
        await guest.go(path)
        await guest.see(name)


async def sign_out(guest):
    page = guest.page
    await page.click(".self .menu summary")
    await page.locator(".self .menu-body").get_by_role("button", name="Sign out").click()
    await guest.told("signed out")
    await guest.go("/together")
    await page.wait_for_url("**/sign-in?next=%2Ftogether")


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
async def test_an_evening(system, open_page, sign_up, phone):
    size = "phone" if phone else "desk"
    name = f"e{uuid.uuid4().hex[:10]}"
    guest = Guest(await open_page(phone=phone, color_scheme="dark"), name, size)
    await sign_up_by_hand(guest, system)
    await board(guest)
    film = await rate_what_was_recommended(guest)
    await measure_home(guest, open_page)
    await review(guest, film)
    other = await sign_up()
    friend = Guest(
        await open_page(phone=not phone, color_scheme="light"), other.username, f"{size}-friend"
    )
    await sign_in(friend)
    await react(friend, film, guest.title)
    await accept(guest, friend)
    await share_a_list(guest, friend)
    await look_around(guest)
    await discover(guest)
    await pick_for_two(guest, friend)
    await sign_out(guest)
