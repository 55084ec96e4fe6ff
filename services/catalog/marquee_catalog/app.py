"""The catalog, declared."""

from marquee_catalog.admin.panel import mount_panel
from marquee_catalog.channels import models as _channel_tables  # noqa: F401 - tables register here
from marquee_catalog.channels.endpoints import router as channels
from marquee_catalog.contents.endpoints import router as contents
from marquee_catalog.covers import models as _picture_tables  # noqa: F401 - likewise
from marquee_catalog.covers.endpoints import router as covers
from marquee_catalog.covers.tasks import remove_unused_pictures
from marquee_catalog.database import metadata
from marquee_catalog.genres import models as _genre_tables  # noqa: F401 - likewise
from marquee_catalog.groups.endpoints import router as groups
from marquee_catalog.history import models as _history_tables  # noqa: F401 - likewise
from marquee_catalog.history.audit import EDITS
from marquee_catalog.imports import models as _import_tables  # noqa: F401 - likewise
from marquee_catalog.imports.endpoints import exports
from marquee_catalog.imports.endpoints import router as imports
from marquee_catalog.imports.tasks import jobs
from marquee_catalog.matches.endpoints import router as matches
from marquee_catalog.movies import models as _movie_tables  # noqa: F401 - likewise
from marquee_catalog.movies import retelling
from marquee_catalog.movies.endpoints import router as movies
from marquee_catalog.movies.handlers import handlers
from marquee_catalog.people import models as _people_tables  # noqa: F401 - likewise
from marquee_catalog.people.endpoints import router as people
from marquee_catalog.refreshing import models as _popularity_tables  # noqa: F401 - likewise
from marquee_catalog.refreshing.tasks import refresh_popularity, refresh_ratings
from marquee_catalog.republish import republish
from marquee_catalog.search import models as _search_tables  # noqa: F401 - likewise
from marquee_catalog.search.endpoints import router as search
from marquee_catalog.settings import CatalogSettings
from marquee_catalog.taxonomies.endpoints import routers as taxonomies
from marquee_shared.rights import Rights
from marquee_shared.service import ScheduledTask, Service

RIGHTS = Rights("catalog", [EDITS])
RIGHTS.register(handlers)

jobs.job(retelling.KIND)(retelling.run_retell)

SERVICE = Service(
    name="catalog",
    title="Films, people, genres, search and imports",
    package="marquee_catalog",
    settings=CatalogSettings,
    metadata=metadata,
    routers=[
        movies,
        *taxonomies,
        people,
        search,
        channels,
        contents,
        groups,
        covers,
        imports,
        exports,
        matches,
        RIGHTS.router,
    ],
    handlers=handlers,
    jobs=jobs,
    schedule=[
        ScheduledTask(refresh_ratings, hour=3, minute=frozenset({40})),
        ScheduledTask(remove_unused_pictures, hour=4, minute=frozenset({50})),
        ScheduledTask(refresh_popularity, hour=4, minute=frozenset({10})),
    ],
    peers=["recommender", "social"],
    republish=republish,
    extend=mount_panel,
)
