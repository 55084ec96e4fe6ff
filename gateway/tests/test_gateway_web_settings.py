"""What members set on pages: forms that keep what was typed, jobs, leaving."""

from typing import Any

import orjson
import pytest
import pytest_asyncio
from gateway_web import FILM, HTML, form_token, send, sign_in, user

from marquee_gateway.web.settings.sessions import device
from marquee_gateway.web.words import read_words, speeches

AT = "2026-01-01T00:00:00Z"
ME = {**user(), "first_name": "Ada", "last_name": None, "bio": "A <b> bio", "country": "FR"}
PRIVACY = dict.fromkeys(("ratings", "activity", "watch_time", "stats", "friends"), "friends")
JOB = "/v1/me/imports/5"


def listed(*items: Any) -> bytes:
    return orjson.dumps({"items": items, "next_cursor": None})


def problem(code: str, detail: str, *errors: tuple[str, str]) -> bytes:
    told = [{"pointer": pointer, "code": "x", "detail": text} for pointer, text in errors]
    return orjson.dumps({"code": code, "detail": detail, "errors": told})


def an_import(**changes: Any) -> bytes:
    counts = {"rows": 3, "waiting": 0, "matched": 1, "ambiguous": 1, "unmatched": 1, "invalid": 0,
              "committed": 0}  # fmt: skip
    return orjson.dumps({
        "id": "5", "source": "imdb", "file_name": "ratings.csv", "dry_run": True, "error": None,
        "state": "succeeded", "progress": {"done": 3, "total": 3}, "result": counts,
        "created_at": AT, "committed_at": None, "undone_at": None, **changes,
    })  # fmt: skip


@pytest.fixture
def own(web_api: Any) -> Any:
    """Services that know all a member may set."""
    taste = {"genres": ["horror"], "platforms": [], "people": ["agnes-varda"], "country": "FR"}
    web_api.answers("/v1/me", body=orjson.dumps(ME))
    web_api.answers("/v1/me/taste", body=orjson.dumps(taste))
    web_api.answers("/v1/me/privacy", body=orjson.dumps({**PRIVACY, "updated_at": None}))
    web_api.answers("/v1/me/experiments", body=b'{"opted_out":false,"items":[]}')
    web_api.answers("/v1/genres", body=listed({"id": 1, "slug": "horror", "name": "Horror"}))
    web_api.answers("/v1/people/agnes-varda", body=b'{"slug":"agnes-varda","name":"Agnes Varda"}')
    for place in ("sessions", "security-events", "tokens", "applications", "imports", "moderation",
                  "applications/authorized", "following/people"):  # fmt: skip
        web_api.answers(f"/v1/me/{place}", body=listed())
    web_api.answers("/v1/platforms", body=listed())
    return web_api


@pytest_asyncio.fixture
async def ada(gateway: Any, own: Any) -> Any:
    """A member's browser."""
    await sign_in(gateway.client)
    return gateway.client


def sent(api: Any, path: str, method: str) -> list[Any]:
    return [
        orjson.loads(one.body) if one.body else None
        for one in api.received(path)
        if one.method == method
    ]


PAGES = ["", "/account", "/email", "/taste", "/privacy", "/sessions", "/access", "/import",
         "/export", "/decisions", "/leave"]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
@pytest.mark.parametrize("page", PAGES)
async def test_settings_hold_to_the_policy_in_every_language(
    ada: Any, page: str, language: str
) -> None:
    shown = await ada.get(f"/settings{page}?lang={language}", headers=HTML)
    assert shown.status_code == 200
    assert shown.headers["content-language"] == language
    assert " style=" not in shown.text
    assert shown.text.count("<h1") == 1


