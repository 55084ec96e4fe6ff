import asyncio
import zipfile
from uuid import NAMESPACE_URL, uuid5

import pytest
from sqlalchemy import text

from marquee_catalog.imports import ratings as telling
from marquee_catalog.imports import tasks
from marquee_catalog.imports.tasks import KIND
from marquee_shared.events.catalog import (
    ImportFinished,
    MembersImported,
    MovieCreated,
    MovieUpdated,
    RatingsImported,
)
from marquee_shared.jobs import create_job, run_job, unfinished_jobs


async def rejections(database):
    async with database.reading() as session:
        rows = await session.execute(
            text("SELECT file, line, reason FROM import_rejections ORDER BY file, line")
        )
        return [tuple(row) for row in rows]


async def snapshot(database):
    """Everything the catalog holds but jobs and clocks."""
    tables = ("movies", "genres", "tags", "movie_genres", "movie_tags", "external_ids",
              "dictionary", "import_chunks", "outbox", "people", "credits")  # fmt: skip
    async with database.reading() as session:
        return {
            table: sorted(map(str, (await session.execute(text(f"SELECT * FROM {table}"))).all()))  # noqa: S608 - listed above
            for table in tables
        }


async def test_a_data_set_is_told_whole_and_in_order(run_import, dataset, sink):
    job = await run_import(source="movielens", path=str(dataset()))
    assert job.error is None
    assert job.result["movies"] == {"created": 7, "updated": 0, "unchanged": 0}
    assert job.progress.done == job.progress.total
    events = await sink.events()
    assert [event.type for event in events] == [
        *["catalog.movie.created"] * 7, "catalog.import.members_found",
        "catalog.import.ratings_found", "catalog.import.finished",
    ]  # fmt: skip
    (members,) = await sink.events(MembersImported)
    assert [(m.id, m.username, m.name) for m in members.data.members] == [
        (uuid5(NAMESPACE_URL, f"marquee:movielens:{n}"), f"ml-{n}", f"MovieLens member {n}")
        for n in (1, 2)
    ]
    (rated,) = await sink.events(RatingsImported)
    assert [(r.movie_id, r.value, r.at) for r in rated.data.ratings] == [
        (1, 4.0, 964982703), (2, 5.0, 964982704), (1, 0.5, 964982705), (7, 3.5, 964982706),
    ]  # fmt: skip
    (finished,) = await sink.events(ImportFinished)
    assert (finished.data.movies, finished.data.members, finished.data.ratings) == (7, 2, 4)


async def test_films_arrive_with_title_year_genres_ids_and_tags(run_import, dataset, sink):
    await run_import(source="movielens", path=str(dataset()))
    films = {event.data.slug: event.data for event in await sink.events(MovieCreated)}
    assert set(films) == {
        "toy-story-1995", "the-matrix-1999", "the-city-of-lost-children-1995", "hamlet-2000",
        "hamlet-2000-2", "seven-1995", "stranger-things",
    }  # fmt: skip
    lost = films["the-city-of-lost-children-1995"]
    assert lost.original_title == "La Cité des enfants perdus"
    toys = films["toy-story-1995"]
    assert [g.slug for g in toys.genres] == [
        "adventure", "animation", "children", "comedy", "fantasy",
    ]  # fmt: skip
    assert [(t.slug, t.count) for t in toys.tags] == [("pixar", 2)]
    assert toys.popularity > films["stranger-things"].popularity > 0


async def test_the_same_again_changes_and_tells_nothing(run_import, dataset, database):
    path = str(dataset())
    await run_import(source="movielens", path=path)
    before = await snapshot(database)
    job = await run_import(source="movielens", path=path)
    assert job.result["movies"] == {"created": 0, "updated": 0, "unchanged": 7}
    assert await snapshot(database) == before


async def test_what_an_editor_wrote_stands(client, authorization, run_import, dataset):
    path = str(dataset())
    await run_import(source="movielens", path=path)
    headers = authorization(roles=["editor"])
    await client.patch("/v1/movies/hamlet-2000", json={"title": "Hamlet!"}, headers=headers)
    await client.delete("/v1/movies/seven-1995", headers=headers)
    await run_import(source="movielens", path=path)
    assert (await client.get("/v1/movies/hamlet-2000")).json()["title"] == "Hamlet!"
    assert (await client.get("/v1/movies/seven-1995")).status_code == 404


