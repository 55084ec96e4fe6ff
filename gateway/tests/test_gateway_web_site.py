"""What all pages share: sessions, forms, policy, languages, sections that may be missing."""

import asyncio
import re
from typing import Any

import orjson
import pytest
from gateway_web import FILM, HTML, form_token, send, sign_in
from redis.asyncio import Redis

from marquee_gateway.web.policy import needs_https
from marquee_gateway.web.words import read_words
from marquee_shared.languages import LANGUAGES


async def test_the_front_page_shows_guests_films(gateway: Any, web_api: Any) -> None:
    page = await gateway.client.get("/", headers=HTML)
    assert page.status_code == 200
    assert "Alien &lt;1979&gt;" in page.text
    assert "Alien <1979>" not in page.text, "what others wrote is never HTML"
    assert "set-cookie" not in page.headers, "reading leaves nothing in the browser"


async def test_a_member_is_greeted_by_one_round_of_calls(gateway: Any, web_api: Any) -> None:
    answer = await sign_in(gateway.client, next="/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = await gateway.client.get("/", headers=HTML)
    assert "You like ships" in page.text
    assert 'data-unread="3"' in page.text
    assert "Good to see you, Ada." in page.text
    again = await gateway.client.get("/", headers=HTML)
    assert "Good to see you" not in again.text, "said once"
    [home, _] = web_api.received("/v1/me/home")
    assert home.headers["authorization"].startswith("Bearer ")


async def test_the_best_suggestion_stands_alone_and_watched_ones_say_how_far(
    gateway: Any, web_api: Any
) -> None:
    rows = [
        {"key": "for_you", "title": "For you", "items": [
            {"movie": FILM, "reasons": [{"text": "You like ships"}]},
            {"movie": {**FILM, "slug": "other", "title": "Other"}, "reasons": []}]},
        {"key": "continue_watching", "title": "Go on", "items": [{"movie": FILM, "progress": 0.25}]},
    ]  # fmt: skip
    body = {"sections": rows, "request_id": "r1"}
    web_api.answers("/v1/me/home", body=orjson.dumps(body))
    await sign_in(gateway.client)
    page = (await gateway.client.get("/", headers=HTML)).text
    assert 'data-suggested="r1"' in page
    assert page.count('href="/films/alien-1979"') == 5, "the lead three times, going on, the newest"
    assert '<progress max="1" value="0.25" aria-label="25 % watched">' in page


async def test_suggestions_that_were_seen_are_told(gateway: Any, web_api: Any) -> None:
    web_api.answers("/v1/me/recommendation-events", status=202, body=b'{"accepted":1}')
    await sign_in(gateway.client)
    shown = await gateway.client.get("/", headers=HTML)
    events = [{"type": "click", "movie": "alien-1979", "request_id": "r1", "position": 0}]
    data = {"form_token": form_token(shown.text), "events": orjson.dumps(events).decode()}
    answer = await gateway.client.post("/suggestions", data=data)
    assert answer.status_code == 204
    [told] = web_api.received("/v1/me/recommendation-events")
    assert orjson.loads(told.body) == {"events": events}
    web_api.answers("/v1/me/recommendation-events", status=422, body=b"{}")
    answer = await gateway.client.post("/suggestions", data={**data, "events": "[{"})
    assert answer.status_code == 422


async def test_calls_of_a_page_run_side_by_side(gateway: Any, web_api: Any) -> None:
    await sign_in(gateway.client)
    release = asyncio.Event()
    for path in ("/v1/me/home", "/v1/me/feed"):
        web_api.answers(path, body=b'{"sections":[],"items":[]}', hold=release)
    page = asyncio.create_task(gateway.client.get("/", headers=HTML))
    await asyncio.gather(web_api.until("/v1/me/home"), web_api.until("/v1/me/feed"))
    release.set()
    assert (await page).status_code == 200


@pytest.mark.parametrize("dead", ["/v1/trending", "/v1/genres", "/v1/lists"])
async def test_a_dead_service_leaves_the_rest_whole(gateway: Any, web_api: Any, dead: str) -> None:
    web_api.answers(dead, status=503)
    page = await gateway.client.get("/", headers=HTML)
    assert page.status_code == 200
    assert page.text.count("This part could not be loaded") == 1
    assert "Alien" in page.text


async def test_an_answer_that_breaks_off_is_a_part_that_is_missing(
    gateway: Any, web_api: Any
) -> None:
    begun = b'{"items":[' + b" " * 300_000
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n"
    web_api.answers("/v1/lists", raw=head + begun, close=True)
    page = await gateway.client.get("/", headers=HTML)
    assert page.status_code == 200
    assert page.text.count("This part could not be loaded") == 1


async def test_a_slow_service_is_not_waited_for(
    gateway: Any, web_api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marquee_gateway.web.api.PATIENCE", 2.0)
    never = asyncio.Event()
    web_api.answers("/v1/genres", body=b"{}", hold=never)
    page = await gateway.client.get("/", headers=HTML)
    assert page.status_code == 200
    assert "This part could not be loaded" in page.text
    assert "Alien" in page.text


async def test_pages_allow_nothing_but_their_own(gateway: Any, web_api: Any) -> None:
    page = await gateway.client.get("/sign-in", headers=HTML)
    own, edge = page.headers.get_list("content-security-policy")
    nonces = set(re.findall(r'nonce="([^"]+)"', page.text))
    assert len(nonces) == 1
    [nonce] = nonces
    assert f"script-src 'nonce-{nonce}'" in own
    assert "default-src 'none'" in own
    assert "unsafe" not in own
    assert "frame-ancestors 'none'" in edge
    assert not re.search(r"<script(?![^>]*\bnonce=)|\son[a-z]+=|\sstyle=|javascript:", page.text)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text), "asks nobody else"
    other = await gateway.client.get("/sign-in", headers=HTML)
    assert nonce not in other.text


async def test_an_unchanged_page_is_not_sent_again(gateway: Any, web_api: Any) -> None:
    page = await gateway.client.get("/", headers=HTML)
    known = {**HTML, "If-None-Match": page.headers["etag"]}
    same = await gateway.client.get("/", headers=known)
    assert same.status_code == 304
    nonce = re.search(r'nonce="([^"]+)"', page.text)
    assert nonce is not None
    policy = same.headers.get_list("content-security-policy")[0]
    assert nonce[1] in policy, "the policy is that of the copy the browser has"
    web_api.answers("/v1/lists", status=503)
    assert (await gateway.client.get("/", headers=known)).status_code == 200


async def test_pages_and_files_travel_packed(gateway: Any, web_api: Any) -> None:
    page = await gateway.client.get("/", headers=HTML)
    assert page.headers["content-encoding"] == "gzip"
    assert page.headers["cache-control"] == "private, no-cache"
    sheet = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    assert sheet is not None
    style = await gateway.client.get(sheet[1])
    assert style.headers["content-encoding"] == "gzip"
    assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
    old = await gateway.client.get(re.sub(r"/static/\w+/", "/static/older/", sheet[1]))
    assert old.text == style.text
    assert "immutable" not in old.headers["cache-control"]
    assert (await gateway.client.get("/static/x/../words.py")).status_code == 404


# sessions


async def test_the_cookie_holds_nothing_and_redis_no_token(
    gateway: Any, web_api: Any, redis: Redis, tokens: Any
) -> None:
    answer = await sign_in(gateway.client)
    [cookie] = [
        line for line in answer.headers.get_list("set-cookie") if line.startswith("marquee=m.")
    ]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    value = cookie.partition("=")[2].partition(";")[0]
    assert len(value) == 45, "a random id"
    [key] = await redis.keys("web:session:*")
    assert value.encode() not in key
    kept = await redis.get(key)
    assert b"first" not in kept
    assert b"ey" not in kept[:40]
    assert await redis.ttl(key) > 86_400


async def test_over_https_the_cookie_is_for_this_host_alone(
    start_gateway: Any, web_api: Any
) -> None:
    gateway = await start_gateway(public_url="https://films.example")
    shown = await gateway.client.get("/sign-in", headers=HTML)
    [line] = shown.headers.get_list("set-cookie")
    assert line.startswith("__Host-marquee=g.")
    assert "Secure" in line
    assert "Path=/" in line
    assert "domain" not in line.lower()


@pytest.mark.parametrize(
    ("url", "production", "secure"),
    [("https://films.example", False, True), ("http://films.example", False, True),
     ("https://localhost", False, True), ("http://localhost:8000", True, False),
     ("http://[::1]:8000", False, False), ("", False, False), ("", True, True)],
)  # fmt: skip
def test_cookies_go_over_https_everywhere_but_at_home(
    url: str, production: bool, secure: bool
) -> None:
    assert needs_https(url, production=production) is secure


async def test_signing_in_and_out_changes_the_session(
    gateway: Any, web_api: Any, redis: Redis
) -> None:
    await sign_in(gateway.client)
    first = gateway.client.cookies["marquee"]
    page = await gateway.client.get("/", headers=HTML)
    answer = await gateway.client.post(
        "/sign-out", data={"form_token": form_token(page.text)}, headers=HTML
    )
    assert answer.status_code == 303
    assert await redis.keys("web:session:*") == []
    [logout] = web_api.received("/v1/auth/logout")
    assert logout.headers["authorization"].startswith("Bearer ")
    gateway.client.cookies.set("marquee", first)
    assert "Sign in" in (await gateway.client.get("/", headers=HTML)).text
    gateway.client.cookies.clear()
    await sign_in(gateway.client)
    assert gateway.client.cookies["marquee"] != first


async def test_a_planted_session_id_is_not_taken_over(gateway: Any, web_api: Any) -> None:
    planted = "m." + "a" * 43
    gateway.client.cookies.set("marquee", planted)
    shown = await gateway.client.get("/sign-in", headers=HTML)
    await gateway.client.post(
        "/sign-in",
        data={"form_token": form_token(shown.text), "login": "ada", "password": "x"},
        headers=HTML,
    )
    ids = [cookie.value for cookie in gateway.client.cookies.jar]
    assert any(value.startswith("m.") and value != planted for value in ids)


async def test_tokens_are_renewed_once_for_all(
    start_gateway: Any, web_api: Any, tokens: Any
) -> None:
    gateway = await start_gateway()
    web_api.answers("/v1/auth/login", body=tokens(expires_in=1))
    web_api.answers("/v1/auth/refresh", body=tokens(refresh="second"))
    await sign_in(gateway.client)
    pages = await asyncio.gather(*(gateway.client.get("/", headers=HTML) for _ in range(8)))
    assert all("You like ships" in page.text for page in pages)
    [renewal] = web_api.received("/v1/auth/refresh")
    assert orjson.loads(renewal.body) == {"refresh_token": "first"}


async def test_a_second_replica_uses_what_the_first_renewed(
    start_gateway: Any, web_api: Any, tokens: Any
) -> None:
    one, two = await start_gateway(), await start_gateway()
    web_api.answers("/v1/auth/login", body=tokens(expires_in=1))
    web_api.answers("/v1/auth/refresh", body=tokens(refresh="second"))
    await sign_in(one.client)
    two.client.cookies = one.client.cookies
    assert "You like ships" in (await one.client.get("/", headers=HTML)).text
    assert "You like ships" in (await two.client.get("/", headers=HTML)).text
    assert len(web_api.received("/v1/auth/refresh")) == 1


async def test_a_session_that_ended_makes_a_guest(gateway: Any, web_api: Any, tokens: Any) -> None:
    web_api.answers("/v1/auth/login", body=tokens(expires_in=1))
    web_api.answers("/v1/auth/refresh", status=401, body=b'{"code":"invalid_token"}')
    await sign_in(gateway.client)
    page = await gateway.client.get("/", headers=HTML)
    assert "Join Marquee" in page.text
    wanted = await gateway.client.get("/live?x=1", headers=HTML)
    assert wanted.headers["location"] == "/sign-in?next=%2Flive%3Fx%3D1"


async def test_identity_being_away_ends_no_session(gateway: Any, web_api: Any, tokens: Any) -> None:
    web_api.answers("/v1/auth/login", body=tokens(expires_in=1))
    web_api.answers("/v1/auth/refresh", status=503)
    await sign_in(gateway.client)
    page = await gateway.client.get("/", headers=HTML)
    assert "cannot look up who is signed in" in page.text
    web_api.answers("/v1/auth/refresh", body=tokens(refresh="second"))
    assert "You like ships" in (await gateway.client.get("/", headers=HTML)).text


async def test_a_token_refused_in_the_middle_is_renewed(
    gateway: Any, web_api: Any, tokens: Any
) -> None:
    await sign_in(gateway.client)
    good = orjson.dumps(
        {"sections": [{"key": "trending", "title": "Again", "items": [{"movie": FILM}]}]}
    )

    async def once(_: Any) -> Any:
        first = len(web_api.received("/v1/me/home")) == 1
        return web_api.reply(status=401, body=b"{}") if first else web_api.reply(body=good)

    web_api.answers("/v1/me/home", once)
    web_api.answers("/v1/auth/refresh", body=tokens(refresh="second"))
    page = await gateway.client.get("/", headers=HTML)
    assert "Again" in page.text
    assert len(web_api.received("/v1/auth/refresh")) == 1


async def test_without_redis_pages_can_be_read(start_gateway: Any, web_api: Any) -> None:
    gateway = await start_gateway(redis_url="redis://127.0.0.1:9/0")
    gateway.client.cookies.set("marquee", "m." + "a" * 43)
    page = await gateway.client.get("/", headers=HTML)
    assert page.status_code == 200
    assert "cannot look up who is signed in" in page.text
    assert (await gateway.client.get("/live", headers=HTML)).status_code == 503
    gateway.client.cookies.clear()
    answer = await sign_in(gateway.client)
    assert answer.status_code == 503
    assert "The film has torn" in answer.text


# forms


@pytest.mark.parametrize("given", ["", "0" * 64, "none"])
async def test_a_form_without_its_token_does_nothing(
    gateway: Any, web_api: Any, given: str
) -> None:
    await gateway.client.get("/sign-in", headers=HTML)
    data = {"login": "ada", "password": "x", "form_token": given}
    if given == "none":
        del data["form_token"]
    answer = await gateway.client.post("/sign-in", data=data, headers=HTML)
    assert answer.status_code == 403
    assert web_api.received("/v1/auth/login") == []


@pytest.mark.parametrize(
    "foreign", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                {"Origin": "https://evil.example"}, {"Origin": "null"}]
)  # fmt: skip
async def test_another_site_cannot_send_a_form(
    gateway: Any, web_api: Any, foreign: dict[str, str]
) -> None:
    shown = await gateway.client.get("/sign-in", headers=HTML)
    data = {"login": "ada", "password": "x", "form_token": form_token(shown.text)}
    answer = await gateway.client.post("/sign-in", data=data, headers={**HTML, **foreign})
    assert answer.status_code == 403
    assert web_api.received("/v1/auth/login") == []


