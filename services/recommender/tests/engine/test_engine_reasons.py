from __future__ import annotations

import numpy as np
import pytest

from marquee_recommender.engine import Boost, Event, Model, Profile
from marquee_recommender.engine.dissection import FILM_PARTS, dissect

PROFILE = Profile(
    [
        *(Event(100 + 3 * n, value=5.0 - n / 2, at=float(n)) for n in range(6)),
        Event(205, value=1.0, at=7.0),
        Event(206, kind="like", at=8.0),
    ],
    genres=("science-fiction",),
)
TIMELESS = Profile([Event(event.item, event.kind, event.value) for event in PROFILE.events])


def without(profile: Profile, item: object) -> Profile:
    return Profile([e for e in profile.events if e.item != item], profile.genres)


@pytest.mark.parametrize("profile", [PROFILE, TIMELESS])
def test_the_parts_sum_to_the_score_and_the_films_to_their_parts(
    model: Model, profile: Profile
) -> None:
    scores = model.score(profile)
    for item in (110, 220, 130, 230):
        explained = model.explain(profile, item)
        assert explained is not None
        assert explained.score == pytest.approx(sum(explained.parts.values()))
        assert explained.score == pytest.approx(float(scores[model.positions[item]]), abs=1e-4)
        for part in FILM_PARTS:
            total = sum(film.parts[part] for film in explained.films)
            assert total == pytest.approx(explained.parts[part], abs=1e-5)
        features = sum(amount for _, _, amount in explained.features)
        assert features == pytest.approx(explained.parts["features"], abs=1e-6)


def test_the_item_item_part_is_the_models_own_matrix(model: Model) -> None:
    explained = model.explain(TIMELESS, 110)
    assert explained is not None
    history = model.resolve(TIMELESS)
    blend = model.coefficients(len(history.codes))["linear"]
    by_item = {film.item: film.parts["linear"] for film in explained.films}
    code = model.positions[110]
    for film, weight in zip(history.codes.tolist(), history.weights.tolist(), strict=True):
        expected = blend * weight * float(model.linear[film, code])
        assert by_item[model.item_ids[film]] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("profile", [PROFILE, TIMELESS])
def test_without_a_named_film_the_score_falls(model: Model, profile: Profile) -> None:
    named = 0
    for entry in model.recommend(profile, 30):
        for reason in entry.reasons:
            if reason.kind == "because_you_rated":
                named += 1
                fewer = model.score(without(profile, reason.subject))
                assert float(fewer[model.positions[entry.item]]) < entry.score
    assert named > 10


@pytest.mark.parametrize("profile", [PROFILE, TIMELESS])
def test_the_counterfactual_is_the_score_of_the_shorter_profile(
    model: Model, profile: Profile
) -> None:
    history = model.resolve(profile)
    pool = np.array([model.positions[item] for item in (110, 220, 130)])
    predicted = dissect(model, history, pool).without(np.arange(len(history.codes)))
    for row, film in enumerate(history.codes.tolist()):
        actual = model.score(without(profile, model.item_ids[film].item()))[pool]
        np.testing.assert_allclose(predicted[row], actual, atol=5e-3)


def test_shares_are_of_the_positive_score_and_explained_is_their_sum(model: Model) -> None:
    for entry in model.recommend(PROFILE, 30):
        assert 0 <= entry.explained <= 1
        assert entry.explained == pytest.approx(sum(reason.share for reason in entry.reasons))
        assert [r.share for r in entry.reasons] == sorted(
            (r.share for r in entry.reasons), reverse=True
        )
        for reason in entry.reasons:
            assert reason.contribution > 0


def test_a_film_disliked_is_never_a_reason(model: Model) -> None:
    subjects = {r.subject for e in model.recommend(PROFILE, 60) for r in e.reasons}
    assert 205 not in subjects


def test_with_no_history_the_reasons_are_everybodys(model: Model) -> None:
    for entry in model.recommend(Profile(genres=("romance",)), 5):
        assert {reason.kind for reason in entry.reasons} <= {"popular", "trending", "taste"}
        assert entry.reasons


def test_content_is_named_by_its_feature(model: Model) -> None:
    director = model.content.names[model.content.kinds.index("director")]
    features = model.content.kinds.index("director")
    films = model.content.items[model.content.starts[features] : model.content.starts[features + 1]]
    profile = Profile([Event(model.item_ids[films[0]].item(), value=5.0)])
    explained = model.explain(profile, model.item_ids[films[1]].item())
    assert explained is not None
    assert any(
        kind == "director" and name == director and amount > 0
        for kind, name, amount in explained.features
    )


def test_boosts_are_part_of_the_explanation(model: Model) -> None:
    boost = Boost("director", "someone", {110: 0.7})
    explained = model.explain(PROFILE, 110, [boost])
    plain = model.explain(PROFILE, 110)
    assert explained is not None
    assert plain is not None
    assert explained.parts["boosts"] == pytest.approx(0.7)
    assert explained.score - plain.score == pytest.approx(0.7)
    assert model.explain(PROFILE, "unknown") is None
