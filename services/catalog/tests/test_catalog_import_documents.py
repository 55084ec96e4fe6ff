"""Films that come one by one: Wikipedia's, and our own JSON."""

import json

import pytest
from sqlalchemy import text

from marquee_catalog.imports import filmfiles
from marquee_catalog.imports.wikipedia import foreign_id
from marquee_shared.jobs import run_job, unfinished_jobs


@pytest.fixture
def editor(authorization):
    return authorization(roles=["editor"])


@pytest.fixture
def write(tmp_path):
    """Write a file of films; return its path."""

    def write_file(content, name="films.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write_file


def row(title, year, *, cast=(), genres=(), href=None, extract="A film."):
    return {
        "title": title, "year": year, "cast": list(cast), "genres": list(genres),
        "href": href or title.replace(" ", "_"), "extract": extract,
        "thumbnail": "https://example.org/x.jpg",
    }  # fmt: skip


async def rejected(database):
    async with database.reading() as session:
        rows = await session.execute(text("SELECT line, reason FROM import_rejections ORDER BY 1"))
        return {row.line: row.reason for row in rows}


async def everything(database):
    tables = ("movies", "people", "credits", "external_ids", "movie_genres", "movie_tags",
              "movie_translations", "movie_platforms", "movie_awards", "genres", "tags", "outbox")  # fmt: skip
    async with database.reading() as session:
        return {
            table: sorted(map(str, (await session.execute(text(f"SELECT * FROM {table}"))).all()))  # noqa: S608 - listed above
            for table in tables
        }


async def test_wikipedia_adds_cast_synopsis_and_genres_to_films_we_have(
    run_import, dataset, write, client, database
):
    await run_import(source="movielens", path=str(dataset()))
    path = write([
        row("The Matrix", 1999, cast=["Keanu Reeves", "Carrie-Anne Moss"],
            genres=["Science Fiction", "Cyberpunk"], extract="A hacker wakes."),
        row("Toy Story", 1996, genres=["Animated"]),
        row("Stranger Things", 1990),
        row("Nobody Knows It", 2001),
    ])  # fmt: skip
    job = await run_import(source="wikipedia", path=path)
    assert job.error is None
    assert job.result["confidence"] == {"0.90": 1, "0.70": 1}
    assert job.result["movies"] == {"created": 0, "updated": 2, "unchanged": 0}
    film = (await client.get("/v1/movies/the-matrix-1999")).json()
    assert film["synopsis"] == "A hacker wakes."
    assert [member["name"] for member in film["cast"]] == ["Keanu Reeves", "Carrie-Anne Moss"]
    assert {genre["slug"] for genre in film["genres"]} == {
        "action", "sci-fi", "thriller", "cyberpunk",
    }  # fmt: skip
    assert await rejected(database) == {
        3: "there is no film 'Stranger Things' (1990)",
        4: "there is no film 'Nobody Knows It' (2001)",
    }
    before = await everything(database)
    again = await run_import(source="wikipedia", path=path)
    assert again.result["movies"] == {"created": 0, "updated": 0, "unchanged": 2}
    assert await everything(database) == before


async def test_homonyms_are_joined_only_where_something_tells_them_apart(
    run_import, dataset, write, client, database
):
    await run_import(source="movielens", path=str(dataset()))
    unsure = write([row("Hamlet", 2000, genres=["Drama"], href="Hamlet_(2000_film)")])
    job = await run_import(source="wikipedia", path=unsure, add_new=True)
    assert job.result["movies"] == {"created": 0, "updated": 0, "unchanged": 0}
    assert "confidence 0.9" in (await rejected(database))[1]
    sure = write([row("Hamlet", 2000, genres=["Crime"], href="Hamlet_(2000_film)")])
    await run_import(source="wikipedia", path=sure)
    assert (await client.get("/v1/movies/hamlet-2000-2")).json()["synopsis"] == "A film."
    assert (await client.get("/v1/movies/hamlet-2000")).json()["synopsis"] is None


async def test_a_different_cast_speaks_against_a_film(run_import, write, database):
    first = [row("Crash", 1996, cast=["James Spader"], href="Crash_(1996_film)")]
    await run_import(source="wikipedia", path=write(first), add_new=True)
    await run_import(
        source="marquee",
        path=write(
            json.dumps({"slug": "crash-2004", "title": "Crash", "year": 2004, "credits": [
                {"person": {"slug": "matt-dillon", "name": "Matt Dillon"}, "job": "actor"}]})
        ),
    )  # fmt: skip
    other = [row("Crash", 2004, cast=["Someone Else"], href="Crash_(other)")]
    await run_import(source="wikipedia", path=write(other))
    assert "no film fits 'Crash' (2004) surely: confidence 0.50" in (await rejected(database))[1]


async def test_new_films_come_only_where_asked_for(run_import, write, client, database):
    path = write([
        row("Bound", 1996, href="Bound_(1996_film)"), row("Bound", 1997, href="Bound_(1996_film)"),
    ])  # fmt: skip
    assert (await run_import(source="wikipedia", path=path)).result["movies"]["created"] == 0
    foretold = await run_import(source="wikipedia", path=path, add_new=True, dry_run=True)
    assert foretold.result["movies"]["new"] == 1
    job = await run_import(source="wikipedia", path=path, add_new=True)
    assert job.result["movies"]["created"] == 1
    assert "the film was there before" in (await rejected(database))[2]
    assert (await client.get("/v1/movies/bound-1996")).status_code == 200


async def test_what_an_editor_decided_stands(run_import, dataset, write, client, editor):
    await run_import(source="movielens", path=str(dataset()))
    change = {"synopsis": "Ours.", "genres": ["drama"], "credits": []}
    await client.patch("/v1/movies/the-matrix-1999", json=change, headers=editor)
    path = write([row("The Matrix", 1999, cast=["Keanu Reeves"], genres=["Action"])])
    await run_import(source="wikipedia", path=path)
    film = (await client.get("/v1/movies/the-matrix-1999")).json()
    assert (film["synopsis"], film["cast"]) == ("Ours.", [])
    assert [genre["slug"] for genre in film["genres"]] == ["drama"]


async def test_rows_that_are_no_films_are_named(run_import, write, database, monkeypatch):
    monkeypatch.setattr(filmfiles, "BATCH", 2)
    path = write([
        {"title": "", "year": 1999}, {"title": "x", "year": "1999"}, {"title": "x", "year": 1},
        {"title": "x", "year": 1999, "cast": "Someone"}, {"title": "x\u0000", "year": 1999}, 7,
        {"title": "x", "year": 1999, "genres": [3]},
    ])  # fmt: skip
    job = await run_import(source="wikipedia", path=path)
    assert job.result["rejected"] == 7
    assert await rejected(database) == {
        1: "title is missing or too long", 2: "a bad year: '1999'", 3: "a bad year: '1'",
        4: "cast is not a list", 5: "title has characters that cannot be kept",
        6: "not a JSON object", 7: "genres is missing or too long",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("hello", "neither a JSON array nor JSON lines"),
        ("", "neither a JSON array nor JSON lines"),
        ('[{"title": "x", "year": 1999}, {"title": ', "not valid JSON"),
        ('{"title": ', "not valid JSON"),
        ("[1, 2]", "does not hold films"),
    ],
)
async def test_a_file_that_is_broken_fails_clearly(run_import, write, sink, content, reason):
    job = await run_import(source="wikipedia", path=write(content), add_new=True)
    assert job.state == "failed"
    assert reason in job.error
    assert await sink.events() == []


