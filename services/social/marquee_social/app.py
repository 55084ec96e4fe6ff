"""The social service, declared."""

from marquee_shared.service import Service
from marquee_social import models
from marquee_social.movies import handlers as movie_handlers
from marquee_social.ratings import endpoints, republishing
from marquee_social.ratings import handlers as rating_handlers
from marquee_social.reactions import reactions
from marquee_social.settings import SocialSettings
from marquee_social.users import handlers as user_handlers

LOADED = (models, movie_handlers, rating_handlers, user_handlers)
"""Modules that register tables and reactions by being imported."""

SERVICE = Service(
    name="social",
    title="Ratings and what members do around films.",
    package="marquee_social",
    settings=SocialSettings,
    metadata=models.metadata,
    routers=[endpoints.router],
    handlers=reactions,
    peers=["catalog"],
    republish=republishing.republish,
)
