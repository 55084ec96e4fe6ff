"""Which films rows from elsewhere mean."""

import pytest
from sqlalchemy import text

from marquee_catalog.matches.repository import MATCH


@pytest.fixture
async def films(run_import, dataset, client, authorization):
    await run_import(source="movielens", path=str(dataset()))
    editor = authorization(roles=["editor"])

    async def change(method, path, body):
        answer = await client.request(method, path, json=body, headers=editor)
        assert answer.is_success, answer.text

    await change("PUT", "/v1/movies/the-matrix-1999/translations/es", {"title": "La Matriz"})
    return change


@pytest.fixture
def match(client):
    async def ask(*rows):
        answer = await client.post("/internal/matches", json={"rows": rows})
        assert answer.status_code == 200, answer.text
        return [
            [(c["movie"]["slug"], round(c["confidence"], 2)) for c in item["candidates"]]
            for item in answer.json()["items"]
        ]

    return ask


async def test_ids_are_sure_and_titles_less_so(films, match):
    assert await match(
        {"imdb": "tt0133093"},
        {"imdb": "0133093"},
        {"tmdb": "862", "title": "Something else", "year": 1950},
        {"movielens": "3"},
        {"id": 1},
        {"slug": "toy-story-1995"},
        {"title": "Matrix, The", "year": 1999},
        {"title": "MÁTRIX", "year": 1999},
        {"title": "la matriz", "year": 1999},
        {"title": "The Matrix", "year": 2000},
        {"title": "The Matrix"},
        {"title": "The Matrix", "year": 2001},
        {"title": "Nothing like it", "year": 1999},
        {},
    ) == [
        [("the-matrix-1999", 1.0)],
        [("the-matrix-1999", 1.0)],
        [("toy-story-1995", 1.0)],
        [("the-city-of-lost-children-1995", 1.0)],
        [("toy-story-1995", 1.0)],
        [("toy-story-1995", 1.0)],
        [],
        [("the-matrix-1999", 0.95)],
        [("the-matrix-1999", 0.9)],
        [("the-matrix-1999", 0.7)],
        [("the-matrix-1999", 0.6)],
        [],
        [],
        [],
    ]


async def test_homonyms_are_all_told_and_a_title_adds_to_what_an_id_says(films, match):
    both, one = await match(
        {"title": "Hamlet", "year": 2000}, {"movielens": "5", "title": "Hamlet", "year": 2000}
    )
    assert sorted(both) == [("hamlet-2000", 0.95), ("hamlet-2000-2", 0.95)]
    assert [confidence for _, confidence in one] == [1.0, 0.95]


async def test_a_merged_film_is_found_by_its_former_slug(films, match):
    await films("POST", "/v1/movies/hamlet-2000-2/merge", {"into": "hamlet-2000"})
    assert await match({"slug": "hamlet-2000-2"}) == [[("hamlet-2000", 1.0)]]


async def test_ids_elsewhere_come_with_the_film(films, client):
    answer = await client.post("/internal/matches", json={"rows": [{"id": 2}]})
    (candidate,) = answer.json()["items"][0]["candidates"]
    assert candidate["external_ids"] == {"imdb": "tt0133093", "tmdb": "603", "movielens": "2"}
    assert candidate["movie"]["genres"]


async def test_any_number_of_rows_is_one_statement_and_an_index(films, match, count_statements):
    with count_statements() as seen:
        await match(*({"title": "Hamlet", "year": 2000, "imdb": str(n)} for n in range(500)))
    assert len(seen) == 1


@pytest.mark.parametrize(
    "body", [{"rows": [{}] * 501}, {"rows": [{"title": "\u0000"}]}, {"rows": [{"x": 1}]}, []]
)
async def test_bad_questions_are_422(client, body):
    assert (await client.post("/internal/matches", json=body)).status_code == 422


MANY = text(
    """
    INSERT INTO movies (slug, title, folded_title, title_words, own_title_keys, title_keys, year)
    SELECT 'film-' || n, 'Film', 'film', '{}', ARRAY['film ' || n], ARRAY['film ' || n], 2000
    FROM generate_series(1, 20000) AS n
    """
)


async def test_titles_and_ids_are_found_by_their_indexes(database):
    values = {"rows": '[{"number": 0, "key": "film 7", "year": 2000}]', "language": "en"}
    async with database.transaction() as session:
        await session.execute(MANY)
        await session.execute(text("ANALYZE movies"))
        plan = "\n".join(await session.scalars(text(f"EXPLAIN {MATCH.text}"), values))
    assert "ix_movies_title_keys" in plan
    assert "pk_external_ids" in plan
    assert "Seq Scan on movies" not in plan
