"""What a running identity process holds besides the shared context, and how endpoints get it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, Request

from marquee_identity.itself import Itself
from marquee_identity.keys.ring import KeyRing
from marquee_identity.keys.sealing import seal_of
from marquee_identity.limits.attempts import Attempts
from marquee_identity.oidc.provider import Provider
from marquee_identity.passwords.hashing import PasswordHashing
from marquee_identity.settings import IdentitySettings
from marquee_shared.auth.revocations import KEYS
from marquee_shared.service import Context
from marquee_shared.streams import StreamTail

PARTS = "identity"


class Parts:
    """Password threads, signing keys, attempt limits and sign-in provider of one process."""

    def __init__(self, context: Context[IdentitySettings]) -> None:
        settings = context.settings
        self.passwords = PasswordHashing(settings.password_workers, settings.password_queue)
        self.keys = KeyRing(context.database, seal_of(settings))
        self.provider = Provider(settings) if settings.google_client_id else None
        self.attempts = Attempts(context.redis, settings.rate_limit_factor)


@asynccontextmanager
async def lifespan(context: Context[IdentitySettings], process: str) -> AsyncIterator[None]:
    """Give the context its parts; identity answers itself without a network."""
    parts = Parts(context)
    context.state[PARTS] = parts
    context.peers["identity"] = Itself(context.database, parts.keys)
    withdrawals = StreamTail(context.redis, [KEYS], parts.keys.on_events)
    following = asyncio.create_task(withdrawals.run()) if process == "api" else None
    try:
        yield
    finally:
        if following is not None:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
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
