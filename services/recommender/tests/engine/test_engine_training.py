from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from marquee_recommender.engine import (
    Event,
    Interactions,
    Items,
    Model,
    Parameters,
    ParametersInvalid,
    Profile,
    TrainingCancelled,
    train,
)
from marquee_recommender.engine.cases import build_cases
from marquee_recommender.engine.evaluation import evaluate
from marquee_recommender.engine.splits import SplitKind, split
from marquee_recommender.engine.tuning import tune

if TYPE_CHECKING:
    from pathlib import Path


def test_the_same_seed_gives_the_same_model_to_the_byte(
    interactions: Interactions, items: Items, parameters: Parameters, tmp_path: Path
) -> None:
    manifests = [
        train(interactions, items, parameters).save(tmp_path / name) for name in ("a", "b")
    ]
    assert manifests[0]["files"] == manifests[1]["files"]


def test_every_item_is_in_the_model_most_popular_first(model: Model) -> None:
    assert set(model.item_ids.tolist()) == {*range(100, 131), *range(200, 231)}
    assert model.counts.tolist() == sorted(model.counts.tolist(), reverse=True)
    assert model.counts[model.positions[130]] == 0


def test_a_model_without_features_or_times_still_ranks() -> None:
    random = np.random.default_rng(0)
    data = Interactions.load(
        [f"u{n}" for n in random.integers(0, 40, 500)],
        [f"film {n}" for n in random.integers(0, 30, 500)],
    )
    model = train(data, parameters=Parameters(factors=8, threads=1))
    found = model.recommend(Profile([Event("film 3")]), 10)
    assert len(found) == 10
    assert model.session is None


def test_progress_is_told_and_can_cancel(
    interactions: Interactions, items: Items, parameters: Parameters
) -> None:
    told: list[tuple[str, int, int]] = []
    train(interactions, items, parameters, lambda *step: told.append(step))
    assert {stage for stage, _, _ in told} == {"content", "sequence", "linear", "factors"}
    assert told[-1] == ("factors", parameters.iterations, parameters.iterations)

    def cancel(stage: str, done: int, total: int) -> None:
        raise TrainingCancelled(f"{stage} {done}/{total}")

    with pytest.raises(TrainingCancelled):
        train(interactions, items, parameters, cancel)


def test_unknown_or_impossible_parameters_are_refused() -> None:
    with pytest.raises(ParametersInvalid, match="magic"):
        Parameters.from_dict({"magic": 1})
    for wrong in ({"confidence": 1.0}, {"linear_dropout": 1.0}, {"weights": {"luck": 1}}):
        with pytest.raises(ParametersInvalid):
            Parameters.from_dict(wrong)
    assert Parameters.from_dict(Parameters().to_dict()) == Parameters()


def test_the_blend_finds_what_popularity_does_not(
    interactions: Interactions, items: Items, parameters: Parameters
) -> None:
    parts = split(interactions, "random", 0.25, seed=1)
    model = train(parts.train, items, parameters)
    report = evaluate(model, build_cases(parts.known, parts.hidden, model.item_ids), [10])
    rankers = report["rankers"]
    assert rankers["blend"]["ndcg@10"]["value"] > 1.2 * rankers["popularity"]["ndcg@10"]["value"]
    assert {"coverage@20", "novelty@20", "diversity@20", "calibration@20", "popularity_bias@20"} < (
        set(report["metrics"])
    )
    curve = [report["cold_start"][str(n)]["value"] for n in (0, 3)]
    assert curve[1] > curve[0]


@pytest.mark.parametrize("kind", ["random", "last_out", "users"])
def test_tuning_keeps_the_best_it_tried_and_tells_all(
    interactions: Interactions, items: Items, parameters: Parameters, kind: SplitKind
) -> None:
    tuned = tune(interactions, items, parameters, kind=kind, budget_seconds=2)
    stages = {trial.stage for trial in tuned.trials}
    assert {"linear", "factors", "session", "blend"} <= stages
    assert ("recency" in stages) == (kind == "last_out")
    linear = max(
        (t for t in tuned.trials if t.stage == "linear"), key=lambda trial: trial.objective
    )
    for name, value in linear.settings.items():
        assert getattr(tuned.parameters, name) == value
    assert all(trial.to_dict()["seconds"] >= 0 for trial in tuned.trials)


def test_serving_needs_no_training_library(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path)
    program = (
        "import sys; from marquee_recommender.engine import Model, Profile, Event\n"
        f"model = Model.load({str(tmp_path)!r})\n"
        "assert model.recommend(Profile([Event(100, value=5.0)]), 5)\n"
        "heavy = {'scipy', 'implicit'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
