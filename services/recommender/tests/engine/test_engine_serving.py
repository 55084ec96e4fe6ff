from __future__ import annotations

import numpy as np
import pytest

from marquee_recommender.engine import (
    Boost,
    Event,
    Interactions,
    Items,
    Model,
    Parameters,
    Profile,
    train,
)
from marquee_recommender.engine.batch import blend, part_scores
from marquee_recommender.engine.shortlist import train_cells

SPACE = range(100, 130)
LOVE = range(200, 230)
UNSEEN_SPACE = 130
UNSEEN_LOVE = 230
SPACE_FAN = Profile([Event(100 + n, value=5.0, at=float(n)) for n in range(4)])


def ids(model: Model, profile: Profile, limit: int = 10, **options: object) -> list[int]:
    return [entry.item for entry in model.recommend(profile, limit, **options)]  # type: ignore[arg-type]


def test_tastes_get_plainly_different_lists(model: Model) -> None:
    lover = Profile([Event(200 + n, value=5.0, at=float(n)) for n in range(4)])
    assert sum(item in SPACE for item in ids(model, SPACE_FAN)) >= 8
    assert sum(item in LOVE for item in ids(model, lover)) >= 8


def test_own_films_and_excluded_ones_are_never_shown(model: Model) -> None:
    first = ids(model, SPACE_FAN, 5)
    shown = ids(model, SPACE_FAN, 60, exclude=[*first, 999_999])
    assert not set(shown) & {*first, 100, 101, 102, 103}


def test_the_page_is_full_to_the_last_allowed_film(model: Model) -> None:
    assert len(ids(model, SPACE_FAN, 1000)) == len(model.item_ids) - 4
    mask = np.isin(model.item_ids, [200, 201, UNSEEN_LOVE])
    assert set(ids(model, SPACE_FAN, 20, allowed_mask=mask)) == {200, 201, UNSEEN_LOVE}
    assert ids(model, SPACE_FAN, 5, allowed_mask=np.zeros(len(mask), bool)) == []


def test_the_callers_mask_is_left_alone(model: Model) -> None:
    mask = np.ones(len(model.item_ids), dtype=bool)
    model.recommend(SPACE_FAN, 5, allowed_mask=mask, exclude=[110])
    assert mask.all()


def test_a_film_nobody_rated_is_reached_by_content(model: Model) -> None:
    scores = model.score(SPACE_FAN)
    assert scores[model.positions[UNSEEN_SPACE]] > scores[model.positions[UNSEEN_LOVE]]


def test_low_ratings_and_rejections_count_against_the_like(model: Model) -> None:
    like = model.positions[110]
    neutral = model.score(SPACE_FAN)[like]
    for event in (
        Event(111, value=1.0, at=9.0),
        Event(111, kind="dislike", at=9.0),
        Event(111, kind="not_interested", at=9.0),
    ):
        profile = Profile([*SPACE_FAN.events, event])
        without_effect_of_age = Profile([*SPACE_FAN.events, Event(111, value=2.5, at=9.0)])
        assert model.score(profile)[like] < model.score(without_effect_of_age)[like]
        assert 111 not in ids(model, profile, 60)
    liked = Profile([*SPACE_FAN.events, Event(111, kind="like", at=9.0)])
    assert model.score(liked)[like] > neutral * 0.8


def test_a_dislike_outweighs_the_same_films_rating(model: Model) -> None:
    both = [Event(111, value=5.0, at=1.0), Event(111, kind="dislike", at=2.0)]
    history = model.resolve(Profile(both))
    assert history.weights.tolist() == [-1.0]


def test_recent_films_count_more(model: Model) -> None:
    turned = Profile(
        [
            *(Event(100 + n, value=5.0, at=float(n)) for n in range(4)),
            *(Event(200 + n, value=5.0, at=100.0 + n) for n in range(4)),
        ]
    )
    back = Profile(
        [Event(event.item, value=5.0, at=200.0 - (event.at or 0)) for event in turned.events]
    )
    film = model.positions[210]
    assert model.score(turned)[film] > model.score(back)[film]


def test_without_times_the_order_given_means_nothing(model: Model) -> None:
    events = [Event(100, value=5.0), Event(200, value=5.0), Event(101, value=5.0)]
    np.testing.assert_allclose(
        model.score(Profile(events)), model.score(Profile(events[::-1])), atol=1e-5
    )


