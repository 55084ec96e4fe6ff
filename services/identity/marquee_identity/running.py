"""What a running identity process holds besides the shared context, and how endpoints get it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, Request

from marquee_identity.itself import Itself
from marquee_identity.keys.ring import KeyRing
from marquee_identity.keys.sealing import Seal
from marquee_identity.limits.attempts import Attempts
from marquee_identity.oidc.provider import Provider
from marquee_identity.passwords.hashing import PasswordHashing
from marquee_identity.settings import IdentitySettings
from marquee_shared.service import Context

PARTS = "identity"


class Parts:
    """Password threads, signing keys, attempt limits and sign-in provider of one process."""

    def __init__(self, context: Context[IdentitySettings]) -> None:
        settings = context.settings
        self.passwords = PasswordHashing(settings.password_workers, settings.password_queue)
        self.keys = KeyRing(context.database, Seal(settings.key_encryption_key))
        self.provider = Provider(settings) if settings.google_client_id else None
        self.attempts = Attempts(context.redis, settings.rate_limit_factor)


@asynccontextmanager
async def lifespan(context: Context[IdentitySettings], _process: str) -> AsyncIterator[None]:
    """Give the context its parts; identity answers itself without a network."""
    parts = Parts(context)
    context.state[PARTS] = parts
    context.peers["identity"] = Itself(context.database, parts.keys)
    try:
        yield
    finally:
        parts.passwords.close()


def parts_of(context: Context[Any]) -> Parts:
    """Return the parts of a context whose lifespan runs."""
    parts: Parts = context.state[PARTS]
    return parts


async def _context(request: Request) -> Context[IdentitySettings]:
    context: Context[IdentitySettings] = request.app.state.context
    return context


ContextDep = Annotated[Context[IdentitySettings], Depends(_context)]


async def _parts(context: ContextDep) -> Parts:
    return parts_of(context)


PartsDep = Annotated[Parts, Depends(_parts)]
