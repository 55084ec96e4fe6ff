"""The route table: every public path, which service answers it, and what the edge does for it.

A new route is one line. Reads are open to all and writes need a token unless a line says
otherwise; a read with a `Cache` is fetched without the caller's credentials, so its answer is the
same for everyone, and may be kept. What stands in no line is 404 `route_not_found` and reaches
no service.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Service = Literal["identity", "catalog", "social", "recommender"]
RateClass = Literal["default", "write", "auth", "search", "batch", "asset"]
Vary = Literal["lang", "accept"]

SERVICES: Final[tuple[Service, ...]] = ("identity", "catalog", "social", "recommender")
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
IDEMPOTENT_METHODS: Final = SAFE_METHODS | {"PUT", "DELETE"}

BODY_LIMIT: Final = 1_000_000
UPLOAD_LIMIT: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Cache:
    """How long an answer may be kept, and what besides path and query tells answers apart.

    `tags` are added to the ones the service sends, so that an answer can be purged even where the
    service names none.
    """

    ttl: float
    vary: frozenset[Vary] = frozenset()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    Attributes:
        method: A read's HEAD is answered from its GET.
        pattern: `{name}` stands for one segment, a final `*` for one or more.
        member_only: Without a token the edge answers 401 itself.
        timeout: Seconds until the head of the answer must be there; then 504.
        streams: The answer may go on for ever (SSE, exports): silence does not end it.
        read_your_writes: The caller's latest events go along as `Marquee-After`.
    """

    method: str
    pattern: str
    service: Service
    cache: Cache | None
    rate: RateClass
    timeout: float
    body_limit: int
    member_only: bool
    streams: bool
    read_your_writes: bool

    @property
    def idempotent(self) -> bool:
        """Whether the call may be sent again after it got lost."""
        return self.method in IDEMPOTENT_METHODS


def route(
    methods: str,
    pattern: str,
    service: Service,
    *,
    cache: Cache | None = None,
    rate: RateClass | None = None,
    timeout: float = 10.0,
    body_limit: int = BODY_LIMIT,
    member_only: bool | None = None,
    streams: bool = False,
    read_your_writes: bool = False,
) -> Iterator[Route]:
    """Write one line of the table: `methods` are separated by blanks and share the rest."""
    for method in methods.split():
        reads = method == "GET"
        yield Route(
            method=method,
            pattern=pattern,
            service=service,
            cache=cache if reads else None,
            rate=rate or ("default" if reads else "write"),
            timeout=timeout,
            body_limit=body_limit,
            member_only=not reads if member_only is None else member_only,
            streams=streams and reads,
            read_your_writes=read_your_writes and reads,
        )


BY_LANGUAGE: Final[frozenset[Vary]] = frozenset({"lang"})
MOVIE: Final = Cache(ttl=300, vary=BY_LANGUAGE)
MOVIES: Final = Cache(ttl=60, vary=BY_LANGUAGE, tags=("movies",))
TAXONOMY: Final = Cache(ttl=300, vary=BY_LANGUAGE)
RATINGS: Final = Cache(ttl=30)
WATCH_TIME: Final = Cache(ttl=10)
RANKED: Final = Cache(ttl=60, vary=BY_LANGUAGE, tags=("recommendations", "movies"))
PICTURE: Final = Cache(ttl=86_400)
CHANNEL_RATINGS: Final = Cache(ttl=30, vary=frozenset({"accept"}), tags=("channels",))
METADATA: Final = Cache(ttl=300)
KEYS: Final = Cache(ttl=10, tags=("jwks",))


def taxonomy_routes(*names: str) -> Iterator[Route]:
    """Write the lines of lists that films are sorted by: read by all, written by editors."""
    for name in names:
        yield from route("GET", f"/v1/{name}", "catalog", cache=TAXONOMY)
        yield from route("POST", f"/v1/{name}", "catalog")
        yield from route("GET", f"/v1/{name}/{{slug}}", "catalog", cache=TAXONOMY)
        yield from route("PATCH DELETE", f"/v1/{name}/{{slug}}", "catalog")
        yield from route("POST", f"/v1/{name}/{{slug}}/restore", "catalog")
        yield from route("POST", f"/v1/{name}/{{slug}}/merge", "catalog")
        yield from route("GET", f"/v1/{name}/{{slug}}/audit", "catalog", member_only=True)
        yield from route("PUT DELETE", f"/v1/{name}/{{slug}}/translations/{{code}}", "catalog")


