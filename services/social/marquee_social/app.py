"""The social service, declared."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from marquee_shared.outbox import Handlers
from marquee_shared.rights import Rights
from marquee_shared.service import Context, ScheduledTask, Service
from marquee_social import models
from marquee_social.activities.endpoints import router as activities
from marquee_social.activities.rights import ACTIVITIES
from marquee_social.comments.endpoints import router as comments
from marquee_social.content.rights import (
    COMMENTS_OF_MEMBERS,
    REACTIONS_OF_MEMBERS,
    REVIEWS_OF_MEMBERS,
)
from marquee_social.exports.endpoints import router as exports
from marquee_social.fills.endpoints import router as fills
from marquee_social.friendships.endpoints import router as friendships
from marquee_social.friendships.rights import RELATIONSHIPS
from marquee_social.friendships.telling import republish_relationships
from marquee_social.imports.endpoints import router as imports
from marquee_social.imports.rights import IMPORTS
from marquee_social.imports.tasks import jobs
from marquee_social.interactions.endpoints import router as interactions
from marquee_social.lists.endpoints import router as lists
from marquee_social.lists.rights import LISTS
from marquee_social.marks import handlers as mark_handlers
from marquee_social.moderation.endpoints import router as moderation
from marquee_social.moderation.republishing import republish_standings
from marquee_social.moderation.rights import REPORTS_OF_MEMBERS
from marquee_social.movies import handlers as movie_handlers
from marquee_social.notifications.endpoints import router as notifications
from marquee_social.notifications.live import live_streams
from marquee_social.notifications.rights import NOTIFICATIONS
from marquee_social.ratings import handlers as rating_handlers
from marquee_social.ratings.endpoints import router as ratings
from marquee_social.ratings.internal import router as rating_totals
from marquee_social.ratings.republishing import republish_totals
from marquee_social.ratings.rights import RATINGS_OF_MEMBERS
from marquee_social.ratings.service import RATINGS
from marquee_social.reactions.endpoints import router as reactions
from marquee_social.reviews.endpoints import router as reviews
from marquee_social.reviews.republishing import republish_reviews
from marquee_social.settings import SocialSettings
from marquee_social.signals.endpoints import router as signals
from marquee_social.signals.rights import SIGNALS_OF_MEMBERS
from marquee_social.signals.service import SIGNALS
from marquee_social.stats.endpoints import router as stats
from marquee_social.sync.endpoints import router as sync
from marquee_social.sync.rights import CHANGES
from marquee_social.tastes import handlers as taste_handlers
from marquee_social.tastes.rights import TASTES
from marquee_social.translation.endpoints import router as translations
from marquee_social.translation.service import STATE as TRANSLATOR
from marquee_social.translation.service import Translator
from marquee_social.users import handlers as user_handlers
from marquee_social.visibility.endpoints import router as privacy
from marquee_social.visibility.privacy import republish_privacy
from marquee_social.visibility.rights import PRIVACY
from marquee_social.watch_time import handlers as watch_time_handlers
from marquee_social.watch_time.endpoints import router as watch_time
from marquee_social.watch_time.intake import trim
from marquee_social.watch_time.republishing import republish_watch_time
from marquee_social.watch_time.rights import WATCH_TIME

HANDLERS = Handlers()
movie_handlers.register(HANDLERS)
user_handlers.register(HANDLERS)
rating_handlers.register(HANDLERS)
mark_handlers.register(HANDLERS)
watch_time_handlers.register(HANDLERS)
taste_handlers.register(HANDLERS)

RIGHTS = Rights(
    "social",
    [
        RATINGS_OF_MEMBERS,
        SIGNALS_OF_MEMBERS,
        WATCH_TIME,
        REACTIONS_OF_MEMBERS,
        COMMENTS_OF_MEMBERS,
        REVIEWS_OF_MEMBERS,
        REPORTS_OF_MEMBERS,
        NOTIFICATIONS,
        RELATIONSHIPS,
        LISTS,
        IMPORTS,
        TASTES,
        PRIVACY,
        ACTIVITIES,
        CHANGES,
    ],
)
RIGHTS.register(HANDLERS)


REPUBLISHED = (
    RATINGS.republish,
    republish_totals,
    SIGNALS.republish,
    republish_watch_time,
    republish_relationships,
    republish_privacy,
    republish_reviews,
    republish_standings,
)


async def republish(context: Context[Any]) -> int:
    """Tell everything anew; return how many events."""
    return sum([await tell(context) for tell in REPUBLISHED])


@asynccontextmanager
async def lifespan(context: Context[SocialSettings], process: str) -> AsyncIterator[None]:
    """Hold what a process has of its own: the live streams and the translator."""
    translator = Translator(context)
    context.state[TRANSLATOR] = translator
    try:
        async with live_streams(context, process):
            yield
    finally:
        await translator.close()


SERVICE = Service(
    name="social",
    title="Ratings, signals, and what members do around films",
    package="marquee_social",
    settings=SocialSettings,
    metadata=models.metadata,
    routers=[
        watch_time,  # what players report is by far the most, and routes are tried in order
        ratings,
        rating_totals,
        signals,
        reviews,
        comments,
        reactions,
        moderation,
        translations,
        interactions,
        friendships,
        privacy,
        notifications,
        activities,
        stats,
        sync,
        lists,
        imports,
        fills,
        exports,
        RIGHTS.router,
    ],
    handlers=HANDLERS,
    jobs=jobs,
    schedule=[ScheduledTask(trim, hour=None, minute=frozenset(range(60)))],
    peers=["catalog", "recommender"],
    republish=republish,
    lifespan=lifespan,
)
