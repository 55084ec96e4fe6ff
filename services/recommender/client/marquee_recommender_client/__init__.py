"""The recommender's data-team API, typed."""

from marquee_recommender_client.client import RecommenderClient
from marquee_recommender_client.errors import ApiError, JobNotSucceeded
from marquee_recommender_client.models import (
    Assignment,
    Estimate,
    Experiment,
    Job,
    Model,
    Recommendation,
    Report,
    UserRecommendations,
    Variant,
)

__all__ = [
    "ApiError",
    "Assignment",
    "Estimate",
    "Experiment",
    "Job",
    "JobNotSucceeded",
    "Model",
    "Recommendation",
    "RecommenderClient",
    "Report",
    "UserRecommendations",
    "Variant",
]