ROUTES: Final[tuple[Route, ...]] = (
    # identity
    *route("GET POST", "/v1/auth/*", "identity", rate="auth", member_only=False),
    *route("GET", "/v1/.well-known/jwks.json", "identity", cache=KEYS),
    *route("GET PATCH DELETE", "/v1/me", "identity", member_only=True),
    *route("GET DELETE", "/v1/me/sessions", "identity", member_only=True),
    *route("DELETE", "/v1/me/sessions/{id}", "identity"),
    *route("PUT", "/v1/me/password", "identity", rate="auth"),
    *route("PUT", "/v1/me/email", "identity", rate="auth"),
    *route("POST", "/v1/me/email/confirm", "identity", rate="auth"),
    *route("GET", "/v1/me/security-events", "identity", member_only=True),
    *route("PUT", "/v1/me/avatar", "identity", body_limit=UPLOAD_LIMIT, timeout=30),
    *route("DELETE", "/v1/me/avatar", "identity"),
    *route("GET", "/v1/avatars/{digest}/{file}", "identity", rate="asset", streams=True),
    *route("GET", "/v1/users/{username}/avatar.svg", "identity", rate="asset"),
    *route("GET POST", "/v1/me/tokens", "identity", member_only=True),
    *route("DELETE", "/v1/me/tokens/{id}", "identity"),
    *route("GET POST", "/v1/me/applications", "identity", member_only=True),
    *route("PATCH DELETE", "/v1/me/applications/{id}", "identity"),
    *route("GET", "/v1/me/applications/authorized", "identity", member_only=True),
    *route("DELETE", "/v1/me/applications/authorized/{id}", "identity"),
    *route("GET POST", "/v1/oauth/authorize", "identity", member_only=True),
    *route("GET POST", "/v1/oauth/device", "identity", rate="auth", member_only=True),
    *route("POST", "/v1/oauth/token", "identity", member_only=False),
    *route("POST", "/v1/oauth/device_authorization", "identity", rate="auth", member_only=False),
    *route("POST", "/v1/oauth/revoke", "identity", member_only=False),
    *route("GET", "/v1/.well-known/oauth-authorization-server", "identity", cache=METADATA),
    *route("GET PUT", "/v1/me/language", "identity", member_only=True),
    *route("GET PUT", "/v1/me/taste", "identity", member_only=True),
    *route("POST", "/v1/me/onboarding", "identity"),
    *route("GET", "/v1/me/following/people", "identity", member_only=True),
    *route("PUT DELETE", "/v1/me/following/people/{slug}", "identity"),
    *route("GET POST", "/v1/me/exports", "identity", member_only=True),
    *route("GET", "/v1/me/exports/{id}", "identity", member_only=True),
    *route("GET", "/v1/me/exports/{id}/archive", "identity", member_only=True, streams=True),
    *route("GET", "/v1/erasures/{id}", "identity"),
    *route("GET", "/v1/users", "identity", rate="search"),
    *route("GET", "/v1/users/{username}", "identity"),
    *route("GET PUT", "/v1/users/{username}/roles", "identity", member_only=True),
    # catalog
    *route("GET", "/v1/movies", "catalog", cache=MOVIES),
    *route("POST", "/v1/movies", "catalog"),
    *route("GET", "/v1/movies/{slug}", "catalog", cache=MOVIE),
    *route("PATCH DELETE", "/v1/movies/{slug}", "catalog"),
    *route("POST", "/v1/movies/{slug}/restore", "catalog"),
    *route("POST", "/v1/movies/{slug}/merge", "catalog"),
    *route("GET", "/v1/movies/{slug}/audit", "catalog", member_only=True),
    *route("PUT DELETE", "/v1/movies/{slug}/translations/{code}", "catalog"),
    *route("GET", "/v1/movies/lookup", "catalog", cache=MOVIE),
    *route("GET", "/v1/people", "catalog", cache=TAXONOMY),
    *route("POST", "/v1/people", "catalog"),
    *route("GET", "/v1/people/{slug}", "catalog", cache=TAXONOMY),
    *route("PATCH DELETE", "/v1/people/{slug}", "catalog"),
    *route("POST", "/v1/people/{slug}/restore", "catalog"),
    *route("POST", "/v1/people/{slug}/merge", "catalog"),
    *route("GET", "/v1/people/{slug}/audit", "catalog", member_only=True),
    *route("PUT DELETE", "/v1/people/{slug}/translations/{code}", "catalog"),
    *route("GET", "/v1/people/{slug}/movies", "catalog", cache=MOVIES),
    *route("GET", "/v1/movies/{slug}/placeholder.svg", "catalog", cache=MOVIE, rate="asset"),
    *route("PUT", "/v1/movies/{slug}/cover", "catalog", body_limit=UPLOAD_LIMIT, timeout=30),
    *route("DELETE", "/v1/movies/{slug}/cover", "catalog"),
    *route(
        "PUT",
        "/v1/movies/{slug}/translations/{language}/cover",
        "catalog",
        body_limit=UPLOAD_LIMIT,
        timeout=30,
    ),
    *route("DELETE", "/v1/movies/{slug}/translations/{language}/cover", "catalog"),
    *route("PUT", "/v1/people/{slug}/portrait", "catalog", body_limit=UPLOAD_LIMIT, timeout=30),
    *route("DELETE", "/v1/people/{slug}/portrait", "catalog"),
    *route("GET", "/v1/pictures/{digest}/{file}", "catalog", cache=PICTURE, rate="asset"),
    *taxonomy_routes("genres", "platforms", "awards", "tags"),
    *route("GET", "/v1/search", "catalog", cache=MOVIES, rate="search"),
    *route("GET POST", "/v1/channels", "catalog"),
    *route("GET PATCH DELETE", "/v1/channels/*", "catalog"),
    *route("GET", "/v1/channels/ratings", "catalog", cache=CHANNEL_RATINGS),
    *route("GET POST", "/v1/groups", "catalog"),
    *route("GET PATCH DELETE", "/v1/groups/{slug}", "catalog"),
    *route("POST", "/v1/contents", "catalog"),
    *route("GET PATCH DELETE", "/v1/contents/*", "catalog"),
    *route("POST", "/v1/imports", "catalog", body_limit=UPLOAD_LIMIT, timeout=60),
    *route("GET", "/v1/exports/movies", "catalog", member_only=True, streams=True),
    *route("GET", "/v1/imports", "catalog", member_only=True),
    *route("GET", "/v1/imports/{id}", "catalog", member_only=True),
    *route("GET", "/v1/imports/{id}/events", "catalog", member_only=True, streams=True),
    # social
    *route("GET PUT DELETE", "/v1/movies/{slug}/rating", "social", member_only=True),
    *route("GET", "/v1/movies/{slug}/ratings", "social", cache=RATINGS),
    *route("GET", "/v1/movies/{slug}/ratings/friends", "social", member_only=True),
    *route("GET PUT DELETE", "/v1/movies/{slug}/signal", "social", member_only=True),
    *route("GET", "/v1/me/ratings", "social", member_only=True),
    *route("GET", "/v1/me/signals", "social", member_only=True),
    *route("POST", "/v1/me/watch-events", "social", rate="default"),
    *route("GET", "/v1/me/history", "social", member_only=True),
    *route("GET", "/v1/me/imports", "social", member_only=True),
    *route("POST", "/v1/me/imports", "social", body_limit=UPLOAD_LIMIT, timeout=60),
    *route("GET", "/v1/me/imports/{id}", "social", member_only=True),
    *route("DELETE", "/v1/me/imports/{id}", "social", timeout=60),
    *route("GET", "/v1/me/imports/{id}/rows", "social", member_only=True),
    *route("POST", "/v1/me/imports/{id}/commit", "social", timeout=30),
    *route("GET", "/v1/me/history/export", "social", member_only=True, streams=True),
    *route("GET", "/v1/me/changes", "social", member_only=True),
    *route("GET", "/v1/me/feed", "social", member_only=True),
    *route("GET", "/v1/users/{username}/activity", "social"),
    *route("GET", "/v1/users/{username}/stats", "social"),
    *route("GET", "/v1/users/{username}/watch-time", "social"),
    *route("GET", "/v1/users/{username}/watch-time/{slug}", "social"),
    *route("GET", "/v1/movies/{slug}/watch-time", "social", cache=WATCH_TIME),
    *route("PUT DELETE", "/v1/users/{username}/friend-request", "social"),
    *route("GET", "/v1/users/{username}/friends", "social"),
    *route("GET", "/v1/me/friends", "social", member_only=True),
    *route("DELETE", "/v1/me/friends/{username}", "social"),
    *route("GET", "/v1/me/friend-requests", "social", member_only=True),
    *route("GET", "/v1/me/friend-suggestions", "social", member_only=True),
    *route("GET", "/v1/me/blocks", "social", member_only=True),
    *route("PUT DELETE", "/v1/me/blocks/{username}", "social"),
    *route("GET", "/v1/me/mutes", "social", member_only=True),
    *route("PUT DELETE", "/v1/me/mutes/{username}", "social"),
    *route("GET PATCH", "/v1/me/privacy", "social", member_only=True),
    *route("GET POST", "/v1/movies/{slug}/reviews", "social"),
    *route("GET", "/v1/users/{username}/reviews", "social"),
    *route("GET PATCH DELETE", "/v1/reviews/{id}", "social"),
    *route("GET", "/v1/reviews/{id}/history", "social"),
    *route("GET POST", "/v1/reviews/{id}/comments", "social"),
    *route("GET", "/v1/reviews/{id}/reactions", "social"),
    *route("PUT DELETE", "/v1/reviews/{id}/reactions/{emoji}", "social"),
    *route("GET PATCH DELETE", "/v1/comments/{id}", "social"),
    *route("GET POST", "/v1/comments/{id}/replies", "social"),
    *route("GET", "/v1/comments/{id}/reactions", "social"),
    *route("PUT DELETE", "/v1/comments/{id}/reactions/{emoji}", "social"),
    *route("GET", "/v1/me/notifications", "social", member_only=True),
    *route("GET", "/v1/me/notifications/unread", "social", member_only=True),
    *route("PUT", "/v1/me/notifications/read", "social"),
    *route("PUT", "/v1/me/notifications/{id}/read", "social"),
    *route("GET", "/v1/lists", "social", rate="search"),
    *route("POST", "/v1/lists/fill-preview", "social", rate="search"),
    *route("GET POST", "/v1/me/lists", "social", member_only=True),
    *route("GET", "/v1/users/{username}/lists", "social"),
    *route("GET PATCH DELETE", "/v1/users/{username}/lists/{slug}", "social"),
    *route("GET", "/v1/users/{username}/lists/{slug}/movies", "social"),
    *route("PUT DELETE", "/v1/users/{username}/lists/{slug}/movies/{movie}", "social"),
    *route("PUT", "/v1/users/{username}/lists/{slug}/order", "social"),
    *route("DELETE", "/v1/users/{username}/lists/{slug}/fill", "social"),
    *route("GET", "/v1/me/watchlist", "social", member_only=True),
    *route("PUT DELETE", "/v1/me/watchlist/{movie}", "social"),
    *route("GET", "/v1/movies/{slug}/lists", "social", member_only=True),
    *route("GET", "/v1/stream", "social", member_only=True, streams=True),
    *route("GET", "/v1/reviews/{id}/translation", "social"),
    *route("GET", "/v1/comments/{id}/translation", "social"),
    *route("GET", "/v1/users/{username}/translation", "social"),
    *route("POST", "/v1/reports", "social"),
    *route("GET", "/v1/reports/{id}", "social", member_only=True),
    *route("POST", "/v1/reports/{id}/appeal", "social"),
    *route("GET", "/v1/me/moderation", "social", member_only=True),
    *route("GET", "/v1/moderation/reports", "social", member_only=True),
    *route("GET PATCH", "/v1/moderation/reports/{id}", "social", member_only=True),
    *route("GET", "/v1/moderation/log", "social", member_only=True),
    # recommender
    *route("GET", "/v1/movies/{slug}/similar", "recommender", cache=RANKED),
    *route("GET", "/v1/movies/{slug}/why", "recommender", member_only=True, read_your_writes=True),
    *route("GET", "/v1/me/recommendations", "recommender", member_only=True, read_your_writes=True),
    *route("GET", "/v1/me/home", "recommender", member_only=True, read_your_writes=True),
    *route("POST", "/v1/discover", "recommender", rate="search", member_only=False),
    *route("POST", "/v1/recommendations/group", "recommender", rate="default"),
    *route("GET", "/v1/trending", "recommender", cache=RANKED),
    *route("POST", "/v1/me/recommendation-events", "recommender"),
    *route("GET", "/v1/me/experiments", "recommender", member_only=True),
    *route("PUT DELETE", "/v1/me/experiments/opt-out", "recommender"),
    *route("GET PATCH DELETE", "/v1/recommender/*", "recommender", member_only=True),
    *route("POST", "/v1/recommender/*", "recommender", rate="batch", timeout=60),
    *route("GET", "/v1/recommender/exports/{what}", "recommender", member_only=True, streams=True),
    # the editors' panel, with a sign-in of its own
    *route("GET POST", "/admin/login", "catalog", rate="auth", member_only=False),
    *route("GET", "/admin", "catalog"),
    *route("GET", "/admin/*", "catalog"),
    *route("POST", "/admin/*", "catalog", body_limit=UPLOAD_LIMIT, timeout=60, member_only=False),
    # every service, for administrators
    *(
        line
        for service in SERVICES
        for pattern in (f"/v1/operations/{service}", f"/v1/operations/{service}/*")
        for line in route("GET POST", pattern, service, member_only=True)
    ),
)
