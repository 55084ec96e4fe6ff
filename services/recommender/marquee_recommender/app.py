"""The recommender, declared."""

from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from marquee_recommender.batches.endpoints import router as batches
from marquee_recommender.circle import handlers as circle_handlers
from marquee_recommender.circle.rights import DATASETS as CIRCLE
from marquee_recommender.discover.conversations import CONVERSATIONS, forget_conversations
from marquee_recommender.discover.endpoints import router as discover
from marquee_recommender.embeddings import tasks as embedding_tasks
from marquee_recommender.evaluations import tasks as evaluation_tasks
from marquee_recommender.evaluations.endpoints import router as evaluations
from marquee_recommender.experiments import handlers as experiment_handlers
from marquee_recommender.experiments.endpoints import members_router as own_experiments
from marquee_recommender.experiments.endpoints import router as experiments
from marquee_recommender.experiments.rights import DATASETS as EXPERIMENTS
from marquee_recommender.exports.endpoints import router as exports
from marquee_recommender.feedback.endpoints import router as feedback
from marquee_recommender.feedback.rights import FEEDBACK
from marquee_recommender.feedback.service import forget_old_feedback
from marquee_recommender.groups.endpoints import router as groups
from marquee_recommender.home.endpoints import router as home
from marquee_recommender.interactions import handlers as interaction_handlers
from marquee_recommender.interactions.rights import INTERACTIONS
from marquee_recommender.members import handlers as member_handlers
from marquee_recommender.models.drift import watch_drift
from marquee_recommender.models.endpoints import router as models
from marquee_recommender.models.service import announce_active
from marquee_recommender.movies import handlers as movie_handlers
from marquee_recommender.recommendations.endpoints import router as recommendations
from marquee_recommender.serving import is_ready, lifespan
from marquee_recommender.settings import RecommenderSettings
from marquee_recommender.tables import SCHEMA, metadata
from marquee_recommender.trainings import tasks, triggers
from marquee_recommender.trainings.endpoints import router as trainings
from marquee_recommender.trainings.triggers import NIGHT_HOUR, train_nightly
from marquee_shared.documentation import documentation_page
from marquee_shared.jobs import Jobs
from marquee_shared.outbox import Handlers
from marquee_shared.rights import Rights
from marquee_shared.service import Context, ScheduledTask, Service

HANDLERS = Handlers()
movie_handlers.register(HANDLERS)
member_handlers.register(HANDLERS)
interaction_handlers.register(HANDLERS)
circle_handlers.register(HANDLERS)
experiment_handlers.register(HANDLERS)

RIGHTS = Rights(SCHEMA, [INTERACTIONS, *CIRCLE, CONVERSATIONS, FEEDBACK, *EXPERIMENTS])
RIGHTS.register(HANDLERS)

JOBS = Jobs()
tasks.register(JOBS)
evaluation_tasks.register(JOBS)
embedding_tasks.register(JOBS)


async def republish(context: Context[Any]) -> int:
    """Tell anew which model ranks."""
    async with context.database.transaction() as session:
        return await announce_active(session)


async def on_drained(context: Context[Any]) -> None:
    """Start what is due when the events pause: embedding what changed, training on it."""
    await embedding_tasks.on_drained(context)
    await triggers.on_drained(context)


def add_documentation(app: FastAPI, _settings: RecommenderSettings) -> None:
    """Let the data team read the routes where it calls them, on this service's own port."""

    @app.get("/docs", include_in_schema=False)
    async def read_documentation() -> HTMLResponse:
        return documentation_page(app.openapi())


SERVICE = Service(
    name=SCHEMA,
    title="Recommendations that explain themselves, trending, similar films; the data team's API",
    package="marquee_recommender",
    settings=RecommenderSettings,
    metadata=metadata,
    routers=[
        recommendations,
        feedback,
        own_experiments,
        home,
        groups,
        discover,
        models,
        trainings,
        batches,
        evaluations,
        exports,
        experiments,
        RIGHTS.router,
    ],
    handlers=HANDLERS,
    jobs=JOBS,
    schedule=[
        ScheduledTask(train_nightly, hour=NIGHT_HOUR, minute=frozenset({30})),
        ScheduledTask(forget_old_feedback, hour=NIGHT_HOUR, minute=frozenset({50})),
        ScheduledTask(forget_conversations, hour=None, minute=frozenset({40})),
        ScheduledTask(watch_drift, hour=None, minute=frozenset({15})),
    ],
    peers=["social"],
    republish=republish,
    lifespan=lifespan,
    on_drained=on_drained,
    ready=is_ready,
    extend=add_documentation,
)
