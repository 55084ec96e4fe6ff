"""All pages as one ASGI application; a new folder of pages is one line in `PAGES`."""

import logging
from typing import Final

import orjson
from redis.asyncio import Redis
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from marquee_gateway.problems import Problem, Unavailable
from marquee_gateway.redis_batch import RedisGone
from marquee_gateway.web import (
    account,
    consent,
    discover,
    film,
    friends,
    genre,
    home,
    lists,
    members,
    moderation,
    notifications,
    person,
    policy,
    reviews,
    search,
    settings,
    together,
    welcome,
)
from marquee_gateway.web.api import Answer, Api, ApiRefused
from marquee_gateway.web.assets import Assets
from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Page, Pages
from marquee_gateway.web.policy import needs_https
from marquee_gateway.web.refusals import (
    FOREIGN_FORM,
    SIGNED_OUT,
    STALE_FORM,
    own_answer,
    problem_of,
    refusal,
)
from marquee_gateway.web.sessions import IdentityAway, Sessions, is_form_token
from marquee_gateway.web.templating import make_templates
from marquee_gateway.web.visit import Visit
from marquee_gateway.web.words import Catalog, read_words, speeches

logger = logging.getLogger(__name__)

PAGES: Final[tuple[Pages, ...]] = (
    home.pages,
    film.pages,
    reviews.pages,
    search.pages,
    person.pages,
    genre.pages,
    welcome.pages,
    discover.pages,
    together.pages,
    account.pages,
    consent.pages,
    notifications.pages,
    members.pages,
    lists.pages,
    friends.pages,
    settings.pages,
    moderation.pages,
)

FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
FIELD_LIMIT: Final = 2_000
FILE_LIMIT: Final = 5
TEXT_LIMIT: Final = 1_000_000


class Site:
    """What the pages share, and the way from a request to a page.

    Args:
        api: The public API, in this process.
        redis: Where sessions are kept.
        public_url: Where browsers reach us; outside this machine cookies go over https alone.
        production: Whether an address that is not known counts as outside.
    """

    def __init__(
        self, api: Api, redis: Redis, public_url: str, *, production: bool = False
    ) -> None:
        self.api = api
        self.sessions = Sessions(redis, api)
        self.secure = needs_https(public_url, production=production)
        self.public_url = public_url
        self.memory: dict[str, tuple[float, bool]] = {}
        """What pages remember of the API for a while: name → (until when, what)."""
        self.assets = Assets()
        self.words: Catalog = read_words()
        self.speeches = speeches(self.words)
        self.templates = make_templates(self.assets)
        routes = [Route("/static/{fingerprint}/{name:path}", self.assets.serve)]
        routes += [self._route(page) for pages in PAGES for page in pages.all]
        self._router = Router(routes, redirect_slashes=False)

    def cookie(self, name: str) -> str:
        """Return a cookie's full name; over https one that no other site can set."""
        return f"__Host-{name}" if self.secure else name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request: pages for browsers, problems for whoever does not read HTML."""
        scope["app"] = self
        request = Request(scope, receive)
        try:
            await self._router(scope, receive, send)
        except HTTPException as error:
            problem = _problem_of(error)
            if "text/html" not in request.headers.get("accept", ""):
                raise problem from error
            visit = await self._begin(request)
            response = await refusal(visit, _answer_of(problem, visit.language))
            await visit.finish(response)(scope, receive, send)

    def _route(self, page: Page) -> Route:
        async def endpoint(request: Request) -> Response:
            return await self._serve(page, request)

        return Route(page.path, endpoint, methods=[page.method], name=page.path)

    async def _begin(self, request: Request) -> Visit:
        visit = Visit(self, request)
        try:
            await visit.recognise()
        except IdentityAway:
            visit.session = None
            visit.blind = True
        return visit

    async def _serve(self, page: Page, request: Request) -> Response:
        """Answer with a page, or with one that says why there is none."""
        visit = Visit(self, request) if page.plain else await self._begin(request)
        try:
            if page.method == "POST":
                visit.form = await _read_form(request)
            self._check(page, visit)
            response = await page.handler(visit)
        except ApiRefused as refused:
            response = await refusal(visit, refused.answer)
        except Problem as problem:
            response = await refusal(visit, _answer_of(problem, visit.language))
        except (RedisGone, IdentityAway):
            response = await refusal(visit, _answer_of(Unavailable(), visit.language))
        except HTTPException as error:
            response = await refusal(visit, _answer_of(_problem_of(error), visit.language))
        except Exception:
            logger.exception("the page %s failed", request.url.path)
            response = await refusal(visit, _answer_of(Problem(), visit.language))
        finally:
            await request.close()  # files that were sent
        return visit.finish(response)

    def _check(self, page: Page, visit: Visit) -> None:
        """Refuse guests where members are wanted, and forms that no page of ours sent.

        Raises:
            Unavailable: nobody can be known just now.
            ApiRefused: it is a guest, or the form did not come from a page given to this
                browser in this session.
        """
        if page.member and visit.member is None:
            raise Unavailable if visit.blind else ApiRefused(own_answer(SIGNED_OUT, 401))
        if page.method != "POST":
            return
        own = policy.is_own_request(visit.request, self.public_url)
        if not own or not visit.key or not is_form_token(visit.key, visit.form["form_token"]):
            raise ApiRefused(own_answer(STALE_FORM if own else FOREIGN_FORM, 403))


async def _read_form(request: Request) -> Form:
    """Read what was sent.

    Raises:
        HTTPException: 415 where it is no form, 400 where it is a broken one.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FORMS:
        raise HTTPException(415)
    data = await request.form(
        max_files=FILE_LIMIT, max_fields=FIELD_LIMIT, max_part_size=TEXT_LIMIT
    )
    return Form.sent(data)


def _problem_of(error: HTTPException) -> Problem:
    return problem_of(error.status_code, dict(error.headers or {}))


def _answer_of(problem: Problem, language: str) -> Answer:
    """Return a problem of the pages' own as the API would have told it."""
    body = {"code": problem.code, "detail": problem.detail(language), "errors": problem.errors}
    headers = {name.lower(): value for name, value in problem.headers.items()}
    return Answer(problem.status, headers, orjson.dumps(body))
