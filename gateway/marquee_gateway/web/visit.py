"""One visit of one page: who is here, in which language, what they may call, and the answer."""

import asyncio
import contextlib
import gzip
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from marquee_gateway.cache.entry import accepts_gzip
from marquee_gateway.redis_batch import RedisGone
from marquee_gateway.web import links, policy
from marquee_gateway.web.api import Answer, StreamedAnswer, VisitorApi
from marquee_gateway.web.forms import Form
from marquee_gateway.web.sessions import LIFETIME, Session, form_token, guest_id, known_id
from marquee_gateway.web.words import Speech
from marquee_shared.languages import choose_language, supported

if TYPE_CHECKING:
    from marquee_gateway.web.site import Site

SESSION: Final = "marquee"
NOTE: Final = "note"
LANGUAGE: Final = "lang"
THEME: Final = "theme"
THEMES: Final = ("light", "dark")
A_YEAR: Final = 365 * 86_400
UNREAD_PATIENCE: Final = 0.5
COMPRESS_FROM: Final = 860
PASSED_ON: Final[tuple[str, ...]] = (
    "content-type",
    "content-disposition",
    "content-length",
    "cache-control",
)


class Visit:
    """What a page's handler works with.

    Attributes:
        member: Who is signed in, as `GET /v1/me` tells; None for a guest.
        api: The public API in this visitor's name and language.
        form: What was sent; empty for a GET.
        t: The words, numbers and dates of this visit's language.
        blind: Redis is away, so nobody can be known.
    """

    def __init__(self, site: "Site", request: Request) -> None:
        self.site = site
        self.request = request
        self.path = request.path_params
        self.query = request.query_params
        self.form = Form()
        self.session: Session | None = None
        self.blind = False
        self._key = known_id(request.cookies.get(site.cookie(SESSION), ""))
        self._cookies: dict[str, tuple[str, int]] = {}
        self._unread: asyncio.Task[Answer] | None = None
        self._choose_language()
        self._choose_theme()
        self.api = self._make_api()

    async def recognise(self) -> None:
        """Find out who is here.

        Raises:
            IdentityAway: a session has to be renewed, and cannot be just now.
        """
        try:
            self.session = await self.site.sessions.find(self._key)
            if self.session is not None and self.session.stale:
                await self.renew()
        except RedisGone:
            self.blind = True
            return
        if self.session is None and self._key.startswith("m."):
            self._forget()
        self._choose_language()
        self.api = self._make_api()
        if self.session is not None and self.request.method == "GET":
            call = self.api.get("/v1/me/notifications/unread", patience=UNREAD_PATIENCE)
            self._unread = asyncio.create_task(call)

    @property
    def member(self) -> dict[str, Any] | None:
        """Who is signed in."""
        return None if self.session is None else self.session.user

    @property
    def username(self) -> str:
        """The member's username; empty for a guest."""
        return "" if self.member is None else str(self.member["username"])

    @property
    def here(self) -> str:
        """This page's path and query."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    def link_here(self, **changes: Any) -> str:
        """Return this page's address with other parameters."""
        return links.here(self.request.url, **changes)

    @property
    def next(self) -> str:
        """Where to go on after this form, if it says so and the place is ours."""
        return links.local(self.form["next"] or self.query.get("next"))

    # signing in and out

    async def sign_in(self, tokens: dict[str, Any]) -> None:
        """Begin a session with what a sign-in answered, under an id never seen before.

        Raises:
            RedisGone: it cannot be kept.
        """
        if self._key.startswith("m."):
            await self.site.sessions.drop(self._key)
        self.session = await self.site.sessions.open(tokens)
        self._key = self.session.id
        self._set(SESSION, self._key, LIFETIME)
        self._set(LANGUAGE, "", 0)
        self._choose_language()
        self.api = self._make_api()

    async def sign_out(self) -> None:
        """End the session here; ending it at identity is the caller's business."""
        with contextlib.suppress(RedisGone):
            await self.site.sessions.drop(self._key)
        self._forget()

    async def renew(self) -> str | None:
        """Get fresh tokens, with fresh claims; None where the session has ended."""
        if self.session is None:
            return None
        self.session = await self.site.sessions.renew(
            self.session, address=self._address, fields=self._fields
        )
        if self.session is None:
            self._forget()
            return None
        self.api.token = self.session.access
        return self.session.access

    async def remember(self, user: dict[str, Any]) -> None:
        """Keep what changed of the member's own profile."""
        if self.session is not None:
            self.session.user = {**self.session.user, **user}
            await self.site.sessions.save(self.session)

    def speak_own_language(self) -> None:
        """Let the member's own language count again, whatever was chosen in this browser."""
        self._set(LANGUAGE, "", 0)

    # answers

    async def render(
        self, template: str, status: int = 200, form_action: str = "", **context: Any
    ) -> Response:
        """Answer with a page; `form_action` is a further place its form may lead to."""
        unread = 0
        if self._unread is not None:
            answer = await self._unread
            unread = answer.data["unread"] if answer.ok else 0
        note, kind = self._take_note()
        html = self.site.templates.get_template(template).render(
            visit=self,
            member=self.member,
            t=self.t,
            form=context.pop("form", self.form),
            unread=unread,
            note=note,
            note_kind=kind,
            nonce=policy.NONCE_PLACE,
            **context,
        )
        content = policy.fingerprint(html)
        kept = policy.kept_nonce(self.request.headers.get("if-none-match"), content)
        nonce = kept or policy.new_nonce()
        headers = {
            "content-security-policy": policy.content_policy(nonce, form_action),
            "content-language": self.language,
            "cache-control": "private, no-cache",
            "vary": "Cookie, Accept-Language, Accept-Encoding",
        }
        if status == 200:  # noqa: PLR2004 - ok
            headers["etag"] = policy.etag(content, nonce)
            if kept is not None:
                return Response(status_code=304, headers=headers)
        body = html.replace(policy.NONCE_PLACE, nonce).encode()
        encodings = self.request.headers.get("accept-encoding", "").encode("latin-1")
        if len(body) >= COMPRESS_FROM and accepts_gzip(encodings):
            body = gzip.compress(body, 5, mtime=0)
            headers["content-encoding"] = "gzip"
        return HTMLResponse(body, status, headers)

    async def render_part(self, template: str, **context: Any) -> Response:
        """Answer a script with a piece of HTML."""
        html = self.site.templates.get_template(template).render(
            visit=self, member=self.member, t=self.t, **context
        )
        return HTMLResponse(html, headers={"cache-control": "private, no-store"})

    def redirect(self, target: str, note: str = "", **values: Any) -> Response:
        """Send the browser on; `note` is the key of what the next page says on top."""
        if note:
            self._set(NOTE, f"ok:{self.t(note, **values)}", 60)
        return RedirectResponse(target, 303)

    def done(self, answer: Answer, target: str, note: str = "", **values: Any) -> Response:
        """Go on after an action: with a note that it was done, or the reason why it was not."""
        if answer.ok:
            return self.redirect(target, note, **values)
        answer = answer if answer.status != 401 else answer.required()  # noqa: PLR2004 - no session
        reasons = [error["detail"] for error in answer.errors] or [answer.detail]
        self._set(NOTE, f"no:{' '.join(reasons)[:500]}", 60)
        return RedirectResponse(target, 303)

    def pass_on(self, answer: StreamedAnswer) -> Response:
        """Answer with what the API streams: a download, or a stream of events."""
        headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
        return StreamingResponse(answer.pieces(), answer.status, headers)

    def finish(self, response: Response) -> Response:
        """Add what the browser is to keep."""
        if self._unread is not None:
            self._unread.cancel()
        for name, (value, age) in self._cookies.items():
            response.set_cookie(
                self.site.cookie(name),
                quote(value),
                max_age=age,
                path="/",
                secure=self.site.secure,
                httponly=True,
                samesite="lax",
            )
        return response

    # forms

    @property
    def form_token(self) -> str:
        """What a form must carry; made from the session, for a guest from an id given now."""
        if not self._key:
            self._key = guest_id()
            self._set(SESSION, self._key, LIFETIME)
        return form_token(self._key)

    @property
    def key(self) -> str:
        """The id in the browser's cookie."""
        return self._key

    # inside

    @property
    def _address(self) -> str:
        client = self.request.client
        return client.host if client is not None else "local"

    @property
    def _fields(self) -> dict[str, str]:
        headers = self.request.headers
        given = {name: headers[name] for name in ("user-agent",) if name in headers}
        scope: Mapping[str, Any] = self.request.scope
        return {
            **given,
            "accept": "*/*",
            "accept-language": self.language,
            "x-request-id": scope["marquee.request_id"],
            "traceparent": scope["marquee.traceparent"],
        }

    def _make_api(self) -> VisitorApi:
        own = self.member["language"] if self.member is not None else None
        return VisitorApi(
            self.site.api,
            address=self._address,
            fields=self._fields,
            language=self.language if own not in (None, self.language) else None,
            token=None if self.session is None else self.session.access,
            renew=self.renew,
        )

    def _choose_language(self) -> None:
        asked = supported(self.query.get(LANGUAGE))
        kept = self.request.cookies.get(self.site.cookie(LANGUAGE))
        if asked is not None:
            self._set(LANGUAGE, asked, A_YEAR)
        own = self.member["language"] if self.member is not None else None
        self.language = choose_language(
            asked or kept, own, self.request.headers.get("accept-language")
        )
        self.t: Speech = self.site.speeches[self.language]

    def _choose_theme(self) -> None:
        asked = self.query.get(THEME)
        kept = self.request.cookies.get(self.site.cookie(THEME))
        if asked is not None:
            self._set(THEME, asked if asked in THEMES else "", A_YEAR if asked in THEMES else 0)
        chosen = kept if asked is None else asked
        self.theme = chosen if chosen in THEMES else ""

    def _take_note(self) -> tuple[str, str]:
        """Return what is to be said once, and whether it is good."""
        kept = self.request.cookies.get(self.site.cookie(NOTE))
        if not kept or self.request.method != "GET":
            return "", ""
        self._set(NOTE, "", 0)
        kind, _, text = unquote(kept).partition(":")
        return text, kind

    def _set(self, name: str, value: str, age: int) -> None:
        self._cookies[name] = (value, age)

    def _forget(self) -> None:
        self.session = None
        self._key = ""
        self._set(SESSION, "", 0)
        self.api = self._make_api()
