"""Signing in by Google, or whatever provider is configured in its place."""

import base64
import hashlib
import time
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response

from marquee_gateway.web import links
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.sessions import derived
from marquee_gateway.web.visit import Visit

pages = Pages()

NAME: Final = "provider"
REMEMBERED: Final = 300.0
"""Seconds between questions whether a provider is configured."""


async def is_offered(visit: Visit) -> bool:
    """Whether a provider is configured."""
    until, offered = visit.site.memory.get(NAME, (0.0, False))
    if time.monotonic() < until:
        return offered
    answer = await visit.api.get("/v1/auth/google", patience=1.0)
    if answer.ok or answer.status == 404:  # noqa: PLR2004 - there is none
        visit.site.memory[NAME] = (time.monotonic() + REMEMBERED, answer.ok)
    return answer.ok


@pages.post("/auth/google")
async def begin(visit: Visit) -> Response:
    """Send the browser to the provider, with a challenge only this browser can answer."""
    digest = hashlib.sha256(_verifier(visit).encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    answer = await visit.api.get("/v1/auth/google", {"challenge": challenge})
    return RedirectResponse(answer.required().data["authorization_url"], 303)


@pages.get("/auth/google")
async def explain(visit: Visit) -> Response:
    """Show the step that leaves this site: where to, and a button."""
    answer = (await visit.api.get("/v1/auth/google")).required()
    place = urlsplit(answer.data["authorization_url"])
    return await visit.render(
        "account/provider.html",
        form_action=f"{place.scheme}://{place.netloc}",
        place=place.netloc,
    )


@pages.get("/auth/google/callback")
async def complete(visit: Visit) -> Response:
    """Take the visitor back from the provider."""
    query = visit.query
    if not query.get("code") or not query.get("state") or not visit.key:
        return visit.redirect(links.sign_in(), "account.provider_refused")
    body = {"code": query["code"], "state": query["state"], "verifier": _verifier(visit)}
    answer = await visit.api.post("/v1/auth/google", body)
    if not answer.ok:
        return visit.done(answer, links.sign_in())
    await visit.sign_in(answer.data)
    new = not answer.data["user"]["boarded"]
    return visit.redirect("/welcome" if new else "/", "account.signed_in")


def _verifier(visit: Visit) -> str:
    return derived(visit.key, "provider")
