"""TMDB's films, from a server that behaves like it."""

import asyncio
import functools
import io
import json
import logging
import os
import signal
import sys
from contextlib import asynccontextmanager

import httpx
import pytest
from PIL import Image
from sqlalchemy import text
from starlette.responses import JSONResponse
from tmdb_double import KEY, film, running_double

from marquee_catalog.covers.pictures import bring_picture
from marquee_catalog.imports.tasks import KIND
from marquee_catalog.imports.tmdb import client as asking
from marquee_catalog.imports.tmdb import fetching
from marquee_catalog.imports.tmdb.client import TokenBucket, retry_after
from marquee_catalog.imports.tmdb.documents import parse_film, poster_path
from marquee_shared.events.catalog import ImportFinished, MovieCreated, MovieUpdated
from marquee_shared.jobs import create_job, get_job, run_job, unfinished_jobs


@pytest.fixture
async def tmdb():
    async with running_double() as double:
        yield double


@pytest.fixture
def settings(settings, tmdb):
    values = {"tmdb_url": tmdb.url, "tmdb_api_key": KEY, "tmdb_timeout": 5.0, "tmdb_rate": 50.0}
    return type(settings)(**{**settings.model_dump(), **values, "_env_file": None})


@pytest.fixture
def editor(authorization):
    return authorization(roles=["editor"])


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(asking, "FIRST_PAUSE", 0.001)


@pytest.fixture
def bring(run_import):
    """Bring films: by their ids, or a list of them."""

    async def run(*ids, **wanted):
        return await run_import(source="tmdb", wanted={"ids": list(ids), **wanted})

    return run


async def rejected(database):
    async with database.reading() as session:
        rows = await session.execute(text("SELECT file, line, reason FROM import_rejections"))
        return {(row.file, row.line): row.reason for row in rows}


async def people(database):
    async with database.reading() as session:
        rows = await session.execute(
            text("SELECT p.slug, e.foreign_id FROM people AS p LEFT JOIN person_external_ids AS e "
                 "ON e.person_id = p.id ORDER BY 1")
        )  # fmt: skip
        return {row.slug: row.foreign_id for row in rows}


async def everything(database):
    tables = ("movies", "people", "credits", "external_ids", "person_external_ids", "movie_genres",
              "movie_translations", "movie_platforms", "outbox")  # fmt: skip
    async with database.reading() as session:
        return {
            table: sorted(map(str, (await session.execute(text(f"SELECT * FROM {table}"))).all()))  # noqa: S608 - listed above
            for table in tables
        }


MATRIX = film(
    603, title="The Matrix", original_title="The Matrix", release_date="1999-03-30", runtime=136,
    tagline="Believe the unbelievable.", overview="A hacker wakes.", imdb_id="tt0133093",
    genres=[{"id": 28, "name": "Action"}, {"id": 878, "name": "Science Fiction"}],
    credits={
        "cast": [{"id": 6384, "name": "Keanu Reeves", "character": "Neo", "order": 0},
                 {"id": 2975, "name": "Laurence Fishburne", "character": "Morpheus", "order": 1}],
        "crew": [{"id": 9340, "name": "Lana Wachowski", "job": "Director"},
                 {"id": 9340, "name": "Lana Wachowski", "job": "Writer"},
                 {"id": 1, "name": "Someone", "job": "Catering"}],
    },
    translations={"translations": [
        {"iso_3166_1": "MX", "iso_639_1": "es", "data": {"title": "Matriz", "overview": ""}},
        {"iso_3166_1": "ES", "iso_639_1": "es", "data": {"title": "", "overview": "Un pirata."}},
        {"iso_3166_1": "DE", "iso_639_1": "de", "data": {"title": "Matrix", "overview": ""}},
        {"iso_3166_1": "US", "iso_639_1": "en", "data": {"title": "X", "overview": "X"}},
    ]},
    release_dates={"results": [
        {"iso_3166_1": "DE", "release_dates": [{"certification": "16"}]},
        {"iso_3166_1": "US", "release_dates": [{"certification": ""}, {"certification": "R"}]},
    ]},
    **{"watch/providers": {"results": {
        "US": {"link": "…", "flatrate": [{"provider_name": "Max"}],
               "rent": [{"provider_name": "Apple TV"}]},
        "DE": {"flatrate": [{"provider_name": "Max"}]},
    }}},
)  # fmt: skip


