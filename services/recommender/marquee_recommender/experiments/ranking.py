"""A variant's way of ranking: the model that ranks, with other dials and the same arrays."""

from dataclasses import replace
from typing import Any

from marquee_recommender.engine import Parameters
from marquee_recommender.models.active import ActiveModel

BLEND = "blend"
ORDER_OF_TIES = 0.001
"""What popularity weighs beside a single ranker, which has no opinion of most films."""
SHARED = ("positions", "taste_features", "factor_norms")
"""What a model computes once from arrays that its variants share."""


def with_config(parameters: Parameters, config: dict[str, Any]) -> Parameters:
    """Return the dials as a variant sets them; what it does not name stays the model's."""
    ranker = config.get("ranker") or BLEND
    warm, cold = parameters.weights, parameters.cold_weights
    if ranker != BLEND:
        warm = cold = {"popularity": ORDER_OF_TIES, ranker: 1.0}
    warm = {**warm, **(config.get("weights") or {})}
    cold = {**cold, **(config.get("cold_weights") or {})}
    diversity = config.get("diversity")
    return parameters.but(
        weights=warm,
        cold_weights=cold,
        diversity=parameters.diversity if diversity is None else diversity,
    )


def vary(active: ActiveModel, config: dict[str, Any]) -> ActiveModel:
    """Return the model as a variant ranks with it; itself where nothing is set."""
    parameters = with_config(active.model.parameters, config)
    if parameters == active.model.parameters:
        return active
    model = replace(active.model, parameters=parameters)
    held = vars(active.model)
    vars(model).update({name: held[name] for name in SHARED if name in held})
    return ActiveModel(active.version, model)
