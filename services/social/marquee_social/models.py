"""Every table of the service, so that its metadata is complete for migrations."""

from marquee_social.activities.models import Activity
from marquee_social.comments.models import Comment
from marquee_social.friendships.models import Mute, Relationship
from marquee_social.imports.models import MemberImport, MemberImportRow
from marquee_social.lists.models import ListMovie, MovieList
from marquee_social.moderation.models import ModerationEntry, Report
from marquee_social.movies.models import Movie
from marquee_social.notifications.models import Notification, NotificationCounter
from marquee_social.ratings.models import Rating, RatingCounts, RatingTotals
from marquee_social.reactions.models import Reaction
from marquee_social.reviews.models import Review, ReviewVersion
from marquee_social.signals.models import Signal
from marquee_social.sync.models import MemberChange
from marquee_social.tables import metadata
from marquee_social.tastes.models import Taste
from marquee_social.users.models import User
from marquee_social.visibility.models import PrivacySettings
from marquee_social.watch_time.models import (
    MovieWatchTotals,
    WatchDay,
    WatchedMovie,
    Watcher,
    WatchSession,
)

__all__ = [
    "Activity",
    "Comment",
    "ListMovie",
    "MemberChange",
    "MemberImport",
    "MemberImportRow",
    "ModerationEntry",
    "Movie",
    "MovieList",
    "MovieWatchTotals",
    "Mute",
    "Notification",
    "NotificationCounter",
    "PrivacySettings",
    "Rating",
    "RatingCounts",
    "RatingTotals",
    "Reaction",
    "Relationship",
    "Report",
    "Review",
    "ReviewVersion",
    "Signal",
    "Taste",
    "User",
    "WatchDay",
    "WatchSession",
    "WatchedMovie",
    "Watcher",
    "metadata",
]