async def test_a_form_token_is_of_one_browser(start_gateway: Any, web_api: Any) -> None:
    one, two = await start_gateway(), await start_gateway()
    stolen = form_token((await one.client.get("/sign-in", headers=HTML)).text)
    await two.client.get("/sign-in", headers=HTML)
    answer = await two.client.post(
        "/sign-in", data={"login": "a", "password": "b", "form_token": stolen}, headers=HTML
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example", "/\\evil.example", "/ /evil", "evil",
              "javascript:alert(1)", "/v1/me", "/\t/evil.example"]
)  # fmt: skip
async def test_no_one_is_led_elsewhere(gateway: Any, web_api: Any, place: str) -> None:
    answer = await sign_in(gateway.client, next=place)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_wrong_field_says_so_and_keeps_what_was_typed(gateway: Any, web_api: Any) -> None:
    web_api.answers("/v1/auth/signup", status=422, body=orjson.dumps({
        "code": "validation_failed", "detail": "Look again.",
        "errors": [{"pointer": "/email", "code": "email", "detail": "That is <no> address."}],
    }))  # fmt: skip
    answer = await send(
        gateway.client, "/sign-up", username="ada", email='ada"@', password="secret words"
    )
    assert answer.status_code == 422
    field = re.search(r'<div class="field wrong">(.*?)</div>', answer.text, re.DOTALL)
    assert field is not None
    assert "That is &lt;no&gt; address." in field[1]
    assert 'aria-invalid="true"' in field[1]
    assert 'aria-describedby="f-email-error"' in field[1]
    assert 'value="ada&#34;@"' in answer.text
    assert 'value="ada"' in answer.text
    assert "secret words" not in answer.text, "a password is never sent back"


