"""The page that stands in for one that cannot be shown, and says why."""

from typing import Final
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response

from marquee_gateway.problems import (
    MalformedRequest,
    MethodNotAllowed,
    Problem,
    RouteNotFound,
    UnsupportedMediaType,
)
from marquee_gateway.web import links
from marquee_gateway.web.api import Answer
from marquee_gateway.web.visit import Visit

SIGNED_OUT: Final = "signed_out"
STALE_FORM: Final = "stale_form"
FOREIGN_FORM: Final = "foreign_form"
UNVERIFIED: Final = "email_not_verified"
KINDS: Final = {403: "forbidden", 404: "missing", 405: "missing", 410: "missing", 429: "busy"}
"""Which words tell of a status; any other is our fault."""

OURS: Final = 500


def own_answer(code: str, status: int) -> Answer:
    """Return a refusal of the pages' own, whose words stand in `site`."""
    return Answer(status, {}, b'{"code":"%b","detail":""}' % code.encode())


async def refusal(visit: Visit, answer: Answer) -> Response:
    """Answer with what went wrong; whoever is not signed in is sent there and back again."""
    reading = visit.request.method == "GET"
    if answer.status == 401 and reading:  # noqa: PLR2004 - nobody is signed in
        return RedirectResponse(links.sign_in(visit.here), 303)
    if answer.code == UNVERIFIED and reading:
        return RedirectResponse("/verify", 303)
    status = answer.status
    kind = KINDS.get(status, "broken" if status >= OURS else "refused")
    if answer.code in {STALE_FORM, FOREIGN_FORM, UNVERIFIED}:
        kind = answer.code
    if status == 401:  # noqa: PLR2004 - likewise
        kind = SIGNED_OUT
    response = await visit.render(
        "refusal.html",
        status,
        kind=kind,
        answer=answer,
        back=came_from(visit),
        typed=visit.form.typed(),
    )
    if "retry-after" in answer.headers:
        response.headers["retry-after"] = answer.headers["retry-after"]
    if "allow" in answer.headers:
        response.headers["allow"] = answer.headers["allow"]
    return response


def came_from(visit: Visit) -> str:
    """Return the page of this site that the visitor was on; the front page where that is unknown.

    The browser tells the whole address only to ourselves.
    """
    url = urlsplit(visit.request.headers.get("referer", ""))
    if url.netloc != visit.request.headers.get("host"):
        return "/"
    return links.local(f"{url.path}?{url.query}" if url.query else url.path)


def problem_of(status: int, headers: dict[str, str]) -> Problem:
    """Return the problem of a status that the router or the form reader gave."""
    if status == 405:  # noqa: PLR2004 - the path is served, in another way
        return MethodNotAllowed(headers=headers)
    if status == 404:  # noqa: PLR2004 - nothing is
        return RouteNotFound()
    if status == 415:  # noqa: PLR2004 - not a form
        return UnsupportedMediaType()
    return MalformedRequest(reason="the form cannot be read")