async def test_a_film_comes_with_all_that_tmdb_says(bring, tmdb, client, database, sink):
    tmdb.add(MATRIX)
    job = await bring(603)
    assert job.error is None
    assert job.result["movies"] == {"created": 1, "updated": 0, "unchanged": 0}
    found = (await client.get("/v1/movies/the-matrix-1999?include=credits")).json()
    assert (found["synopsis"], found["tagline"], found["age_rating"], found["runtime"]) == (
        "A hacker wakes.", "Believe the unbelievable.", "R", 136,
    )  # fmt: skip
    assert (found["external_ids"]["tmdb"], found["external_ids"]["imdb"]) == ("603", "tt0133093")
    assert [genre["slug"] for genre in found["genres"]] == ["action", "sci-fi"]
    assert [(m["name"], m["character"]) for m in found["cast"]] == [
        ("Keanu Reeves", "Neo"), ("Laurence Fishburne", "Morpheus"),
    ]  # fmt: skip
    assert {(p["slug"], p["country"]) for p in found["platforms"]} == {
        ("max", "US"), ("apple-tv", "US"), ("max", "DE"),
    }  # fmt: skip
    spanish = (await client.get("/v1/movies/the-matrix-1999?lang=es")).json()
    assert (spanish["title"], spanish["synopsis"]) == ("Matriz", "Un pirata.")
    assert await people(database) == {
        "keanu-reeves": "6384", "laurence-fishburne": "2975", "lana-wachowski": "9340",
    }  # fmt: skip
    assert len(await sink.events(MovieCreated)) == len(await sink.events(ImportFinished)) == 1
    before = await everything(database)
    again = await bring(603)
    assert again.result["movies"] == {"created": 0, "updated": 0, "unchanged": 1}
    assert await everything(database) == before


async def test_people_of_one_name_stay_apart(bring, run_import, tmdb, client, database, tmp_path):
    path = tmp_path / "w.json"
    path.write_text(json.dumps([{"title": "Snow", "year": 2013, "cast": ["Chris Evans"],
                                 "genres": [], "href": "Snow", "extract": "A train."}]))  # fmt: skip
    await run_import(source="wikipedia", path=str(path), add_new=True)

    def played(number, title, person):
        cast = [{"id": person, "name": "Chris Evans", "character": "X", "order": 0}]
        return film(number, title=title, original_title=title, credits={"cast": cast},
                    release_date="2013-08-01")  # fmt: skip

    tmdb.add(played(1, "Radio", 77), played(2, "Snow", 16828), played(3, "Shield", 16828))
    assert (await bring(1, 2, 3)).error is None
    assert await people(database) == {"chris-evans": "16828", "chris-evans-2": "77"}
    films = (await client.get("/v1/people/chris-evans/movies")).json()["items"]
    assert {one["slug"] for one in films} == {"snow-2013", "shield-2013"}
    before = await everything(database)
    await bring(1, 2, 3)
    assert await everything(database) == before


async def test_a_merged_person_keeps_their_ids_and_a_deleted_one_stays_away(
    bring, tmdb, client, editor, database
):
    def played(number, *cast):
        return film(number, credits={"cast": [
            {"id": person, "name": name, "order": n} for n, (person, name) in enumerate(cast)
        ]})  # fmt: skip

    tmdb.add(played(1, (5, "Ann Lee"), (6, "Ann Lee"), (7, "Bob")))
    await bring(1)
    merged = await client.post(
        "/v1/people/ann-lee-2/merge", json={"into": "ann-lee"}, headers=editor
    )
    assert merged.status_code == 200, merged.text
    await client.delete("/v1/people/bob", headers=editor)
    tmdb.add(played(2, (5, "Ann Lee"), (6, "Ann Lee"), (7, "Bob")))
    await bring(1, 2)
    second = (await client.get("/v1/movies/film-2-2001")).json()
    assert [member["slug"] for member in second["cast"]] == ["ann-lee"]


