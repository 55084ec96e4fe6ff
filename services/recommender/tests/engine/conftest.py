"""A small world with two plain tastes: space films and love stories, some with both genres' names."""

from __future__ import annotations

import numpy as np
import pytest

from marquee_recommender.engine import Interactions, Items, Model, Parameters, train

SPACE = range(100, 130)
LOVE = range(200, 230)
UNSEEN_SPACE = 130
UNSEEN_LOVE = 230
FILMS = [*SPACE, UNSEEN_SPACE, *LOVE, UNSEEN_LOVE]
DAY = 86_400


def world(users: int = 120, seed: int = 3) -> Interactions:
    """Members who watch one kind nearly always, each with their own favourites, over a year."""
    random = np.random.default_rng(seed)
    rows: list[tuple[int, int, float, int]] = []
    for user in range(users):
        liked, other = (SPACE, LOVE) if user % 2 else (LOVE, SPACE)
        taste = 1 / np.arange(1, 31) ** 0.5
        films = random.choice(np.array(liked), 12, replace=False, p=taste / taste.sum())
        guests = random.choice(np.array(other), 2, replace=False)
        start = int(random.integers(0, 300)) * DAY
        for step, film in enumerate([*films.tolist(), *guests.tolist()]):
            value = 4.5 if film in liked else 1.5
            rows.append((user, int(film), value, start + step * 3600))
    users_, items, values, times = (list(column) for column in zip(*rows, strict=True))
    return Interactions.load(users_, items, values, times)


def catalog() -> Items:
    space = [film in (*SPACE, UNSEEN_SPACE) for film in FILMS]
    return Items(
        ids=FILMS,
        titles=[f"{'Rocket' if s else 'Wedding'} number {n}" for n, s in enumerate(space)],
        synopses=[
            "A crew flies to distant stars" if s else "Two people fall in love" for s in space
        ],
        years=[1990 + n % 30 for n in range(len(FILMS))],
        genres=[("science-fiction",) if s else ("romance",) for s in space],
        directors=[(f"director-{n % 7}{'s' if s else 'l'}",) for n, s in enumerate(space)],
    )


PARAMETERS = Parameters(factors=16, iterations=8, linear_l2=20.0, regularization=5.0, threads=1)


@pytest.fixture(scope="session")
def interactions() -> Interactions:
    return world()


@pytest.fixture(scope="session")
def items() -> Items:
    return catalog()


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    return PARAMETERS


@pytest.fixture(scope="session")
def model(interactions: Interactions, items: Items) -> Model:
    return train(interactions, items, PARAMETERS)
