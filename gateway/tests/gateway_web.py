"""What tests of web pages share: films and members as services tell them, and browsing."""

import re
from typing import Any

HTML = {"Accept": "text/html"}
FILM = {"id": 1, "slug": "alien-1979", "title": "Alien <1979>", "year": 1979,
        "cover_url": "/v1/movies/alien-1979/placeholder.svg", "genres": []}  # fmt: skip


def user(**changes: Any) -> dict[str, Any]:
    return {
        "id": "0", "username": "ada", "name": "Ada", "avatar_url": None, "language": None,
        "email": "ada@example.org", "verified": True, "boarded": True, "roles": ["member"], **changes,
    }  # fmt: skip


def form_token(page: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


async def send(client: Any, path: str, *, page: str | None = None, **values: str) -> Any:
    """Fill in a page's form as a browser would."""
    shown = await client.get(page or path, headers=HTML)
    data = {"form_token": form_token(shown.text), **values}
    return await client.post(path, data=data, headers=HTML)


async def sign_in(client: Any, **values: str) -> Any:
    given = {"login": "ada", "password": "a long walk", **values}
    return await send(client, "/sign-in", **given)


async def sign_in_here(page: Any) -> None:
    """Sign in through the form."""
    await page.goto("/sign-in")
    await page.fill("#f-login", "ada")
    await page.fill("#f-password", "a long walk")
    await page.click("main button[type=submit]")
    await page.wait_for_url("**/")