async def test_what_an_editor_decided_stands(bring, tmdb, client, editor, database):
    tmdb.add(MATRIX)
    await bring(603)
    change = {"synopsis": "Ours.", "genres": ["drama"], "credits": [], "tagline": None,
              "platforms": []}  # fmt: skip
    answer = await client.patch("/v1/movies/the-matrix-1999", json=change, headers=editor)
    assert answer.status_code in (200, 422)
    change["genres"] = ["action"]
    await client.patch("/v1/movies/the-matrix-1999", json=change, headers=editor)
    await client.put(
        "/v1/movies/the-matrix-1999/translations/es", json={"title": "Ours"}, headers=editor
    )
    before = await everything(database)
    assert (await bring(603)).result["movies"]["unchanged"] == 1
    assert await everything(database) == before


async def test_the_films_we_have_are_brought_up_to_date(
    bring, run_import, dataset, tmdb, client, sink
):
    await run_import(source="movielens", path=str(dataset()))
    tmdb.add(MATRIX, film(862, title="Toy Story", release_date="1995-10-30"), film(5))
    job = await bring(films="known")
    assert job.result["movies"] == {"created": 0, "updated": 2, "unchanged": 0}
    assert job.result["rejected"] == 1
    assert (job.progress.done, job.progress.total) == (3, 3)
    assert (await client.get("/v1/movies/the-matrix-1999")).json()["runtime"] == 136
    assert len(await sink.events(MovieUpdated)) == 2
    tmdb.changed = [5, 603]
    tmdb.asked.clear()
    await bring(films="changed")
    assert dict(tmdb.asked) == {"movie/changes": 1, "movie/603": 1}


async def test_popular_films_come_page_by_page_also_half_broken(bring, tmdb, database):
    tmdb.add(*(film(number) for number in range(1, 46)))
    tmdb.pages["discover/movie", 2] = [{"id": 21}, {"adult": False}, "nonsense", {"id": "22"}]
    job = await bring(films="popular", pages=9)
    assert job.result["movies"]["created"] == 26
    assert tmdb.asked["discover/movie"] == 3
    assert (await rejected(database))["page 2", 2] == "an entry without an id"


async def test_a_film_that_vanished_or_makes_no_sense_is_refused_alone(bring, tmdb, database):
    tmdb.add(film(1), film(2, title=None), {"id": 9, "title": "Other"})
    tmdb.films[3] = tmdb.films.pop(9)
    job = await bring(1, 2, 3, 4)
    assert job.result["movies"]["created"] == 1
    assert await rejected(database) == {
        ("movie", 2): "TMDB gives no title",
        ("movie", 3): "TMDB answered with another film",
        ("movie", 4): "TMDB has no such film any more",
    }


async def test_it_waits_when_asked_to_and_asks_again_after_faults(bring, tmdb, monkeypatch):
    held = []
    monkeypatch.setattr(TokenBucket, "hold", lambda _self, seconds: held.append(seconds))
    tmdb.add(*(film(number) for number in range(1, 5)))
    tmdb.faults["movie/1"] = [JSONResponse({}, 429, {"Retry-After": "7"}), 500]
    tmdb.faults["movie/2"] = [b"{not json", b"[]", 503]
    tmdb.faults["movie/3"] = [b"", 502]
    job = await bring(1, 2, 3, 4)
    assert job.result["movies"]["created"] == 4
    assert held == [7.0]
    assert (tmdb.asked["movie/1"], tmdb.asked["movie/2"], tmdb.asked["movie/3"]) == (3, 4, 3)


async def test_a_question_without_an_answer_is_given_up_in_time(bring, tmdb, monkeypatch):
    monkeypatch.setattr(asking, "TRIES", 2)
    original = asking.Tmdb.__init__

    def hasty(self, settings):
        original(self, settings)
        self._http.timeout = httpx.Timeout(0.2)

    monkeypatch.setattr(asking.Tmdb, "__init__", hasty)
    tmdb.add(film(1), film(2))
    tmdb.open.clear()
    tmdb.faults["movie/1"] = ["silence"]
    tmdb.faults["movie/2"] = [500] * 9
    job = await bring(1, 2)
    assert job.result["movies"]["created"] == 1
    assert tmdb.asked["movie/2"] == 2