async def test_a_film_known_by_title_and_year_is_joined(
    client, authorization, run_import, dataset, sink
):
    headers = authorization(roles=["editor"])
    body = {"title": "The Mátrix", "year": 1999, "synopsis": "Ours."}
    await client.post("/v1/movies", json=body, headers=headers)
    job = await run_import(source="movielens", path=str(dataset()))
    assert job.result["movies"] == {"created": 6, "updated": 1, "unchanged": 0}
    film = (await client.get("/v1/movies/lookup?movielens=2")).json()
    assert (film["id"], film["title"], film["synopsis"]) == (1, "The Mátrix", "Ours.")
    assert film["external_ids"]["imdb"] == "tt0133093"
    assert {genre["slug"] for genre in film["genres"]} == {"action", "sci-fi", "thriller"}
    (event,) = await sink.events(MovieUpdated)
    assert (event.data.id, event.revision) == (1, 2)


BAD_RATINGS = (
    b"userId,movieId,rating,timestamp\r\n1,1,4.0,964982703\r\n1,1,5.5,1\r\n1,2,3.3,1\r\n"
    b"1,2,abc,1\r\n1,2,4\r\n1,2,4,1,9\r\nx,2,4,1\r\n1,99,4.0,5\r\n1,\xff,4,1\r\n\r\n"
    b'1,"2,4,1\r\n1,2,4,99999999999\r\n2,2,3.5,964982704'
)


async def test_rows_that_are_not_taken_are_reported_with_line_and_reason(
    run_import, dataset, database, sink
):
    movies = (
        b"movieId,title,genres\n1,Good (1999),Drama\n2,Also Good (2000),Drama\n"
        b"3,Too Early (1500),Drama\nx,No Id (1999),Drama\n4,Bad\xe9 (1999),Drama\n"
        b"5,Five,Drama,More\n1,Again (1999),Drama\n6,,Drama\n"
    )
    links = "movieId,imdbId,tmdbId\n1,,\n2,nm1,5\n"
    path = str(dataset(ratings=BAD_RATINGS, movies=movies, links=links, tags="userId,movieId,tag,timestamp\n1,1,!!,5\n"))  # fmt: skip
    job = await run_import(source="movielens", path=path)
    assert job.error is None
    found = {(file, line): reason for file, line, reason in await rejections(database)}
    assert {line: reason for (file, line), reason in found.items() if file == "ratings.csv"} == {
        3: "the rating is not a half step from 0.5 to 5: '5.5'",
        4: "the rating is not a half step from 0.5 to 5: '3.3'",
        5: "the rating is not a number: 'abc'",
        6: "too few columns: 3 in place of 4",
        7: "too many columns: 5 in place of 4",
        8: "userId is not a number: 'x'",
        9: "there is no film 99",
        10: "not UTF-8",
        12: "a quote is not closed",
        13: "timestamp is not a number: '99999999999'",
    }
    assert {line: reason for (file, line), reason in found.items() if file == "movies.csv"} == {
        4: "a bad year: 1500", 5: "movieId is not a number: 'x'", 6: "not UTF-8",
        7: "too many columns: 4 in place of 3", 8: "the id 1 was there before",
        9: "the title is empty or too long",
    }  # fmt: skip
    assert ("links.csv", 3) in found
    assert ("tags.csv", 2) in found
    assert job.result["rejected"] == len(found)
    (rated,) = await sink.events(RatingsImported)
    assert [(r.movie_id, r.value, r.at) for r in rated.data.ratings] == [
        (1, 4.0, 964982703), (2, 3.5, 964982704),
    ]  # fmt: skip


async def test_older_and_reordered_layouts_are_read(run_import, tmp_path, sink):
    folder = tmp_path / "ml-1m"
    folder.mkdir()
    (folder / "movies.dat").write_bytes(
        b"1::Toy Story (1995)::Animation|Children's\n2::Caf\xe9 (1999)::Drama\n"
    )
    (folder / "ratings.dat").write_bytes(b"1::1::5::978300760\n1::2::3.5::978300761\n")
    job = await run_import(source="movielens", path=str(folder))
    assert (job.result["movies"]["created"], job.result["ratings"]) == (2, 2)
    films = {event.data.title: event.data for event in await sink.events(MovieCreated)}
    assert set(films) == {"Toy Story", "Café"}
    assert {genre.slug for genre in films["Toy Story"].genres} == {"animation", "children"}
    more = tmp_path / "ml-new"
    more.mkdir()
    (more / "ratings.csv").write_text("timestamp,rating,extra,movieId,userId\n978300762,4,x,2,7\n")
    job = await run_import(source="movielens", path=str(more))
    assert job.result["ratings"] == 1


U_ITEM = (
    "1|Toy Story (1995)|01-Jan-1995||http://us.imdb.com/M/title-exact?Toy%20Story%20(1995)"
    "|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
    "2|Caf\u00e9 au Lait (1993)|01-Jan-1993||http://us.imdb.com/|0|0|0|0|0|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
    "3|Bad Row (1993)|01-Jan-1993||http://us.imdb.com/|0|0|0|0|0|1\n"
    "4|Heat (1995)|01-Jan-1995||http://us.imdb.com/|0|1|0|0|0|0|1|0|0|0|0|0|0|0|0|0|1|0|0\n"
)