async def test_a_profile_is_changed_and_shown_at_once(ada: Any, own: Any) -> None:
    page = await ada.get("/settings", headers=HTML)
    assert "A &lt;b&gt; bio" in page.text
    assert '<option value="FR" selected>France' in page.text
    own.answers("/v1/me", body=orjson.dumps({**ME, "name": "Ada Lovelace"}))
    given = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "username": "ada",
        "bio": "",
        "country": "",
    }
    answer = await send(ada, "/settings", **given)
    assert answer.headers["location"] == "/settings"
    assert sent(own, "/v1/me", "PATCH") == [{**given, "bio": None, "country": None}]
    assert "<strong>Ada Lovelace</strong>" in (await ada.get("/settings", headers=HTML)).text


async def test_a_taken_username_is_told_beside_it(ada: Any, own: Any) -> None:
    async def me(request: Any) -> Any:
        if request.method == "PATCH":
            return own.reply(status=409, body=problem("username_taken", "Taken."))
        return own.reply(body=orjson.dumps(ME))

    own.answers("/v1/me", me)
    answer = await send(ada, "/settings", username="theo", bio="Typed <i>")
    assert answer.status_code == 409
    assert 'id="f-username-error">Taken.' in answer.text
    assert "Typed &lt;i&gt;" in answer.text


async def upload(client: Any, path: str, content: bytes = b"x", **values: str) -> Any:
    shown = await client.get(path if path != "/settings/avatar" else "/settings", headers=HTML)
    data = {"form_token": form_token(shown.text), **values}
    files = {"file": ("a file.csv", content)} if content else {"file": ("", b"")}
    return await client.post(path, data=data, files=files, headers=HTML)


async def test_a_picture_is_sent_on_and_a_bad_one_told_beside_its_field(ada: Any, own: Any) -> None:
    own.answers("/v1/me/avatar", status=415, body=problem("bad_picture", "No picture."))
    answer = await upload(ada, "/settings/avatar", b"\x00\xffpicture")
    assert answer.status_code == 415
    assert 'id="f-file-error">No picture.' in answer.text
    [call] = own.received("/v1/me/avatar")
    assert b"\x00\xffpicture" in call.body
    assert 'id="f-file-error"' in (await upload(ada, "/settings/avatar", b"")).text
    own.answers("/v1/me/avatar", body=b'{"avatar_url":"/v1/avatars/x/400.webp"}')
    assert (await upload(ada, "/settings/avatar")).status_code == 303
    assert "/v1/avatars/x/400.webp" in (await ada.get("/settings", headers=HTML)).text


@pytest.mark.parametrize(
    ("path", "api", "code", "field"),
    [("password", "/v1/me/password", "wrong_password", "current_password"),
     ("email", "/v1/me/email", "wrong_password", "email_password"),
     ("email", "/v1/me/email", "email_taken", "email")],
)  # fmt: skip
async def test_account_forms_tell_what_was_wrong_where(
    ada: Any, own: Any, path: str, api: str, code: str, field: str
) -> None:
    own.answers(api, status=422, body=problem(code, "Not so."))
    given = {"current_password": "old old old", "new_password": "new new new",
             "email": "new@example.org", "email_password": "old old old"}  # fmt: skip
    answer = await send(ada, f"/settings/{path}", page="/settings/account", **given)
    assert answer.status_code == 422
    assert f'id="f-{field}-error">Not so.' in answer.text
    assert 'value="new@example.org"' in answer.text
    assert "old old old" not in answer.text, "passwords are not sent back"


async def test_a_new_address_is_confirmed_by_its_code(ada: Any, own: Any) -> None:
    own.answers("/v1/me/email", status=202, body=b"")
    given = {"email": "new@example.org", "email_password": "x"}
    answer = await send(ada, "/settings/email", page="/settings/account", **given)
    assert answer.headers["location"] == "/settings/email"
    own.answers("/v1/me/email/confirm", status=422, body=problem("wrong_code", "Not the code."))
    wrong = await send(ada, "/settings/email/confirm", page="/settings/email", code="12 34 56")
    assert 'id="f-code-error">Not the code.' in wrong.text
    own.answers("/v1/me/email/confirm", body=orjson.dumps({**ME, "email": "new@example.org"}))
    await send(ada, "/settings/email/confirm", page="/settings/email", code="123456")
    assert sent(own, "/v1/me/email/confirm", "POST") == [{"code": "123456"}] * 2
    assert "new@example.org" in (await ada.get("/settings/account", headers=HTML)).text