async def test_while_tmdb_is_away_nothing_is_lost(bring, tmdb, context, service, database):
    tmdb.add(film(1))
    for path in ("movie/1", "configuration"):
        tmdb.faults[path] = [503] * asking.TRIES
    job = await bring(1)
    assert (job.state, job.error) == ("queued", "TMDB answered 503, asked 5 times")
    assert await rejected(database) == {}
    async with database.transaction() as session:
        await session.execute(text("UPDATE jobs SET started_at = now() - interval '1 hour'"))
    await run_job(context, service.jobs, job.id)
    async with database.reading() as session:
        job = await get_job(session, job.id)
    assert job.result["movies"]["created"] == 1


async def test_a_refused_key_fails_at_once_and_is_never_written_down(bring, tmdb, database, caplog):
    caplog.set_level(logging.INFO)
    tmdb.faults["movie/1"] = [401]
    tmdb.faults["movie/2"] = [500]
    job = await bring(1, 2)
    assert (job.state, job.error) == ("failed", "TMDB does not take TMDB_API_KEY")
    ours = [record for record in caplog.records if not record.name.startswith("uvicorn")]
    assert any("asking TMDB again" in record.message for record in ours)
    assert not any(KEY in record.getMessage() for record in ours)


def picture():
    buffer = io.BytesIO()
    Image.new("RGB", (500, 750), (200, 0, 0)).save(buffer, "JPEG")
    return buffer.getvalue()


async def test_posters_become_covers_where_there_is_none(
    bring, tmdb, client, editor, monkeypatch, database, sink
):
    asked = []

    def answer(request):
        asked.append(str(request.url))
        return (
            httpx.Response(404)
            if "gone" in request.url.path
            else httpx.Response(200, stream=httpx.ByteStream(picture()))
        )

    through = functools.partial(bring_picture, transport=httpx.MockTransport(answer))
    monkeypatch.setattr(fetching, "bring_picture", through)
    tmdb.add(
        film(1, poster_path="/one.jpg"), film(2, poster_path="/gone.jpg"),
        film(3, poster_path="//evil.example/x.jpg"), film(4),
    )  # fmt: skip
    job = await bring(1, 2, 3, 4)
    assert job.result["movies"]["created"] == 4
    assert sorted(asked) == [
        "https://image.tmdb.org/t/p/w780/gone.jpg", "https://image.tmdb.org/t/p/w780/one.jpg",
    ]  # fmt: skip
    assert await rejected(database) == {("poster", 2): "no poster: picture_not_fetched"}
    cover = (await client.get("/v1/movies/film-1-2001")).json()["cover_url"]
    assert (await client.get(cover)).headers["content-type"] == "image/webp"
    (first, *_) = [e for e in await sink.events(MovieCreated) if e.data.slug == "film-1-2001"]
    assert first.data.cover_url == cover
    await client.delete("/v1/movies/film-1-2001/cover", headers=editor)
    asked.clear()
    await bring(1)
    assert asked == []
    assert (await client.get("/v1/movies/film-1-2001")).json()["cover_url"].endswith(".svg")


async def test_an_import_is_asked_for_over_http(client, editor, context, service, tmdb):
    async def ask(**fields):
        return await client.post("/v1/imports", data={"source": "tmdb", **fields}, headers=editor)

    tmdb.add(film(1), film(2))
    dry = await ask(ids="1,2", dry_run="true")
    await run_job(context, service.jobs, (await unfinished_jobs(context))[0])
    result = (await client.get(dry.headers["location"], headers=editor)).json()["result"]
    assert result["movies"] == {"new": 2, "known": 0, "joined": 0}
    answer = await ask(ids="1,2")
    assert answer.status_code == 202, answer.text
    await run_job(context, service.jobs, (await unfinished_jobs(context))[0])
    job = (await client.get(answer.headers["location"], headers=editor)).json()
    assert job["result"]["movies"]["created"] == 2
    for fields in ({}, {"ids": "1", "films": "known"}, {"ids": "0"}, {"ids": "x"},
                   {"films": "all"}, {"films": "popular", "pages": "501"},
                   {"films": "known", "since": "2026-01-01"}):  # fmt: skip
        assert (await ask(**fields)).status_code == 422, fields
    nothing = await client.post("/v1/imports", data={"source": "marquee"}, headers=editor)
    assert nothing.json()["errors"][0]["pointer"] == "/file"


