"""Access tokens (RFC 9068): what they say, and their signature."""

import time
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from joserfc import jwt
from joserfc.jwk import ECKey
from uuid6 import uuid7

from marquee_identity.keys.service import ACCESS_TOKEN_LIFETIME
from marquee_identity.running import PartsDep
from marquee_identity.settings import IdentitySettings
from marquee_identity.users.models import User
from marquee_shared.auth.tokens import ALGORITHM, TYPE

EXPIRES_IN = int(ACCESS_TOKEN_LIFETIME.total_seconds())


async def _signing_key(parts: PartsDep) -> ECKey:
    return await parts.keys.signer()


SigningKeyDep = Annotated[ECKey, Depends(_signing_key)]
"""The key that signs now; ask for it before the session, which it may have to be read for."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a member has granted an application."""

    application_id: UUID
    scopes: tuple[str, ...]


def sign_access_token(
    user: User,
    session_id: UUID,
    key: ECKey,
    settings: IdentitySettings,
    granted: Granted | None = None,
) -> str:
    """Return an access token with the member's claims as they are now.

    One for an application has scopes, which bound what it may do, and no roles.
    """
    now = int(time.time())
    claims = {
        "sub": str(user.id),
        "username": user.username,
        "boarded": user.boarded,
        "verified": user.verified,
        "language": user.language,
        "roles": [] if granted else user.roles,
        "scope": " ".join(granted.scopes) if granted else "",
        "sid": str(session_id),
        "iss": settings.token_issuer,
        "aud": settings.token_audience,
        "iat": now,
        "exp": now + EXPIRES_IN,
        "jti": str(UUID(int=uuid7().int)),
    }
    if granted is not None:
        claims["client_id"] = str(granted.application_id)
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])