def test_taste_decides_where_there_is_no_history(model: Model) -> None:
    assert all(item in (*LOVE, UNSEEN_LOVE) for item in ids(model, Profile(genres=("romance",)), 8))
    popular = ids(model, Profile(), 10, diversity=0.0)
    counts = [model.counts[model.positions[item]] for item in popular]
    assert min(counts) >= np.sort(model.counts)[-30]


def test_a_boost_lifts_and_is_its_own_reason(model: Model) -> None:
    plain = ids(model, SPACE_FAN, 60)
    boost = Boost("friends", ("ann", "bob"), {plain[40]: 50.0, 31337: 1.0})
    first = model.recommend(SPACE_FAN, 5, boosts=[boost])[0]
    assert first.item == plain[40]
    assert first.reasons[0].kind == "friends"
    assert first.reasons[0].subject == ("ann", "bob")


def test_the_dial_widens_the_list(model: Model) -> None:
    def likeness(dial: float) -> float:
        rows = [model.positions[item] for item in ids(model, SPACE_FAN, 8, diversity=dial)]
        vectors = model.content.embeddings[rows]
        return float((vectors @ vectors.T).mean())

    assert likeness(0.9) < likeness(0.0)


def test_unknown_films_are_ignored_and_extremes_survive(model: Model) -> None:
    strangers = Profile([Event(f"x{n}", value=5.0, at=1.0) for n in range(5)])
    assert len(ids(model, strangers, 10)) == 10
    everything = Profile(
        [Event(item, value=4.0, at=float(n)) for n, item in enumerate(model.item_ids.tolist())]
    )
    assert ids(model, everything) == []


def test_neighbours_are_of_a_kind_and_cold_films_have_some(model: Model) -> None:
    for item, kind in ((100, SPACE), (200, LOVE), (UNSEEN_LOVE, LOVE)):
        near = [other for other, _ in model.similar(item, 5)]
        assert item not in near
        assert sum(other in kind for other in near) >= 4
    assert model.similar("nothing") == []
    assert 101 not in [other for other, _ in model.similar(100, 61, exclude=[101])]


def test_batches_score_like_single_requests(model: Model) -> None:
    profiles = [
        SPACE_FAN,
        Profile([Event(205, value=1.0, at=3.0), Event(105, at=5.0), Event(UNSEEN_SPACE, at=6.0)]),
        Profile([Event(120, value=4.0)], genres=("romance",)),
        Profile(),
    ]
    histories = [model.resolve(profile) for profile in profiles]
    scores = blend(model, part_scores(model, histories), histories)
    for row, profile in enumerate(profiles):
        np.testing.assert_allclose(scores[row], model.score(profile), atol=2e-4)


@pytest.mark.parametrize("limit", [1, 7])
def test_scores_fall_when_the_dial_is_off(model: Model, limit: int) -> None:
    found = [entry.score for entry in model.recommend(SPACE_FAN, limit, diversity=0.0)]
    assert len(found) == limit
    assert found == sorted(found, reverse=True)


def test_a_shortlist_gives_the_scores_of_the_whole(
    interactions: Interactions, items: Items, parameters: Parameters
) -> None:
    whole = train(interactions, items, parameters)
    short = train(interactions, items, parameters.but(exhaustive_items=10))
    assert short.cells
    assert ids(short, SPACE_FAN, 5) == ids(whole, SPACE_FAN, 5)
    history = short.resolve(SPACE_FAN)
    user = short.factors.fold_in(history.codes, history.weights)
    codes = np.array([0, 3, 9, 40, 61])
    np.testing.assert_allclose(
        short.score_some(history, codes, user), whole.score(SPACE_FAN)[codes], atol=1e-5
    )


def test_cells_hold_every_item_once_and_open_the_near_ones_first() -> None:
    random = np.random.default_rng(0)
    centres = random.normal(0, 1, (4, 16))
    vectors = np.repeat(centres, 1000, axis=0) + random.normal(0, 0.2, (4000, 16))
    cells = train_cells(vectors.astype(np.float32), seed=1)
    assert sorted(cells.items.tolist()) == list(range(4000))
    opened = cells.nearest(centres[2].astype(np.float32), 500)
    assert np.mean((opened >= 2000) & (opened < 3000)) > 0.95
    assert len(opened) >= 500