async def test_the_first_edition_keeps_its_own_numbers(
    run_import, dataset, database, sink, tmp_path, client
):
    assert (await run_import(source="movielens", path=str(dataset()))).error is None
    folder = tmp_path / "ml-100k"
    folder.mkdir()
    (folder / "u.item").write_bytes(U_ITEM.encode("latin-1"))
    (folder / "u.genre").write_text("unknown|0\nAction|1\n")
    (folder / "u.data").write_text("196\t2\t3\t881250949\n1\t1\t5\t881250950\n1\t1\t6\t881250951\n")
    archive = zipped(
        tmp_path / "ml-100k.zip",
        {f"ml-100k/{file.name}": file.read_bytes() for file in folder.iterdir()},
    )
    job = await run_import(source="movielens", path=str(folder))
    assert job.error is None
    assert job.result["movies"] == {"created": 2, "updated": 1, "unchanged": 0}
    assert await rejections(database) == [
        ("u.data", 3, "the rating is not a half step from 0.5 to 5: '6'"),
        ("u.item", 3, "too few columns: 11 in place of 24"),
    ]
    films = {event.data.title: event.data for event in await sink.events(MovieCreated)}
    assert [genre.slug for genre in films["Heat"].genres] == ["action", "crime", "thriller"]
    assert films["Café au Lait"].year == 1993
    same = (await client.get("/v1/movies/toy-story-1995")).json()
    rated = (await sink.events(RatingsImported))[-1].data.ratings
    assert [(r.movie_id, r.value) for r in rated] == [
        (films["Café au Lait"].id, 3.0), (same["id"], 5.0),
    ]  # fmt: skip
    members = (await sink.events(MembersImported))[-1].data.members
    assert [(m.username, m.name) for m in members] == [
        ("ml100k-1", "MovieLens 100K member 1"), ("ml100k-196", "MovieLens 100K member 196"),
    ]  # fmt: skip
    assert (await client.get("/v1/movies/lookup?movielens=2")).json()["slug"] == "the-matrix-1999"
    before = await snapshot(database)
    again = await run_import(source="movielens", path=str(archive))
    assert again.result["movies"] == {"created": 0, "updated": 0, "unchanged": 3}
    assert await snapshot(database) == before


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


async def test_an_archive_is_read_in_place(run_import, dataset, tmp_path, sink):
    folder = dataset()
    files = {f"ml-latest/{file.name}": file.read_bytes() for file in folder.iterdir()}
    archive = zipped(tmp_path / "ml.zip", files)
    job = await run_import(source="movielens", path=str(archive))
    assert job.error is None
    assert len(await sink.events(MovieCreated)) == 7


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"../movies.csv": "movieId,title,genres\n"}, "outside itself"),
        ({"/etc/movies.csv": "movieId,title,genres\n"}, "outside itself"),
        ({"movies.csv": "0" * 9_000_000}, "plausible"),
        ({"readme.txt": "hello", "more.txt": "x"}, "neither a movies.csv nor a ratings.csv"),
        ({"movies.csv": "title;year\n"}, "does not name the column movieId"),
        ({"movies.csv": "\x00\x01"}, "not a text file"),
    ],
)
async def test_archives_that_are_not_what_they_claim_fail_clearly(
    run_import, tmp_path, sink, files, reason
):
    job = await run_import(source="movielens", path=str(zipped(tmp_path / "bad.zip", files)))
    assert job.state == "failed"
    assert reason in job.error
    assert await sink.events() == []


async def test_a_broken_archive_fails_clearly(run_import, dataset, tmp_path):
    folder = dataset()
    archive = zipped(tmp_path / "ml.zip", {"movies.csv": (folder / "movies.csv").read_bytes()})
    data = bytearray(archive.read_bytes())
    data[60:90] = bytes(30)
    archive.write_bytes(data)
    job = await run_import(source="movielens", path=str(archive))
    assert job.state == "failed"
    assert job.error.startswith("the archive is broken")


class KilledError(BaseException):
    """What a killed process looks like from inside."""