async def test_a_token_goes_in_a_header_only(settings, tmdb):
    token = "ey" + "x" * 100
    with_token = type(settings)(
        **{**settings.model_dump(), "tmdb_api_key": token, "_env_file": None}
    )
    async with asking.Tmdb(with_token) as opened:
        await opened.get("/configuration")
    assert tmdb.authorizations == {f"Bearer {token}"}


@asynccontextmanager
async def worker(settings):
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "DATA_DIR": str(settings.data_dir),
        "TMDB_URL": settings.tmdb_url,
        "TMDB_API_KEY": KEY,
        "LOG_LEVEL": "WARNING",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "marquee_catalog", "worker", env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_an_import_whose_worker_was_killed_goes_on_where_it_stopped(
    settings, context, database, tmdb
):
    tmdb.add(*(film(number) for number in range(1, 51)))
    tmdb.holds_after = 30
    tmdb.open.clear()
    async with database.transaction() as session:
        parameters = {"source": "tmdb", "wanted": {"films": "popular", "pages": 5}}
        job_id = await create_job(session, context, KIND, parameters)

    async def read():
        async with database.reading() as session:
            return await get_job(session, job_id)

    async with asyncio.timeout(90), worker(settings) as first:
        while (await read()).progress.done < fetching.BATCH or tmdb.asked["movie/30"] < 1:
            await asyncio.sleep(0.05)
        first.send_signal(signal.SIGKILL)
        await first.wait()
    tmdb.open.set()
    before = dict(tmdb.asked)
    async with asyncio.timeout(90), worker(settings):
        while (await read()).state not in ("succeeded", "failed"):
            await asyncio.sleep(0.05)
    job = await read()
    assert job.error is None
    assert job.result["movies"] == {"created": 50, "updated": 0, "unchanged": 0}
    assert (job.progress.done, job.progress.total) == (50, 50)
    for number in range(1, fetching.BATCH + 1):
        assert tmdb.asked[f"movie/{number}"] == before[f"movie/{number}"] == 1
    assert tmdb.asked["discover/movie"] == 4  # the page after the last is looked at again
    async with database.reading() as session:
        told = await session.scalar(
            text("SELECT count(*) FROM outbox WHERE type = 'catalog.movie.created'")
        )
    assert told == 50


async def test_no_more_go_through_than_the_rate_allows():
    now, slept = 0.0, []

    async def sleep(seconds):
        nonlocal now
        slept.append(seconds)
        now += seconds

    bucket = TokenBucket(10, clock=lambda: now, sleep=sleep)
    for _ in range(25):
        await bucket.take()
    assert sum(slept) == pytest.approx(1.5)
    bucket.hold(30)
    await bucket.take()
    assert sum(slept) == pytest.approx(31.5)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), (" 3 ", 3), (None, None), ("soon", None),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("-1", None)],
)  # fmt: skip
def test_retry_after_is_read_in_every_form(value, seconds):
    assert retry_after(value) == seconds


def test_nonsense_in_a_film_is_left_out_and_the_rest_taken():
    odd = parse_film(1, {
        "id": 1, "title": " A  film ", "runtime": "long", "release_date": "soon", "overview": 7,
        "genres": {"id": 1}, "credits": {"cast": [None, {"id": "x", "name": "N"},
                                                   {"id": 3, "name": "Eve\x00"}, {"id": 4}]},
        "translations": {"translations": [{"iso_639_1": "es"}, {"iso_639_1": 5, "data": 3}]},
        "watch/providers": {"results": {"USA": {"flatrate": []}, "US": [], "DE": {"flatrate": 1}}},
        "release_dates": [], "external_ids": None, "imdb_id": "nm1", "vote_count": -5,
        "spoken_languages": [{"iso_639_1": "xx"}, {"iso_639_1": "fr"}, {}], "status": [],
        "tagline": "\ud800",
    })  # fmt: skip
    assert (odd.title, odd.runtime, odd.release_date, odd.synopsis) == ("A film", None, None, None)
    assert (odd.credits, odd.platforms, odd.translations, odd.links) == ([], [], {}, {})
    assert (odd.languages, odd.status, odd.tagline) == (["fr"], "released", None)
    assert poster_path({"poster_path": "/../x.jpg", "images": {"posters": [{}]}}) is None
