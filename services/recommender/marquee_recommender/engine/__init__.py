"""The recommender's numeric heart: no web, no database, arrays in and rankings out.

`train` makes a `Model` from `Interactions` and `Items`; `Model.recommend` answers for a `Profile`
as it is at this moment. Serving needs numpy alone: what only training needs is imported by the
functions that use it, so that a worker process stays small.
"""

from marquee_recommender.engine.errors import (
    ArtifactInvalid,
    EngineError,
    InteractionsInvalid,
    ParametersInvalid,
    TrainingCancelled,
)
from marquee_recommender.engine.interactions import UNKNOWN_TIME, Interactions
from marquee_recommender.engine.items import Items
from marquee_recommender.engine.model import Model, Recommendation
from marquee_recommender.engine.parameters import PARTS, Parameters
from marquee_recommender.engine.profiles import Event, Profile
from marquee_recommender.engine.reasons import Boost, Explanation, FilmContribution, Reason
from marquee_recommender.engine.threads import serve_on_one_thread
from marquee_recommender.engine.training import Progress, train

__all__ = [
    "PARTS",
    "UNKNOWN_TIME",
    "ArtifactInvalid",
    "Boost",
    "EngineError",
    "Event",
    "Explanation",
    "FilmContribution",
    "Interactions",
    "InteractionsInvalid",
    "Items",
    "Model",
    "Parameters",
    "ParametersInvalid",
    "Profile",
    "Progress",
    "Reason",
    "Recommendation",
    "TrainingCancelled",
    "serve_on_one_thread",
    "train",
]
