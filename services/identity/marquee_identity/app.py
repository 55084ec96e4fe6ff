"""Identity, declared."""

from marquee_identity.accounts.endpoints import router as accounts
from marquee_identity.accounts.models import Code
from marquee_identity.accounts.tasks import jobs
from marquee_identity.keys.endpoints import router as keys
from marquee_identity.keys.tasks import tend_keys
from marquee_identity.running import lifespan
from marquee_identity.sessions.endpoints import router as sessions
from marquee_identity.sessions.service import delete_expired_sessions
from marquee_identity.settings import IdentitySettings
from marquee_identity.tables import metadata
from marquee_identity.tokens.endpoints import router as tokens
from marquee_identity.users.endpoints import router as users
from marquee_identity.users.handlers import handlers
from marquee_identity.users.service import republish_users
from marquee_shared.service import ScheduledTask, Service

MODELS = (Code,)
"""Tables that only SQL text names: importing them is what puts them into the metadata."""

SERVICE = Service(
    name="identity",
    title="Accounts, sessions, tokens, profiles",
    package="marquee_identity",
    settings=IdentitySettings,
    metadata=metadata,
    routers=[accounts, sessions, users, keys, tokens],
    handlers=handlers,
    jobs=jobs,
    schedule=[
        ScheduledTask(tend_keys, hour=None, minute=frozenset({7})),
        ScheduledTask(delete_expired_sessions, hour=3, minute=frozenset({17})),
    ],
    republish=republish_users,
    lifespan=lifespan,
)