async def test_an_import_that_was_killed_goes_on_where_it_stopped(
    context, service, dataset, database, sink, monkeypatch
):
    monkeypatch.setattr(telling, "CHUNK", 10)
    monkeypatch.setattr(telling, "CHUNKS_AT_ONCE", 1)
    rows = "".join(f"{user},{1 + n % 7},4.0,{1000 + n}\n" for user in range(1, 6) for n in range(7))
    path = str(dataset(ratings="userId,movieId,rating,timestamp\n" + rows))
    async with database.transaction() as session:
        job_id = await create_job(session, context, KIND, {"source": "movielens", "path": path})
    original = tasks.Meter.advance
    calls = 0

    async def advance(self, lines):
        nonlocal calls
        calls += 1
        if calls == 7:
            raise KilledError
        await original(self, lines)

    monkeypatch.setattr(tasks.Meter, "advance", advance)
    with pytest.raises(KilledError):
        await run_job(context, service.jobs, job_id)
    told = len(await sink.events(RatingsImported))
    assert 0 < told < 4
    assert await unfinished_jobs(context) == [job_id]
    await run_job(context, service.jobs, job_id)
    events = await sink.events(RatingsImported)
    assert len(events) == 4
    told = [(r.user_id, r.movie_id) for event in events for r in event.data.ratings]
    assert len(told) == len(set(told)) == 35
    assert len(await sink.events(MovieCreated)) == 7
    assert len(await sink.events(ImportFinished)) == 1


async def test_two_imports_at_once_do_each_thing_once(run_import, dataset, sink):
    path = str(dataset())
    jobs = await asyncio.gather(*(run_import(source="movielens", path=path) for _ in range(3)))
    assert [job.error for job in jobs] == [None] * 3
    assert len(await sink.events(MovieCreated)) == 7
    assert len(await sink.events(RatingsImported)) == 1


async def test_dry_run_says_what_it_would_find_and_changes_nothing(run_import, dataset, database):
    before = await snapshot(database)
    job = await run_import(source="movielens", path=str(dataset()), dry_run=True)
    assert job.result["movies"] == {"new": 7, "known": 0, "joined": 0}
    assert await snapshot(database) == before


async def test_real_data_comes_whole_and_twice_changes_nothing(
    run_import, client, database, sink, shared_data
):
    path = str(shared_data / "ml-latest-small")
    sample = await run_import(source="sample")
    job = await run_import(source="movielens", path=path)
    assert job.error is None
    assert job.result["rejected"] == 0
    assert (job.result["members"], job.result["ratings"]) == (671, 100_004)
    movies = job.result["movies"]
    assert movies["created"] + movies["updated"] == 9125
    assert movies["updated"] > 500
    assert movies["created"] + sample.result["movies"]["created"] > 9125
    chunks = [e for e in await sink.events(RatingsImported) if e.data.source == "movielens"]
    assert max(len(event.data.ratings) for event in chunks) == 1000
    assert sum(len(event.data.ratings) for event in chunks) == 100_004
    before = await snapshot(database)
    again = await run_import(source="movielens", path=path)
    assert again.result["chunks_told"] == 0
    assert await snapshot(database) == before
    found = await client.get("/v1/movies", params={"q": "shawshenk", "limit": 3})
    assert found.json()["items"][0]["title"] == "The Shawshank Redemption"


async def test_the_genome_gives_films_their_telling_tags(run_import, dataset, sink, database):
    path = dataset(**{
        "genome-tags": "tagId,tag\n1,Pixar\n2,dystopia\n3,toys\n4,\n",
        "genome-scores": "movieId,tagId,relevance\n1,1,0.95\n1,2,0.699\n1,3,0.7\n2,2,1.0\n9,1,1\n",
    })  # fmt: skip
    job = await run_import(source="movielens", path=str(path))
    assert job.error is None
    assert job.progress.done == job.progress.total
    films = {event.data.slug: event.data for event in await sink.events(MovieCreated)}
    assert {t.slug: t.count for t in films["toy-story-1995"].tags} == {"pixar": 10, "toys": 7}
    assert {t.slug: t.count for t in films["the-matrix-1999"].tags} == {
        "dystopia": 10, "dystopia-virtual-reality": 1,
    }  # fmt: skip
    assert await rejections(database) == [
        ("genome-tags.csv", 5, "the tag is empty or too long"),
    ]
    before = await snapshot(database)
    again = await run_import(source="movielens", path=str(path))
    assert again.result["movies"]["unchanged"] == 7
    assert await snapshot(database) == before


async def test_bad_scores_are_named_and_the_good_ones_beside_them_kept(
    run_import, dataset, sink, database
):
    path = dataset(**{
        "genome-tags": "tag,tagId\nPixar,1\n",
        "genome-scores": "movieId,tagId,relevance\r\n1,1,0.9\r\n1,1,2\r\n1,1,much\r\n1,1\r\nx,1,1\r\n",
    })  # fmt: skip
    await run_import(source="movielens", path=str(path))
    films = {event.data.slug: event.data for event in await sink.events(MovieCreated)}
    assert {t.slug: t.count for t in films["toy-story-1995"].tags} == {"pixar": 9}
    assert [(line, reason[:29]) for _, line, reason in await rejections(database)] == [
        (3, "the relevance is not a number"), (4, "the relevance is not a number"),
        (5, "too few columns: 2 in place o"), (6, "movieId is not a number: 'x'"),
    ]  # fmt: skip
