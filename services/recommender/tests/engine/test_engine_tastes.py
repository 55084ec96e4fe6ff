"""Two members with plainly different tastes, on real ratings."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from marquee_recommender.engine import Event, Items, Model, Parameters, Profile, train
from marquee_recommender.engine.reading import read_interactions
from marquee_recommender.evaluate import read_movies

KNOWN_BY = 40
HORROR = ("Shining, The (1980)", "Scream (1996)", "Halloween (1978)", "Exorcist, The (1973)")
FAMILY = ("Toy Story (1995)", "Lion King, The (1994)", "Finding Nemo (2003)", "Shrek (2001)")


@pytest.fixture(scope="module")
def trained(shared_data: Path) -> tuple[Model, Items]:
    """Trained quickly, on the films that many have rated."""
    folder = shared_data / "ml-latest-small"
    ratings = read_interactions(folder / "ratings.csv")
    counts = np.bincount(ratings.items)
    ratings = ratings.keep(counts[ratings.items] >= KNOWN_BY)
    items = read_movies(folder / "movies.csv", np.unique(ratings.item_ids))
    return train(ratings, items, Parameters(factors=32, iterations=4, linear_items=600)), items


def test_different_tastes_get_different_sensible_lists(trained: tuple[Model, Items]) -> None:
    model, items = trained
    ids = dict(zip(items.titles, items.id_array().tolist(), strict=True))
    genres = dict(zip(items.id_array().tolist(), items.genres, strict=True))
    lists = []
    for loved in (HORROR, FAMILY):
        events = [Event(ids[title], value=5.0, at=float(n)) for n, title in enumerate(loved)]
        lists.append([each.item for each in model.recommend(Profile(events), 20)])

    def count(films: list[int], *named: str) -> int:
        found = Counter(genre for film in films for genre in genres[film])
        return sum(found[genre] for genre in named)

    scary, family = lists
    assert len(set(scary) & set(family)) <= 3
    assert count(scary, "Horror", "Thriller") >= 12
    assert count(scary, "Horror", "Thriller") >= 3 * count(family, "Horror", "Thriller")
    assert count(family, "Animation", "Children") >= 10
    assert count(family, "Animation", "Children") >= 3 * count(scary, "Animation", "Children")
