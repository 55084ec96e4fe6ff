"""Who may call what, over every operation of the merged document: a new one without a rule fails.

What one may see of another's things is held by the services' own matrices; here is what stands
before it: signed in or not, verified or not, and the roles.
"""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest

PUBLIC, OWN, MEMBER, VERIFIED = "public", "own", "member", "verified"
EDITOR, MODERATOR, ADMINISTRATOR, DATA_TEAM = "editor", "moderator", "administrator", "data team"

TERMS = "awards|genres|people|platforms|tags"
RULES: tuple[tuple[str, str, str], ...] = (
    # method, path, who; the first that fits counts
    ("*", r"/v1/operations/.*", ADMINISTRATOR),
    ("*", r"/v1/users/{}/roles", ADMINISTRATOR),
    ("*", r"/v1/moderation/.*", MODERATOR),
    ("*", r"/v1/recommender/.*", DATA_TEAM),
    ("*", r"/v1/auth/(verify-email.*|logout)", MEMBER),
    ("*", r"/v1/auth/.*", PUBLIC),
    ("*", r"/v1/oauth/(authorize|device)", MEMBER),
    ("*", r"/v1/oauth/.*", PUBLIC),
    ("GET", r"/v1/(\.well-known|avatars|erasures|pictures)/.*", PUBLIC),
    # films: what members do with them, then what editors do to them
    ("GET", r"/v1/movies/{}/(rating|signal|lists|why)|/v1/movies/{}/ratings/friends", MEMBER),
    ("GET", r"/v1/movies/{}/reviews", PUBLIC),
    ("*", r"/v1/movies/{}/(rating|signal|reviews)", VERIFIED),
    ("GET", r"/v1/(movies|" + TERMS + r")/{}/audit|/v1/imports.*|/v1/exports/.*", EDITOR),
    ("GET", r"/v1/(movies|" + TERMS + r"|channels|contents|groups)(/.*)?", PUBLIC),
    ("*", r"/v1/(movies|" + TERMS + r"|channels|contents|groups|imports)(/.*)?", EDITOR),
    ("GET", r"/v1/(search|trending|lists)", PUBLIC),
    # one's own account may be used before the address is verified
    ("GET", r"/v1/(me(/.*)?|stream)", MEMBER),
    ("*", (r"/v1/me(/(avatar|email(/confirm)?|exports|following/people/{}|language|onboarding"
          r"|password|privacy|sessions(/{})?|taste|tokens(/{})?|applications(/.*)?"
          r"|notifications/.*|experiments/opt-out|recommendation-events))?"), OWN),
    ("*", r"/v1/me/.*", VERIFIED),
    # what members write for each other
    ("GET", (r"/v1/reviews/{}/translation|/v1/comments/{}/translation"
            r"|/v1/users/{}/translation"), PUBLIC),
    ("GET", r"/v1/reports/{}", MEMBER),
    ("GET", r"/v1/(reviews|comments|users)(/.*)?", PUBLIC),
    ("POST", r"/v1/discover", PUBLIC),
    ("POST", r"/v1/recommendations/group", OWN),  # it asks and writes nothing
    ("POST", r"/v1/reports/{}/appeal", OWN),
    ("DELETE", r"/v1/(reviews|comments)/{}(/reactions/{})?", OWN),
    ("POST", r"/v1/lists/fill-preview", OWN),  # likewise
    ("*", r"/v1/(reviews|comments|reports|users|recommendations|lists)(/.*)?", VERIFIED),
)  # fmt: skip

ROLES = {EDITOR: [MODERATOR], MODERATOR: [EDITOR], ADMINISTRATOR: [EDITOR, MODERATOR]}
"""Who else with a role must be refused, by the role that is asked for."""
NOT_CALLED = {("POST", "/v1/recommender/trainings"), ("POST", "/v1/recommender/evaluations")}
"""What would begin real work when its own people call it with an empty body."""


def rule_of(method: str, path: str) -> str:
    shape = re.sub(r"{[^}]+}", "{}", path)
    for methods, pattern, who in RULES:
        if methods in ("*", method) and re.fullmatch(pattern, shape):
            return who
    return pytest.fail(f"no rule says who may {method} {path}")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield method, path and a path filled in with what does not exist."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method not in ("get", "put", "post", "patch", "delete"):
                continue
            filled = path
            for parameter in [*item.get("parameters", ()), *operation.get("parameters", ())]:
                if parameter["in"] == "path":
                    schema = parameter["schema"]
                    value = (
                        "00000000-0000-7000-8000-000000000000"
                        if schema.get("format") == "uuid"
                        else "999999999"
                        if schema.get("type") == "integer"
                        else schema.get("enum", ["no-such-thing"])[0]
                    )
                    filled = filled.replace("{" + parameter["name"] + "}", value)
            yield method.upper(), path, filled


@pytest.fixture
async def people(system, http, sign_up, data_team):
    """Return the headers of somebody of every kind."""
    login = {"login": "admin", "password": system.credentials["admin"]["password"]}
    admin = (await http.post("/v1/auth/login", json=login)).json()
    found = {
        None: {},
        "unverified": (await sign_up(verified=False)).headers,
        MEMBER: (await sign_up()).headers,
        ADMINISTRATOR: {"Authorization": f"Bearer {admin['access_token']}"},
        DATA_TEAM: data_team,
    }
    for role in (EDITOR, MODERATOR):
        member = await sign_up()
        given = await http.put(
            f"/v1/users/{member.username}/roles",
            json={"roles": ["member", role]},
            headers=found[ADMINISTRATOR],
        )
        assert given.status_code == 200, given.text
        body = {"refresh_token": member.tokens["refresh_token"]}
        member.tokens = (await http.post("/v1/auth/refresh", json=body)).json()
        found[role] = member.headers
    return found


async def test_every_operation_is_for_those_whom_its_rule_names(http, people):
    document = (await http.get("/openapi.json")).json()
    wrong: list[str] = []
    gate = asyncio.Semaphore(8)

    async def call(who: str | None, method: str, path: str, *expected: int) -> None:
        body = None if method in ("GET", "DELETE") else {}
        async with gate:
            answer = await http.request(method, path, json=body, headers=people[who])
        fits = (
            answer.status_code in expected
            if expected
            else answer.status_code not in (401, 403) and answer.status_code < 500
        )
        if not fits:
            code = answer.json().get("code") if answer.content else ""
            wrong.append(f"{method} {path} by {who}: {answer.status_code} {code}")

    calls = []
    for method, path, filled in operations(document):
        rule = rule_of(method, path)
        if path == "/v1/stream":
            calls.append(call(None, method, filled, 401))
            continue
        if rule == PUBLIC:
            if method == "GET":
                calls.append(call(None, method, filled))
            continue
        calls.append(call(None, method, filled, 401))
        if rule == VERIFIED:
            calls.append(call("unverified", method, filled, 403))
        elif rule not in (OWN, MEMBER):
            calls.append(call(MEMBER, method, filled, 403))
            calls += [call(role, method, filled, 403) for role in ROLES.get(rule, ())]
            if (method, path) not in NOT_CALLED:
                calls.append(call(rule, method, filled))
    await asyncio.gather(*calls)
    assert not wrong, "\n".join(sorted(wrong))