async def test_a_chosen_language_counts_over_the_browsers(ada: Any, own: Any, tokens: Any) -> None:
    own.answers("/v1/me/language", body=b'{"language":"de"}')
    own.answers("/v1/auth/refresh", body=tokens(language="de", refresh="second"))
    await ada.get("/settings/account?lang=fr", headers=HTML)
    await send(ada, "/settings/language", page="/settings/account", language="de")
    page = await ada.get("/settings/account", headers=HTML)
    assert page.headers["content-language"] == "de"
    assert len(own.received("/v1/auth/refresh")) == 1, "its claims are fresh"


async def test_a_taste_keeps_whom_it_held_and_takes_people_by_name(ada: Any, own: Any) -> None:
    page = await ada.get("/settings/taste", headers=HTML)
    assert 'value="agnes-varda" checked>Agnes Varda' in page.text
    own.answers("/v1/people", body=listed({"slug": "claire-denis", "name": "Claire Denis"}))
    given = {"genres": "horror", "people": "agnes-varda", "more_people": "denis", "country": "FR"}
    assert (await send(ada, "/settings/taste", **given)).status_code == 303
    assert sent(own, "/v1/me/taste", "PUT") == [
        {"genres": ["horror"], "platforms": [], "people": ["agnes-varda", "claire-denis"],
         "country": "FR"}
    ]  # fmt: skip
    own.answers("/v1/people", body=listed())
    wrong = await send(ada, "/settings/taste", **{**given, "more_people": "nobody"})
    assert 'id="f-more_people-error"' in wrong.text
    assert 'value="agnes-varda" checked' in wrong.text


async def test_privacy_stays_when_experiments_are_away(ada: Any, own: Any) -> None:
    own.answers("/v1/me/experiments", status=503)
    page = await ada.get("/settings/privacy", headers=HTML)
    assert page.text.count("This part could not be loaded") == 1
    assert page.text.count('value="friends" checked') == 5
    await send(ada, "/settings/privacy", **{**PRIVACY, "stats": "private"})
    assert sent(own, "/v1/me/privacy", "PATCH") == [{**PRIVACY, "stats": "private"}]


async def test_one_session_ends_or_all_others(ada: Any, own: Any) -> None:
    session = {"id": "s1", "address": "::1", "device": "curl", "application": None, "current": False,
               "created_at": AT, "last_used_at": AT, "expires_at": AT}  # fmt: skip
    mine = {**session, "id": "s2", "current": True}
    own.answers("/v1/me/sessions", body=listed(session, mine))
    own.answers("/v1/me/sessions/s1", status=204, body=b"")
    page = await ada.get("/settings/sessions", headers=HTML)
    assert 'value="s1"' in page.text
    assert 'value="s2"' not in page.text, "this one is ended by signing out"
    await send(ada, "/settings/sessions", session="s1")
    assert sent(own, "/v1/me/sessions/s1", "DELETE") == [None]
    await send(ada, "/settings/sessions")
    assert sent(own, "/v1/me/sessions", "DELETE") == [None]


def test_a_browser_is_called_what_people_call_it() -> None:
    t = speeches(read_words())["en"]
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"
    assert device(t, agent) == "Chrome on Linux"
    assert device(t, agent + " Edg/126.0") == "Edge on Linux"
    assert device(t, "Mozilla/5.0 (iPhone; CPU) Version/17 Safari/604.1") == "Safari on iPhone"
    assert device(t, "curl/8.0") == "curl/8.0"