def test_a_page_about_several_films_gives_each_an_id_of_its_own():
    assert foreign_id("Bound", 1996, "Bound_(1996_film)") == "Bound_(1996_film)"
    assert foreign_id("Cremaster 3", 2002, "The_Cremaster_Cycle") == (
        "The_Cremaster_Cycle#Cremaster 3"
    )
    assert foreign_id("Lost Page", 2002, None) == "Lost Page (2002)"


async def test_an_export_comes_back_onto_the_same_films(
    run_import, dataset, few_members, client, editor, authorization, database, tmp_path
):
    await run_import(source="sample")
    await run_import(source="movielens", path=str(dataset()))
    assert (await client.get("/v1/exports/movies", headers=authorization())).status_code == 403
    exported = await client.get("/v1/exports/movies", headers=editor)
    assert exported.headers["content-type"] == "application/x-ndjson"
    path = tmp_path / "export.ndjson"
    path.write_bytes(exported.content)
    before = await everything(database)
    job = await run_import(source="marquee", path=str(path))
    assert job.error is None
    assert job.result["rejected"] == 0
    assert job.result["movies"]["unchanged"] == exported.text.count("\n")
    after = await everything(database)
    told = {when: len(tables.pop("outbox")) for when, tables in (("b", before), ("a", after))}
    assert after == before
    assert told["a"] == told["b"] + 1  # that the import has finished
    async with database.transaction() as session:
        await session.execute(
            text("TRUNCATE movies, people, genres, tags, platforms, awards CASCADE")
        )
    job = await run_import(source="marquee", path=str(path))
    assert job.result["movies"]["created"] == exported.text.count("\n")
    again = await client.get("/v1/exports/movies", headers=editor)
    assert sorted(again.text.splitlines()) == sorted(exported.text.splitlines())