async def test_another_problem_stands_above_the_form(gateway: Any, web_api: Any) -> None:
    web_api.answers("/v1/auth/login", status=401, body=orjson.dumps(
        {"code": "wrong_credentials", "detail": "Wrong name or password."}))  # fmt: skip
    answer = await sign_in(gateway.client)
    assert answer.status_code == 401
    assert re.search(r'role="alert">Wrong name or password\.', answer.text)
    assert 'value="ada"' in answer.text


async def test_what_was_typed_into_an_ended_session_is_given_back(
    gateway: Any, web_api: Any
) -> None:
    answer = await gateway.client.post(
        "/verify", data={"code": "a long and <b>winding</b> text"}, headers=HTML
    )
    assert answer.status_code == 401
    assert "Your session has ended" in answer.text
    assert "a long and &lt;b&gt;winding&lt;/b&gt; text" in answer.text


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [("application/json", b"{}", 415), ("multipart/form-data; boundary=x", b"no", 400),
     ("multipart/form-data", b"x", 400), ("application/x-www-form-urlencoded", b"%ff=%00&&=", 403)],
)  # fmt: skip
async def test_what_is_no_form_is_refused(
    gateway: Any, kind: str, body: bytes, status: int
) -> None:
    answer = await gateway.client.post(
        "/sign-in", content=body, headers={**HTML, "Content-Type": kind}
    )
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


