"""Every table of the service, so that its metadata is complete for migrations."""

from marquee_social.movies.models import Movie
from marquee_social.ratings.models import Rating, RatingCounts, RatingTotals
from marquee_social.signals.models import Signal
from marquee_social.tables import metadata
from marquee_social.users.models import User

__all__ = ["Movie", "Rating", "RatingCounts", "RatingTotals", "Signal", "User", "metadata"]
