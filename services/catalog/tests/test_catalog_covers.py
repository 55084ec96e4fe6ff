import asyncio
import io

import httpx
import pytest
from PIL import Image
from sqlalchemy import text

from marquee_catalog.covers.errors import PictureNotFetched
from marquee_catalog.covers.pictures import bring_picture, fetch_picture, pictures_store
from marquee_shared.events.catalog import MovieUpdated, PersonUpdated
from marquee_shared.images import BrokenImage, UnsupportedImage

TMDB = "https://image.tmdb.org/t/p/original/x.jpg"


@pytest.fixture
def editor(authorization):
    return authorization(roles=["editor"], username="ed")


def picture(colour="teal", size=(600, 900), kind="JPEG"):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


async def create(client, editor, **fields):
    answer = await client.post("/v1/movies", json={"title": "Heat", **fields}, headers=editor)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def put(client, path, headers, data=None, name="cover.jpg"):
    files = {"file": (name, data if data is not None else picture())}
    return await client.put(path, files=files, headers=headers)


async def audit(context, kind):
    async with context.database.reading() as session:
        rows = await session.execute(
            text("SELECT actor, action, revision, changes FROM audit_entries WHERE kind = :kind "
                 "AND action = 'updated' ORDER BY id"), {"kind": kind},
        )  # fmt: skip
        return rows.all()


async def test_a_film_without_a_cover_has_a_drawn_one_everywhere(client, editor, sink):
    film = await create(client, editor, year=1995)
    drawn = "/v1/movies/heat-1995/placeholder.svg"
    assert film["cover_url"] == drawn
    assert (await client.get("/v1/movies")).json()["items"][0]["cover_url"] == drawn
    assert (await sink.events())[0].data.cover_url == drawn
    answer = await client.get(drawn)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cache-tag"] == "movie:1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "Heat" in answer.text
    same = await client.get(drawn, headers={"If-None-Match": answer.headers["etag"]})
    assert same.status_code == 304
    missing = await client.get("/v1/movies/nothing/placeholder.svg")
    assert missing.json()["code"] == "movie_not_found"


async def test_a_cover_is_kept_in_every_size_told_and_written_down(client, editor, sink, context):
    await create(client, editor)
    answer = await put(client, "/v1/movies/heat/cover", editor)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-purge"] == "movie:1,movies"
    cover = answer.json()
    assert (await client.get("/v1/movies/heat")).json()["cover_url"] == cover["url"]
    assert {(size["width"], size["type"]) for size in cover["sizes"]} == {
        (width, kind) for width in (154, 342, 500, 780) for kind in ("image/webp", "image/jpeg")
    }
    for size in cover["sizes"]:
        file = await client.get(size["url"])
        assert file.status_code == 200
        assert file.headers["content-type"] == size["type"]
        assert "immutable" in file.headers["cache-control"]
        assert file.headers["x-content-type-options"] == "nosniff"
        assert Image.open(io.BytesIO(file.content)).width == min(size["width"], 600)
    (event,) = await sink.events(MovieUpdated)
    assert (event.data.cover_url, event.revision) == (cover["url"], 2)
    (entry,) = await audit(context, "movie")
    assert (entry.actor, entry.revision) == ("ed", 2)
    assert entry.changes == {"cover_url": {"before": None, "after": cover["url"]}}
    again = await put(client, "/v1/movies/heat/cover", editor)
    assert again.json() == cover
    assert len(await sink.events(MovieUpdated)) == 1
    gone = await client.delete("/v1/movies/heat/cover", headers=editor)
    assert gone.status_code == 204
    film = (await client.get("/v1/movies/heat")).json()
    assert film["cover_url"].endswith("/placeholder.svg")


async def test_of_covers_put_at_once_on_one_version_exactly_one_stays(client, editor, sink):
    await create(client, editor)
    etag = (await client.get("/v1/movies/heat")).headers["etag"]
    headers = {**editor, "If-Match": etag}
    answers = await asyncio.gather(*(
        put(client, "/v1/movies/heat/cover", headers, picture((n * 40, 0, 0))) for n in range(5)
    ))  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 4
    assert len(await sink.events(MovieUpdated)) == 1


async def test_a_language_may_have_its_own_cover(client, editor, context):
    await create(client, editor)
    own = (await put(client, "/v1/movies/heat/translations/es/cover", editor)).json()["url"]
    assert (await client.get("/v1/movies/heat?lang=es")).json()["cover_url"] == own
    assert (await client.get("/v1/movies/heat?lang=de")).json()["cover_url"].endswith(".svg")
    await client.delete("/v1/movies/heat/translations/es/cover", headers=editor)
    assert (await client.get("/v1/movies/heat?lang=es")).json()["cover_url"].endswith(".svg")
    async with context.database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM movie_translations")) == 0
    strange = await put(client, "/v1/movies/heat/translations/xx/cover", editor)
    assert strange.status_code == 422