# what is not there


async def test_browsers_are_told_in_html_and_others_by_a_problem(
    gateway: Any, web_api: Any
) -> None:
    page = await gateway.client.get("/nothing/here", headers=HTML)
    assert page.status_code == 404
    assert "not in our vault" in page.text
    answer = await gateway.client.get("/nothing/here")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "route_not_found"
    api_answer = await gateway.client.get("/v1/nothing", headers=HTML)
    assert api_answer.headers["content-type"] == "application/problem+json"


async def test_a_page_that_breaks_says_so_and_nothing_more(gateway: Any, web_api: Any) -> None:
    web_api.answers("/v1/trending", body=b'{"items":[{"movie":7}]}')
    page = await gateway.client.get("/", headers=HTML)
    assert page.status_code == 500
    assert "The film has torn" in page.text
    assert "Traceback" not in page.text


async def test_visitors_are_counted_by_their_own_address(start_gateway: Any, web_api: Any) -> None:
    gateway = await start_gateway(rate_limit_factor=0.01)
    pages = [await gateway.client.get("/", headers=HTML) for _ in range(3)]
    assert any("This part could not be loaded" in page.text for page in pages)


# languages


@pytest.mark.parametrize(
    ("path", "header", "expected"),
    [("/sign-in", "de", "Anmelden"), ("/sign-in?lang=fr", "de", "Se connecter"),
     ("/sign-in?lang=xx", "es", "Entrar"), ("/sign-in", "", "Sign in")],
)  # fmt: skip
async def test_pages_speak_the_visitors_language(
    gateway: Any, path: str, header: str, expected: str
) -> None:
    page = await gateway.client.get(path, headers={**HTML, "Accept-Language": header})
    assert f"<h1>{expected}</h1>" in page.text
    assert f'<html lang="{page.headers["content-language"]}"' in page.text


