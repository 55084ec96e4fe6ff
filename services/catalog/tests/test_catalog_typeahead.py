import pytest

from marquee_catalog.search.spans import match_span

pytestmark = pytest.mark.usefixtures("few_members")


@pytest.mark.parametrize(
    ("typed", "title", "span"),
    [
        ("godf", "The Godfather", (4, 8)),
        ("the godf", "The Godfather", (0, 8)),
        ("amel", "Amélie", (0, 4)),
        ("spirted aw", "Spirited Away", (0, 11)),
        ("part 2", "The Godfather: Part II", (15, 22)),
        ("strasse", "Die Straße", (4, 10)),
        ("god fa", "The Godfather", None),
        ("heat", "Casino", None),
    ],
)
def test_span_of_what_was_typed(typed, title, span):
    assert match_span(tuple(typed.split()), title) == span


@pytest.fixture
async def films(client, run_import):
    assert (await run_import(source="sample")).error is None
    return client


async def suggest(client, q, **params):
    answer = await client.get("/v1/search", params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_films_people_and_genres_are_suggested_with_what_was_typed(films):
    first = (await suggest(films, "godf"))[0]
    assert (first["type"], first["slug"], first["match"]) == (
        "movie", "the-godfather-1972", [4, 8],
    )  # fmt: skip
    assert (first["year"], first["cover_url"] is not None) == (1972, True)
    person = (await suggest(films, "kurosaw"))[0]
    assert (person["type"], person["title"], person["match"]) == (
        "person", "Akira Kurosawa", [6, 13],
    )  # fmt: skip
    genre = (await suggest(films, "come"))[0]
    assert (genre["type"], genre["slug"], genre["match"]) == ("genre", "comedy", [0, 4])


async def test_a_title_in_another_language_is_shown_as_it_matches(films):
    first = (await suggest(films, "el padri"))[0]
    assert first["slug"] == "the-godfather-1972"
    start, end = first["match"]
    assert first["title"][start:end].lower() == "el padri"


async def test_types_and_limit_narrow_and_wrong_ones_are_422(films):
    only = await suggest(films, "s", types="person", limit=5)
    assert [item["type"] for item in only] == ["person"] * 5
    both = {item["type"] for item in await suggest(films, "drama", types="movie,genre")}
    assert both <= {"movie", "genre"}
    assert await suggest(films, "?!") == []
    for query in ("q=a&types=series", "q=a&limit=21", "", "q=%00"):
        assert (await films.get(f"/v1/search?{query}")).status_code == 422, query


async def test_statements_are_four_however_much_is_found(films, count_statements):
    for q in ("s", "the", "spirted away", "zzzzzz"):
        with count_statements() as statements:
            await suggest(films, q)
        assert len(statements) == 4, q


async def test_facets_divide_up_the_whole_list(films, count_statements):
    with count_statements() as statements:
        answer = await films.get("/v1/movies?q=the&include=facets&page=1&limit=2&lang=de")
    assert len(statements) == 4
    page = answer.json()
    genres = {value["slug"]: value for value in page["facets"]["genre"]}
    comedy = await films.get("/v1/movies?q=the&genre=comedy&page=1")
    assert genres["comedy"]["count"] == comedy.json()["total"] > 0
    assert genres["comedy"]["name"] == "Komödie"
    for facet, parameter in (("country", "country"), ("language", "language")):
        value = page["facets"][facet][0]
        same = await films.get(f"/v1/movies?q=the&page=1&{parameter}={value['slug']}")
        assert same.json()["total"] == value["count"]
    decade = page["facets"]["decade"][0]
    year = int(decade["slug"])
    same = await films.get(f"/v1/movies?q=the&page=1&year_from={year}&year_to={year + 9}")
    assert same.json()["total"] == decade["count"]
    nothing = await films.get("/v1/movies?q=%21&include=facets")
    assert nothing.json()["facets"]["genre"] == []
    assert nothing.json()["facets_approximate"] is page["facets_approximate"] is False
    assert (await films.get("/v1/movies?include=credits")).status_code == 422


async def test_facets_of_a_long_list_are_told_by_an_even_sample(
    films, count_statements, monkeypatch
):
    monkeypatch.setattr("marquee_catalog.movies.facets.ENOUGH", 4)
    everything = await films.get("/v1/movies?page=1&limit=100")
    total = everything.json()["total"]
    found = [film["id"] for film in everything.json()["items"]]
    for page in range(2, everything.json()["pages"] + 1):
        answer = await films.get(f"/v1/movies?page={page}&limit=100")
        found += [film["id"] for film in answer.json()["items"]]
    with count_statements() as statements:
        answer = await films.get("/v1/movies?include=facets")
    assert len(statements) == 2
    counted = answer.json()
    assert counted["facets_approximate"] is True
    each = 64 if len([id_ for id_ in found if id_ % 64 == 0]) > 4 else 8
    decades = sum(value["count"] for value in counted["facets"]["decade"])
    assert decades == each * len([id_ for id_ in found if id_ % each == 0])
    assert abs(decades - total) <= each * 2
    few = (await films.get("/v1/movies?q=godfather&include=facets")).json()
    assert few["facets_approximate"] is False
    assert sum(value["count"] for value in few["facets"]["decade"]) == len(few["items"]) > 0