async def test_a_token_is_shown_once_and_kept_by_nobody(ada: Any, own: Any) -> None:
    made = {"id": "t", "name": "mine", "token": "mqt_secret", "scopes": ["read"], "expires_at": AT,
            "created_at": AT, "last_used_at": None}  # fmt: skip

    async def tokens(request: Any) -> Any:
        if request.method == "POST":
            return own.reply(status=201, body=orjson.dumps(made))
        return own.reply(body=listed({**made, "token": None}))

    own.answers("/v1/me/tokens", tokens)
    given = {"name": "mine", "scopes": "read", "expires_in_days": "90"}
    answer = await send(ada, "/settings/tokens", page="/settings/access", **given)
    assert "mqt_secret" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert sent(own, "/v1/me/tokens", "POST") == [
        {"name": "mine", "scopes": ["read"], "expires_in_days": 90}
    ]
    assert "mqt_secret" not in (await ada.get("/settings/access", headers=HTML)).text


async def test_a_token_that_may_do_nothing_is_told(ada: Any, own: Any) -> None:
    own.answers("/v1/me/tokens", status=422, body=problem("validation_failed", "No.",
                ("/scopes", "too short")))  # fmt: skip
    answer = await send(ada, "/settings/tokens", page="/settings/access", name="mine")
    assert 'id="scopes-error">Choose at least one.' in answer.text
    assert 'value="mine"' in answer.text


# bringing films along


async def test_a_file_is_looked_at_before_anything_is_taken_in(ada: Any, own: Any) -> None:
    async def imports(request: Any) -> Any:
        posted = request.method == "POST"
        return own.reply(body=an_import(state="queued") if posted else listed())

    own.answers("/v1/me/imports", imports)
    answer = await upload(ada, "/settings/import", b"tt1,5", source="imdb")
    assert answer.headers["location"] == "/settings/import/5"
    [call] = [one for one in own.received("/v1/me/imports") if one.method == "POST"]
    assert call.target.endswith("?dry_run=true")
    assert b"tt1,5" in call.body
    own.answers(JOB, body=an_import(state="running"))
    own.answers(f"{JOB}/rows", body=listed())
    page = await ada.get("/settings/import/5", headers=HTML)
    assert "data-running" in page.text
    assert 'href="/settings/import/5"' in page.text, "without script one looks again by hand"


async def test_a_file_that_cannot_be_read_is_told_beside_its_field(ada: Any, own: Any) -> None:
    own.answers("/v1/me/imports", status=422, body=problem("validation_failed", "No.",
                ("/file", "Not a table.")))  # fmt: skip
    answer = await upload(ada, "/settings/import", source="trakt")
    assert 'id="f-file-error">Not a table.' in answer.text
    assert 'value="trakt" checked' in answer.text
    assert 'id="f-file-error"' in (await upload(ada, "/settings/import", b"")).text


async def test_rows_are_chosen_taken_in_and_taken_back(ada: Any, own: Any) -> None:
    row = {"line": 2, "title": "Alien", "year": 1979, "state": "ambiguous", "confidence": 0.5,
           "movie": None, "candidates": [{"movie": FILM, "confidence": 0.5}], "committed": False,
           "brings": {"rating": {"half_steps": 9}}, "problems": ["review_invalid"]}  # fmt: skip
    own.answers(JOB, body=an_import())
    own.answers(f"{JOB}/rows", body=listed(row))
    own.answers(f"{JOB}/commit", status=202, body=an_import())
    page = await ada.get("/settings/import/5", headers=HTML)
    assert "state=ambiguous" in own.received(f"{JOB}/rows")[0].target, "what needs a choice first"
    assert 'name="line-2"' in page.text
    assert "★ 4.5" in page.text
    assert "review unreadable" in page.text
    await send(ada, "/settings/import/5", **{"line-2": "alien-1979", "line-3": ""})
    assert sent(own, f"{JOB}/commit", "POST") == [{"choices": {"2": "alien-1979"}}]
    own.answers(JOB, body=an_import(committed_at=AT))
    answer = await send(ada, "/settings/import/5/undo", page="/settings/import/5")
    assert answer.headers["location"] == "/settings/import"
    assert sent(own, JOB, "DELETE") == [None]


