import io
import re

import pytest
from PIL import Image
from pydantic import SecretStr
from sqlalchemy import text

from marquee_shared.events.catalog import MovieUpdated

NO_FILE = {"cover": ("empty", b"")}


@pytest.fixture
def editor(authorization):
    return authorization(roles=["editor"])


async def create(client, editor, **fields):
    body = {"title": "Heat", "year": 1995, **fields}
    answer = await client.post("/v1/movies", json=body, headers=editor)
    assert answer.status_code == 201, answer.text


def values_of(page):
    """Return what the form of a page would send if nothing were changed."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page.text):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and 'type="file"' not in tag and 'type="checkbox"' not in tag:
            fields[name[1]] = value[1].replace("&#34;", '"') if value else ""
    for name, content in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>',
                                    page.text, re.DOTALL):  # fmt: skip
        fields[name] = content.strip()
    return fields


async def edit(browser, slug="heat-1995", files=None, **changes):
    path = f"/admin/movies/edit?pk={slug}"
    page = await browser.get(path)
    assert page.status_code == 200
    form = {**values_of(page), "status": "released", **changes}
    return await browser.http.post(path, data=form, files=files or NO_FILE)


def picture():
    buffer = io.BytesIO()
    Image.new("RGB", (600, 900), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


async def test_nobody_gets_in_without_signing_in(browser):
    for path in ("/admin", "/admin/", "/admin/movies/list", "/admin/movies/edit?pk=x",
                 "/admin/jobs/list", "/admin/_api/genres/relation-lookup"):  # fmt: skip
        answer = await browser.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/admin/login?next=%2Fadmin"), path
    form = await browser.get("/admin/login")
    assert form.status_code == 200


@pytest.mark.parametrize("name", ["member", "moderator", "editor-unverified"])
async def test_members_and_moderators_are_refused_and_signed_out_again(
    browser, panel_identity, name
):
    answer = await browser.sign_in(name)
    assert answer.status_code == 403
    assert "for editors and administrators" in answer.text
    assert "marquee-editor" not in answer.headers.get("set-cookie", "")
    assert panel_identity.calls[-1][0] == "/v1/auth/logout"
    assert (await browser.get("/admin")).status_code == 303


async def test_wrong_credentials_are_refused_in_identitys_words(browser, panel_identity):
    answer = await browser.sign_in(password="guess")
    assert answer.status_code == 401
    assert "These credentials are not right." in answer.text
    assert panel_identity.calls[-1][1]["X-Forwarded-For"] == "127.0.0.1"


async def test_who_came_to_the_front_page_gets_there_after_signing_in(browser):
    form = (await browser.get("/admin")).headers["location"]
    answer = await browser.sign_in(at=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")


async def test_a_session_is_a_secret_cookie_and_ends_everywhere(
    browser, panel_identity, context, client
):
    answer = await browser.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if "marquee-editor" in c]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    secret = cookie.split("=", 1)[1].split(";")[0]
    (key,) = await context.redis.keys("admin:session:*")
    kept = await context.redis.get(key)
    assert secret.encode() not in key + kept
    assert b"refresh-editor" not in kept
    assert (await browser.get("/admin")).status_code == 200
    page = await browser.get("/admin/movies/list")
    token = re.search(r'name="csrftoken" value="([^"]+)"', page.text)[1]
    out = await browser.http.post("/admin/logout", data={"csrftoken": token})
    assert (out.status_code, out.headers["location"]) == (303, "/admin")
    assert panel_identity.calls[-1][0] == "/v1/auth/logout"
    browser.http.cookies.set("marquee-editor", secret)
    assert (await browser.get("/admin")).status_code == 303
    second = await browser.sign_in()
    assert secret not in str(second.headers)


async def test_tokens_are_renewed_and_an_ended_session_ends_the_panels(browser, panel_identity):
    panel_identity.expires_in = 0
    await browser.sign_in()
    assert (await browser.get("/admin")).status_code == 200
    assert panel_identity.calls[-1][0] == "/v1/auth/refresh"
    panel_identity.alive = False
    assert (await browser.get("/admin")).status_code == 303


async def test_a_revoked_session_is_refused_at_once(browser, app):
    await browser.sign_in()
    assert (await browser.get("/admin")).status_code == 200
    app.state.verifier._revocations.is_revoked = lambda _session: True
    assert (await browser.get("/admin")).status_code == 303


async def test_a_form_needs_its_token_and_this_site(browser, client, editor, sink):
    await create(client, editor)
    await browser.sign_in()
    path = "/admin/movies/edit?pk=heat-1995"
    form = values_of(await browser.get(path)) | {"title": "Changed"}
    bare = {name: value for name, value in form.items() if name != "csrftoken"}
    assert (await browser.http.post(path, data=bare)).status_code == 403
    forged = await browser.http.post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403
    assert await sink.events(MovieUpdated) == []


async def test_an_edit_is_the_apis_told_and_written_down(browser, client, editor, sink, context):
    await create(client, editor, synopsis="Old", tagline="Kept")
    await browser.sign_in("editor-ada")
    answer = await edit(browser, synopsis="New & <b>bold</b>")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/movies/list")
    assert answer.headers["cache-purge"] == "movie:1,movies"
    assert answer.headers["marquee-events"]
    film = (await client.get("/v1/movies/heat-1995")).json()
    assert (film["synopsis"], film["tagline"]) == ("New & <b>bold</b>", "Kept")
    (event,) = await sink.events(MovieUpdated)
    assert (event.revision, event.data.synopsis) == (2, "New & <b>bold</b>")
    page = await browser.get("/admin/movies/detail?pk=heat-1995")
    assert "New &amp; &lt;b&gt;bold" in page.text
    async with context.database.reading() as session:
        entry = (
            await session.execute(
                text("SELECT actor, revision, changes FROM audit_entries ORDER BY id DESC LIMIT 1")
            )
        ).one()
    assert (entry.actor, entry.revision) == ("editor-ada", 2)
    assert list(entry.changes) == ["synopsis"]


async def test_an_edit_of_nothing_changes_nothing(browser, client, editor, sink):
    await create(client, editor, release_date="1995-12-15", languages=["en", "es"], runtime=170)
    await browser.sign_in()
    path = "/admin/movies/edit?pk=heat-1995"
    form = values_of(await browser.get(path)) | {"status": "released", "languages": ["en", "es"]}
    answer = await browser.http.post(path, data=form, files=NO_FILE)
    assert answer.status_code == 303
    assert await sink.events(MovieUpdated) == []


async def test_an_edit_of_an_older_version_is_refused(browser, client, editor, sink):
    await create(client, editor)
    await browser.sign_in()
    path = "/admin/movies/edit?pk=heat-1995"
    form = values_of(await browser.get(path)) | {"status": "released", "tagline": "mine"}
    await client.patch("/v1/movies/heat-1995", json={"tagline": "theirs"}, headers=editor)
    answer = await browser.http.post(path, data=form, files=NO_FILE)
    assert answer.status_code == 422
    assert "Somebody has changed this" in answer.text
    assert (await client.get("/v1/movies/heat-1995")).json()["tagline"] == "theirs"


async def test_what_the_api_refuses_is_shown_beside_its_field(browser, client, editor, sink):
    await create(client, editor)
    await browser.sign_in()
    answer = await edit(browser, original_language="English")
    assert answer.status_code == 422
    assert "pattern" in answer.text
    assert await sink.events(MovieUpdated) == []


async def test_a_row_that_names_nobody_is_refused_whole(browser, client, editor, sink):
    await create(client, editor)
    await browser.sign_in()
    answer = await edit(
        browser, **{"credits.1.person": "nobody", "credits.1.job": "actor",
                    "credits.1.character": ""},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "There is no &#39;nobody&#39;" in answer.text
    assert await sink.events(MovieUpdated) == []


async def test_an_import_from_tmdb_is_asked_for_without_a_file(browser, app, monkeypatch):
    settings = app.state.context.settings
    await browser.sign_in()
    form = {"source": "tmdb", "ids": "603, 604"}
    no_key = await browser.submit("/admin/imports/create", form)
    assert no_key.status_code == 422
    assert "no key of TMDB" in no_key.text
    monkeypatch.setitem(vars(settings), "tmdb_api_key", SecretStr("key"))
    answer = await browser.submit("/admin/imports/create", form)
    assert answer.status_code == 303, answer.text
    async with app.state.database.reading() as session:
        parameters = await session.scalar(text("SELECT parameters FROM jobs"))
    assert (parameters["source"], parameters["wanted"]["ids"]) == ("tmdb", [603, 604])


async def test_translation_and_cover_are_written_one_after_the_other(browser, client, editor, sink):
    await create(client, editor)
    await browser.sign_in()
    answer = await edit(
        browser, files={"cover": ("cover.jpg", picture())}, tagline="A Los Angeles crime saga",
        **{"translation_es.title": "Fuego contra fuego"},
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    spanish = (await client.get("/v1/movies/heat-1995?lang=es")).json()
    assert spanish["title"] == "Fuego contra fuego"
    assert spanish["cover_url"].startswith("/v1/pictures/")
    assert spanish["tagline"] == "A Los Angeles crime saga"
    assert [event.revision for event in await sink.events(MovieUpdated)] == [2, 3, 4]


async def test_lists_are_searched_sorted_and_paged_by_the_api(browser, client, editor):
    for number in range(12):
        await create(client, editor, title=f"Film {number:02}", year=1980 + number)
    await browser.sign_in()
    page = await browser.get("/admin/movies/list?page_size=10&page=2&sort=title__asc")
    assert re.findall(r"Film \d\d", page.text)[:1] == ["Film 10"]
    assert "Film 09" not in page.text
    newest = await browser.get("/admin/movies/list?page_size=10&sort=year__desc")
    assert "Film 11" in newest.text
    assert "Film 00" not in newest.text
    found = await browser.get("/admin/movies/list?q=05")
    assert "Film 05" in found.text
    assert "Film 06" not in found.text


async def test_jobs_are_for_administrators_and_tried_again_from_there(browser, context, broken_job):
    await browser.sign_in("editor")
    assert (await browser.get("/admin/jobs/list")).status_code == 403
    assert (await browser.get("/admin/schedule/list")).status_code == 403
    assert "/admin/jobs/list" not in (await browser.get("/admin/movies/list")).text
    browser.http.cookies.clear()
    await browser.sign_in("administrator")
    page = await browser.get("/admin/jobs/list")
    assert "broken" in page.text
    token = re.search(r'name="csrftoken" value="([^"]+)"', page.text)[1]
    answer = await browser.http.post(
        f"/admin/_api/jobs/row-action?pk={broken_job}&name=retry",
        headers={"X-CSRFToken": token},
    )
    assert answer.status_code == 200, answer.text
    async with context.database.reading() as session:
        assert await session.scalar(text("SELECT state FROM jobs")) == "queued"


async def test_pages_ask_no_other_site_and_run_no_script_but_theirs(browser, client, editor):
    await create(client, editor, title="<script>alert(1)</script>")
    await browser.sign_in()
    for path in ("/admin", "/admin/movies/list", "/admin/imports/create", "/admin/login"):
        page = await browser.get(path, follow_redirects=True)
        policy = page.headers["content-security-policy"]
        nonce = re.search(r"'nonce-([^']+)'", policy)[1]
        scripts = re.findall(r"<script[^>]*>", page.text)
        assert scripts
        assert all(f'nonce="{nonce}"' in tag for tag in scripts), path
        assert "unsafe-inline" not in policy.partition("script-src ")[2].partition(";")[0]
        assert re.findall(r'(?:src|href)="(https?:)?//', page.text) == [], path
        assert "@import" not in page.text
        assert "<script>alert" not in page.text
        assert page.headers["cache-control"] == "private, no-store"


async def test_the_panel_is_no_part_of_the_public_document(client):
    document = (await client.get("/openapi.json")).json()
    assert not [path for path in document["paths"] if path.startswith("/admin")]
