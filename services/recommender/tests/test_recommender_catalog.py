from datetime import UTC, date, datetime, timedelta

from recommender_world import film

from marquee_recommender.movies.catalog import Catalog, Filters
from marquee_shared.events.catalog import Credit, NamedRef

TODAY = datetime.now(UTC).date()


def open_ids(catalog: Catalog, filters: Filters | None = None, day: date = TODAY) -> set[int]:
    allowed = catalog.allowed(filters or Filters(), day)
    return set(catalog.ids[allowed].tolist())


def test_only_newer_states_are_taken() -> None:
    catalog = Catalog()
    assert catalog.put(film(1, title="New"), (1, 2))
    assert not catalog.put(film(1, title="Old"), (1, 1))
    assert not catalog.put(film(1, title="Same"), (1, 2))
    assert catalog.put(film(1, title="Restored"), (2, 1))
    assert [film.title for film in catalog.films] == ["Restored"]


def test_a_deleted_film_is_gone_until_it_is_told_anew() -> None:
    catalog = Catalog()
    catalog.put(film(1), (1, 1))
    catalog.bury(1, (1, 2))
    assert not catalog.put(film(1), (1, 1))
    assert catalog.find("film-1") is None
    assert open_ids(catalog) == set()
    assert open_ids(catalog, Filters(genres=("crime",))) == set()
    catalog.put(film(1), (1, 3))
    assert catalog.find("film-1") == 0
    assert open_ids(catalog, Filters(genres=("crime",))) == {1}


def test_a_tombstone_may_come_first() -> None:
    catalog = Catalog()
    catalog.bury(1, (1, 2))
    assert not catalog.put(film(1), (1, 1))
    assert open_ids(catalog) == set()


def test_a_renamed_film_is_found_by_its_new_slug_alone() -> None:
    catalog = Catalog()
    catalog.put(film(1), (1, 1))
    catalog.put(film(2), (1, 1))
    catalog.put(film(1, slug="film-one"), (1, 2))
    catalog.put(film(2, slug="film-1"), (1, 2))
    assert catalog.find("film-one") == 0
    assert catalog.find("film-1") == 1
    assert catalog.find("film-2") is None


def test_a_release_day_decides_from_that_day_on() -> None:
    catalog = Catalog()
    tomorrow = TODAY + timedelta(days=1)
    catalog.put(film(1, release_date=tomorrow), (1, 1))
    catalog.put(film(2, status="announced"), (1, 1))
    assert open_ids(catalog) == set()
    assert open_ids(catalog, day=tomorrow) == {1}


def test_genres_and_years_follow_changes() -> None:
    catalog = Catalog()
    catalog.put(film(1, year=1999), (1, 1))
    noir = NamedRef(id=9, slug="noir", name="Noir")
    catalog.put(film(1, genres=[noir], year=None, release_date=date(1950, 5, 1)), (1, 2))
    assert open_ids(catalog, Filters(genres=("crime",))) == set()
    assert open_ids(catalog, Filters(genres=("noir", "crime"))) == {1}
    assert open_ids(catalog, Filters(year_to=1950)) == {1}
    assert open_ids(catalog, Filters(year_from=1951)) == set()
    catalog.put(film(1, year=None), (1, 3))
    assert open_ids(catalog, Filters(year_to=2100)) == set()


def test_columns_grow_and_views_taken_before_stay() -> None:
    catalog = Catalog()
    catalog.put(film(1), (1, 1))
    before = catalog.ids
    for number in range(2, 3000):
        catalog.put(film(number), (1, 1))
    assert before.tolist() == [1]
    assert catalog.ids.tolist() == list(range(1, 3000))
    assert len(open_ids(catalog)) == 2999


def test_people_named_are_directors_and_top_billed_actors() -> None:
    catalog = Catalog()
    cast = [Credit(id=n, slug=f"p{n}", name=f"P {n}", job="actor", order=n) for n in range(20)] + [
        Credit(id=99, slug="w", name="W", job="writer")
    ]
    catalog.put(film(1, credits=cast), (1, 1))
    assert set(catalog.labels["actor"]) == {f"p{n}" for n in range(10)}
    assert "writer" not in catalog.labels
