"""Sign-ins under way: what only we may know until the member comes back, kept in Redis.

Each is taken out once, by whoever brings its state. A client that began with a challenge must
bring the verifier it was made of (as in PKCE), so a state that leaks is of no use to another.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass
from typing import Final

import orjson
from redis.asyncio import Redis

from marquee_identity.oidc.errors import SignInRefused

LIFETIME_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Pending:
    """One sign-in under way: the provider's code verifier and nonce, our client's challenge."""

    verifier: str
    nonce: str
    challenge: str | None


def _key(state: str) -> str:
    return f"oidc:state:{hashlib.sha256(state.encode(errors='replace')).hexdigest()}"


def s256(verifier: str) -> str:
    """Return the challenge of a verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def begin(redis: Redis, challenge: str | None) -> tuple[str, Pending]:
    """Keep a new sign-in; return its state and what was kept."""
    state = secrets.token_urlsafe(32)
    pending = Pending(secrets.token_urlsafe(48), secrets.token_urlsafe(32), challenge)
    await redis.set(_key(state), orjson.dumps(asdict(pending)), ex=LIFETIME_SECONDS)
    return state, pending


async def take(redis: Redis, state: str, verifier: str | None) -> Pending:
    """Return what was kept of a sign-in, once.

    Raises:
        SignInRefused: no such sign-in, or begun by another client.
    """
    kept = await redis.getdel(_key(state))
    if kept is None:
        raise SignInRefused
    pending = Pending(**orjson.loads(kept))
    if pending.challenge is not None and not hmac.compare_digest(
        pending.challenge, s256(verifier or "")
    ):
        raise SignInRefused
    return pending