async def test_an_import_of_somebody_else_does_not_exist(ada: Any, own: Any) -> None:
    own.answers(JOB, status=404, body=problem("import_not_found", "None."))
    assert (await ada.get("/settings/import/5", headers=HTML)).status_code == 404


# exports and leaving


async def test_an_archive_is_made_and_passed_on(ada: Any, own: Any) -> None:
    job = {"id": "9", "state": "running", "progress": {"done": 1, "total": 4}, "download": None,
           "expires_at": None, "error": None}  # fmt: skip
    own.answers("/v1/me/exports", status=202, body=orjson.dumps(job))
    own.answers("/v1/me/exports/9", body=orjson.dumps(job))
    answer = await send(ada, "/settings/export")
    assert answer.headers["location"] == "/settings/export/9"
    assert "1 of 4" in (await ada.get("/settings/export/9", headers=HTML)).text
    done = {**job, "state": "succeeded", "download": "/v1/x", "expires_at": AT}
    own.answers("/v1/me/exports/9", body=orjson.dumps(done))
    own.answers("/v1/me/exports/9/archive", body=b"PK", headers={
        "content-type": "application/zip", "content-disposition": 'attachment; filename="a.zip"'
    })  # fmt: skip
    assert (
        'href="/settings/export/9/archive"'
        in (await ada.get("/settings/export/9", headers=HTML)).text
    )
    archive = await ada.get("/settings/export/9/archive", headers=HTML)
    assert archive.content == b"PK"
    assert archive.headers["content-type"] == "application/zip"
    assert "a.zip" in archive.headers["content-disposition"]
    own.answers("/v1/me/exports/9/archive", status=404, body=problem("export_not_found", "Gone."))
    assert (await ada.get("/settings/export/9/archive", headers=HTML)).status_code == 404


async def test_nobody_leaves_by_accident(ada: Any, own: Any) -> None:
    answer = await send(ada, "/settings/leave", username="theo", content="anonymise")
    assert answer.status_code == 422
    assert 'id="f-username-error"' in answer.text
    assert 'value="anonymise" checked' in answer.text
    assert own.received("/v1/me") == []


async def test_who_leaves_is_signed_out_and_shown_the_receipt(ada: Any, own: Any) -> None:
    own.answers("/v1/me", status=204, body=b"", headers={"location": "/v1/erasures/r1"})
    receipt = {"id": "r1", "state": "waiting", "mode": "anonymise", "requested_at": AT,
               "due_at": "2026-01-15T00:00:00Z", "erased_at": None, "services": []}  # fmt: skip
    own.answers("/v1/erasures/r1", body=orjson.dumps(receipt))
    answer = await send(ada, "/settings/leave", username="@Ada", content="anonymise")
    assert answer.headers["location"] == "/farewell/r1"
    assert own.received("/v1/me")[0].target == "/v1/me?content=anonymise"
    page = await ada.get("/farewell/r1", headers=HTML)
    assert "January 15, 2026" in page.text
    assert "/sign-in" in page.text
    assert (await ada.get("/settings", headers=HTML)).status_code == 303


async def test_a_decision_is_appealed_where_it_stands(ada: Any, own: Any) -> None:
    decision = {"id": 3, "target": {"type": "review", "id": 7}, "reason": "spam", "state": "actioned",
                "action": "hide", "note": "An advertisement.", "appeal": None, "can_appeal": True,
                "decided_at": AT, "suspended_until": None}  # fmt: skip
    own.answers("/v1/me/moderation", body=listed(decision))
    own.answers("/v1/reports/3/appeal", status=422, body=problem("validation_failed", "No.",
                ("/note", "Too short.")))  # fmt: skip
    place = "/settings/decisions"
    wrong = await send(ada, f"{place}/3/appeal", page=place, note="It <b> was not")
    assert 'id="note-3-error">Too short.' in wrong.text
    assert "It &lt;b&gt; was not" in wrong.text
    own.answers("/v1/reports/3/appeal", body=b"{}")
    answer = await send(ada, f"{place}/3/appeal", page=place, note="It was not")
    assert answer.headers["location"] == place