async def test_bad_lines_of_our_own_json_are_named(run_import, write, database):
    good = {"slug": "x-1999", "title": "X", "year": 1999}
    lines = [
        json.dumps(good), "{broken", json.dumps({**good, "owner": 1}),
        json.dumps({**good, "slug": "a/b"}), json.dumps({"slug": "y"}),
        json.dumps({**good, "credits": [{"person": {"slug": "p", "name": "P"}, "job": "king"}]}),
        json.dumps(good),
    ]  # fmt: skip
    job = await run_import(source="marquee", path=write("\n".join(lines), "f.ndjson"))
    assert job.result["movies"]["created"] == 1
    found = await rejected(database)
    assert found[2].startswith("not JSON")
    assert found[3].startswith("owner: Extra inputs")
    assert found[4].startswith("slug: ")
    assert found[5].startswith("title: Field required")
    assert found[6].startswith("credits/0/job: ")
    assert found[7] == "the film was there before"


async def test_documents_are_uploaded_too(client, editor, context, service, write):
    answer = await client.post(
        "/v1/imports",
        files={"file": ("movies-1990s.json", json.dumps([row("Bound", 1996)]).encode())},
        data={"source": "wikipedia", "add_new": "true"},
        headers=editor,
    )
    assert answer.status_code == 202, answer.text
    await run_job(context, service.jobs, (await unfinished_jobs(context))[0])
    assert (await client.get("/v1/movies/bound-1996")).status_code == 200
    refused = await client.post(
        "/v1/imports",
        files={"file": ("movies.json", b"[1]")},
        data={"source": "wikipedia"},
        headers=editor,
    )
    assert refused.json()["errors"][0]["code"] == "not_the_data_set"


async def test_real_wikipedia_data_joins_most_of_movielens_titles(
    run_import, shared_data, database
):
    await run_import(source="movielens", path=str(shared_data / "ml-latest-small" / "movies.csv"))
    folder = shared_data / "wikipedia-movies"
    if not folder.is_dir():
        pytest.skip("the Wikipedia data is missing beside the checkout")
    job = await run_import(source="wikipedia", path=str(folder / "movies-1990s.json"))
    assert job.error is None
    joined = sum(job.result["confidence"].values())
    assert joined == job.result["movies"]["updated"]
    assert joined > 1300
    assert joined + job.result["rejected"] == 2849
    before = await everything(database)
    again = await run_import(source="wikipedia", path=str(folder / "movies-1990s.json"))
    assert again.result["movies"]["updated"] == 0
    assert await everything(database) == before