async def test_a_chosen_language_and_look_stay(gateway: Any, web_api: Any) -> None:
    await gateway.client.get("/?lang=es&theme=dark", headers=HTML)
    page = await gateway.client.get("/sign-in", headers=HTML)
    assert "<h1>Entrar</h1>" in page.text
    assert 'data-theme="dark"' in page.text
    await gateway.client.get("/?theme=auto", headers=HTML)
    assert (
        "data-theme=" not in (await gateway.client.get("/sign-in", headers=HTML)).text.split(">")[1]
    )


async def test_a_members_page_asks_the_api_in_its_language(
    gateway: Any, web_api: Any, tokens: Any
) -> None:
    web_api.answers("/v1/auth/login", body=tokens(language="de"))
    await sign_in(gateway.client)
    page = await gateway.client.get("/", headers=HTML)
    assert page.headers["content-language"] == "de"
    await gateway.client.get("/?lang=fr", headers=HTML)
    german, french = web_api.received("/v1/me/home")
    assert german.target == "/v1/me/home"
    assert french.target == "/v1/me/home?lang=fr", "the token says German"


def test_every_text_stands_in_every_language() -> None:
    for key, texts in read_words().items():
        assert tuple(texts) == LANGUAGES, key
        shapes = set()
        for text in texts.values():
            forms = text if isinstance(text, list) else [text]
            assert len(forms) == 2 or isinstance(text, str), key
            assert not re.search(r'[<>&"]', "".join(forms)), key
            shapes.add((len(forms), frozenset(re.findall(r"{(\w+)}", "".join(forms)))))
        assert len(shapes) == 1, f"{key}: placeholders differ"


def test_every_text_that_is_asked_for_exists() -> None:
    from pathlib import Path

    import marquee_gateway.web

    folder = Path(marquee_gateway.web.__file__).parent
    words = read_words()
    known = {key.partition(".")[0] for key in words}
    for file in (*folder.rglob("*/*.html"), *folder.rglob("*/*.py")):
        for prefix, name in re.findall(r'"([a-z]+)\.([a-z_]+)"', file.read_text()):
            if prefix in known and name not in {"html", "svg"} and not name.endswith("_"):
                assert f"{prefix}.{name}" in words, f"{file}: {prefix}.{name}"
