"""Strong ETags, `If-None-Match`, `If-Match`.

An ETag is `"<revision>-<digest>"` where the thing has a revision, else `"<digest>"`, the
digest being of the body. `If-None-Match` compares the whole tag; `If-Match` compares the
revision alone, so that a changed average or another language does not refuse an edit.
"""

import hashlib
from typing import Annotated

from fastapi import Depends, Header, Request, Response

from marquee_shared.problems import PreconditionFailed

REVISION = "marquee.revision"


def etag(body: bytes, revision: int | None) -> str:
    """Return the strong ETag of a body."""
    digest = hashlib.blake2b(body, digest_size=9).hexdigest()
    return f'"{digest}"' if revision is None else f'"{revision}-{digest}"'


def matches(header: str, tag: str) -> bool:
    """Whether an `If-None-Match` header names this tag; weak comparison, as RFC 9110 asks."""
    if header.strip() == "*":
        return True
    return tag in {part.strip().removeprefix("W/") for part in header.split(",")}


class Preconditions:
    """What the caller demands of the version they change."""

    def __init__(self, request: Request, if_match: str | None) -> None:
        self._request = request
        self._if_match = if_match

    def require(self, revision: int | None) -> None:
        """Raise 412 unless `If-Match` is absent or names this revision (None: nothing there)."""
        if self._if_match is None:
            return
        if revision is None:
            raise PreconditionFailed
        if self._if_match.strip() == "*":
            return
        named = {part.strip().strip('"').split("-", 1)[0] for part in self._if_match.split(",")}
        if str(revision) not in named:
            raise PreconditionFailed

    def answered(self, revision: int) -> None:
        """Give the answer's ETag this revision."""
        self._request.scope[REVISION] = revision


async def _preconditions(
    request: Request,
    if_match: Annotated[
        str | None,
        Header(description="Only if the present version has this ETag; otherwise 412."),
    ] = None,
) -> Preconditions:
    return Preconditions(request, if_match)


PreconditionsDep = Annotated[Preconditions, Depends(_preconditions)]


def set_revision(request: Request, revision: int) -> None:
    """Give the answer of a read this revision for its ETag."""
    request.scope[REVISION] = revision


def not_modified(request: Request, response: Response) -> Response:
    """Add the ETag to an answer; turn it into 304 where the caller has it already."""
    tag = etag(bytes(response.body), request.scope.get(REVISION))
    response.headers["ETag"] = tag
    wanted = request.headers.get("if-none-match")
    if request.method != "GET" or wanted is None or not matches(wanted, tag):
        return response
    kept = {
        name: value
        for name in ("etag", "cache-tag", "content-language", "vary", "cache-control")
        if (value := response.headers.get(name)) is not None
    }
    return Response(status_code=304, headers=kept)
