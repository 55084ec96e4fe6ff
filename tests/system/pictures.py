"""The README's pictures of the pages, into `docs/assets/web-*.png`.

`python tests/system/pictures.py URL LOGIN PASSWORD` visits a running system as a member.

The member should have rated a few films and have a friend, so that there is something to see.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from marquee_shared.testing.browser import CHROMIUM, DESK, FLAGS, PHONE

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "assets"
COLOURS = 256
PICTURES = [
    ("home", "/", DESK, "dark"),
    ("film", "/films/alien-1979", DESK, "dark"),
    ("search", "/search?q=alien", DESK, "light"),
    ("discover", "/discover?text=feel-good+sci-fi+from+the+90s", DESK, "dark"),
    ("home-phone", "/", PHONE, "light"),
    ("film-phone", "/films/alien-1979", PHONE, "dark"),
]


def main(url: str, login: str, password: str) -> None:
    """Sign in, visit each page, and keep what is seen in few colours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, path, size, scheme in PICTURES:
            context = browser.new_context(base_url=url, viewport=size, color_scheme=scheme)
            page = context.new_page()
            page.goto("/sign-in")
            page.fill("#f-login", login)
            page.fill("#f-password", password)
            with page.expect_navigation():
                page.click("main button[type=submit]")
            page.goto(path, wait_until="load")
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            picture.quantize(COLOURS, dither=Image.Dither.NONE).save(
                FOLDER / f"web-{name}.png", optimize=True
            )
            context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])