async def test_someone_gets_a_portrait(client, editor, context, sink):
    async with context.database.transaction() as session:
        await session.execute(
            text("INSERT INTO people (slug, name, folded_name, words) "
                 "VALUES ('al-pacino', 'Al Pacino', 'al pacino', '{al,pacino}')")
        )  # fmt: skip
    portrait = await put(client, "/v1/people/al-pacino/portrait", editor)
    assert portrait.status_code == 200, portrait.text
    person = (await client.get("/v1/people/al-pacino")).json()
    assert person["portrait_url"] == portrait.json()["url"]
    (entry,) = await audit(context, "person")
    assert entry.changes["portrait_url"]["before"] is None
    assert (await client.delete("/v1/people/al-pacino/portrait", headers=editor)).status_code == 204
    assert (await client.get("/v1/people/al-pacino")).json()["portrait_url"] is None
    assert [(e.data.portrait_url, e.revision) for e in await sink.events(PersonUpdated)] == [
        (portrait.json()["url"], 2), (None, 3),
    ]  # fmt: skip
    nobody = await put(client, "/v1/people/nobody/portrait", editor)
    assert nobody.json()["code"] == "person_not_found"


async def test_only_editors_put_pictures(client, editor, authorization, sink):
    await create(client, editor)
    for path in ("/v1/movies/heat/cover", "/v1/movies/heat/translations/es/cover",
                 "/v1/people/x/portrait"):  # fmt: skip
        assert (await put(client, path, {})).status_code == 401
        assert (await put(client, path, authorization())).status_code == 403
        assert (await client.delete(path, headers=authorization())).status_code == 403
    assert await sink.events(MovieUpdated) == []


@pytest.mark.parametrize(
    ("data", "name", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "x.svg", 415),
        (b"<html>", "x.jpg", 415), (b"", "x.png", 415), (picture()[:200], "x.jpg", 422),
    ],
)  # fmt: skip
async def test_what_is_no_picture_changes_nothing(client, editor, sink, data, name, status):
    await create(client, editor)
    answer = await put(client, "/v1/movies/heat/cover", editor, data, name)
    assert answer.status_code == status, answer.text
    assert await sink.events(MovieUpdated) == []


@pytest.mark.parametrize(
    "path",
    ["../../../etc/passwd", "%2e%2e/500.webp", f"{'a' * 40}/500.svg", f"{'a' * 40}/9999.webp",
     f"{'A' * 40}/500.webp"],
)  # fmt: skip
async def test_only_names_of_pictures_reach_the_store(client, path):
    assert (await client.get(f"/v1/pictures/{path}")).status_code in (404, 422)


async def test_an_unknown_picture_is_404(client):
    answer = await client.get(f"/v1/pictures/{'a' * 40}/500.webp")
    assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")


def site(content=b"", status=200, headers=None):
    asked = []

    def answer(request):
        asked.append(str(request.url))
        return httpx.Response(status, stream=httpx.ByteStream(content), headers=headers)

    return httpx.MockTransport(answer), asked


@pytest.mark.parametrize(
    "url",
    [
        "http://image.tmdb.org/x.jpg", "https://evil.example/x.jpg", "file:///etc/passwd",
        "https://image.tmdb.org.evil.example/x.jpg", "https://image.tmdb.org@127.0.0.1/x.jpg",
        "https://image.tmdb.org:8443/x.jpg", "https://169.254.169.254/latest", "//image.tmdb.org/x",
        "https://u:p@image.tmdb.org/x.jpg", "",
    ],
)  # fmt: skip
async def test_only_known_sites_are_asked(url):
    transport, asked = site(picture())
    with pytest.raises(PictureNotFetched):
        await fetch_picture(url, transport=transport)
    assert asked == []


async def test_a_redirect_is_not_followed():
    transport, asked = site(status=302, headers={"location": "https://127.0.0.1/admin"})
    with pytest.raises(PictureNotFetched):
        await fetch_picture(TMDB, transport=transport)
    assert asked == [TMDB]


@pytest.mark.parametrize("headers", [None, {"content-encoding": "gzip"}])
async def test_too_much_is_not_read(headers):
    class Endless(httpx.AsyncByteStream):
        sent = 0

        async def __aiter__(self):
            while True:
                self.sent += 1_000_000
                yield bytes(1_000_000)

    stream = Endless()
    transport = httpx.MockTransport(
        lambda _request: httpx.Response(200, stream=stream, headers=headers)
    )
    with pytest.raises(PictureNotFetched):
        await fetch_picture(TMDB, transport=transport)
    assert stream.sent <= 12_000_000


async def test_a_fetched_picture_is_drawn_anew_like_any(client, app, context):
    store = pictures_store(app.state.context)
    transport, _ = site(picture(kind="PNG"))
    url = await bring_picture(store, TMDB, transport=transport)
    assert (await client.get(url)).headers["content-type"] == "image/webp"
    for content, error in ((b"<svg/>", UnsupportedImage), (picture()[:300], BrokenImage)):
        transport, _ = site(content)
        with pytest.raises(error):
            await bring_picture(store, TMDB, transport=transport)
