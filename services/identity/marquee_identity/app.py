"""Identity, declared."""

from typing import Any

from marquee_identity.accounts import tasks as account_tasks
from marquee_identity.accounts.endpoints import router as accounts
from marquee_identity.accounts.models import Code
from marquee_identity.applications.endpoints import router as applications
from marquee_identity.avatars.endpoints import router as avatars
from marquee_identity.avatars.models import DiscardedAvatar
from marquee_identity.avatars.service import delete_discarded
from marquee_identity.emails.endpoints import router as emails
from marquee_identity.erasures import handlers as erasure_handlers
from marquee_identity.erasures import tasks as erasure_tasks
from marquee_identity.erasures.endpoints import router as erasures
from marquee_identity.erasures.service import erase_due
from marquee_identity.exports import tasks as export_tasks
from marquee_identity.exports.endpoints import router as exports
from marquee_identity.keys.endpoints import router as keys
from marquee_identity.keys.tasks import tend_keys
from marquee_identity.oauth.endpoints import router as oauth
from marquee_identity.oauth.models import Authorization
from marquee_identity.oauth.token_endpoints import router as oauth_tokens
from marquee_identity.oauth.tokens import delete_expired_authorizations
from marquee_identity.oidc import tasks as oidc_tasks
from marquee_identity.oidc.endpoints import router as oidc
from marquee_identity.oidc.models import LinkedIdentity
from marquee_identity.passwords import tasks as password_tasks
from marquee_identity.passwords.endpoints import router as passwords
from marquee_identity.relationships import handlers as relationship_handlers
from marquee_identity.roles.endpoints import router as roles
from marquee_identity.running import lifespan
from marquee_identity.security import tasks as security_tasks
from marquee_identity.security.endpoints import router as security
from marquee_identity.security.service import delete_old_security_events
from marquee_identity.sessions.endpoints import router as sessions
from marquee_identity.sessions.service import delete_expired_sessions
from marquee_identity.settings import IdentitySettings
from marquee_identity.suspensions import handlers as suspension_handlers
from marquee_identity.suspensions.models import Suspension
from marquee_identity.tables import metadata
from marquee_identity.tastes.endpoints import router as tastes
from marquee_identity.tastes.service import republish_tastes
from marquee_identity.tokens.endpoints import router as tokens
from marquee_identity.users.endpoints import router as users
from marquee_identity.users.handlers import handlers
from marquee_identity.users.service import republish_users
from marquee_shared.jobs import Jobs
from marquee_shared.service import Context, ScheduledTask, Service

MODELS = (Code, Suspension, LinkedIdentity, DiscardedAvatar, Authorization)
"""Tables that only SQL text names: importing them is what puts them into the metadata."""

suspension_handlers.register(handlers)

JOBS = Jobs()
account_tasks.register(JOBS)
password_tasks.register(JOBS)
oidc_tasks.register(JOBS)
security_tasks.register(JOBS)
erasure_handlers.register(handlers)
relationship_handlers.register(handlers)
erasure_tasks.register(JOBS)
export_tasks.register(JOBS)


async def republish(context: Context[Any]) -> int:
    """Tell every member and every taste anew; return how many events."""
    return await republish_users(context) + await republish_tastes(context)


DELEGABLE = frozenset(
    {
        "/v1/me",
        "/v1/me/avatar",
        "/v1/me/language",
        "/v1/me/taste",
        "/v1/me/onboarding",
        "/v1/me/following/people",
        "/v1/me/following/people/{slug}",
        "/v1/users",
        "/v1/users/{username}",
    }
)
"""Where a token made for a program may act for its member; all else guards the account."""

EVERY_MINUTE = frozenset(range(60))

SERVICE = Service(
    name="identity",
    title="Accounts, sessions, tokens, profiles",
    package="marquee_identity",
    settings=IdentitySettings,
    metadata=metadata,
    routers=[
        accounts,
        passwords,
        emails,
        oidc,
        sessions,
        security,
        roles,
        users,
        keys,
        tokens,
        applications,
        oauth,
        oauth_tokens,
        avatars,
        tastes,
        exports,
        erasures,
    ],
    handlers=handlers,
    jobs=JOBS,
    schedule=[
        ScheduledTask(tend_keys, hour=None, minute=frozenset({7})),
        ScheduledTask(delete_expired_sessions, hour=3, minute=frozenset({17})),
        ScheduledTask(delete_old_security_events, hour=3, minute=frozenset({27})),
        ScheduledTask(export_tasks.delete_expired_exports, hour=None, minute=frozenset({37})),
        ScheduledTask(delete_discarded, hour=None, minute=frozenset({47})),
        ScheduledTask(delete_expired_authorizations, hour=None, minute=frozenset({57})),
        ScheduledTask(erase_due, hour=None, minute=EVERY_MINUTE),
    ],
    peers=["catalog", "social", "recommender"],
    delegable=DELEGABLE,
    republish=republish,
    lifespan=lifespan,
)
