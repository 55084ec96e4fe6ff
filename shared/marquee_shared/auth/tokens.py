"""Verification of access tokens (RFC 9068, RFC 8725): one algorithm, keys only from our JWKS.

`jku`, `x5u` and `jwk` headers are never followed. A `kid` we do not know causes one refetch of
the key set, at most every `REFETCH_SECONDS`. Verified tokens are remembered by digest for at most
30 s, never past `exp`, and never past a revocation of their session.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from marquee_shared.auth.principals import Principal
from marquee_shared.auth.revocations import Revocations
from marquee_shared.problems import InvalidToken, Unavailable

ALGORITHM = "ES256"
TYPE = "at+jwt"
OPAQUE_PREFIX = "mqt_"
CACHE_SECONDS = 30
CACHE_SIZE = 20_000
KEYS_SECONDS = 60
REFETCH_SECONDS = 5
LEEWAY_SECONDS = 5
MAX_TOKEN_LENGTH = 8_192

FetchJwks = Callable[[], Awaitable[dict[str, Any]]]
Introspect = Callable[[str], Awaitable[dict[str, Any]]]


class JwksCache:
    """The signing keys of identity, fetched when needed and kept for a minute."""

    def __init__(self, fetch: FetchJwks) -> None:
        self._fetch = fetch
        self._keys: dict[str, ECKey] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> ECKey:
        """Return the public key of a `kid`.

        Raises:
            InvalidToken: identity publishes no such key.
            Unavailable: the keys were never fetched and identity cannot be reached.
        """
        now = time.monotonic()
        if now - self._fetched_at > KEYS_SECONDS or (
            kid not in self._keys and now - self._tried_at > REFETCH_SECONDS
        ):
            await self._refresh(kid)
        key = self._keys.get(kid)
        if key is None:
            raise InvalidToken
        return key

    async def _refresh(self, kid: str) -> None:
        async with self._lock:
            now = time.monotonic()
            fresh = now - self._fetched_at <= KEYS_SECONDS
            if fresh and (kid in self._keys or now - self._tried_at <= REFETCH_SECONDS):
                return
            self._tried_at = now
            try:
                document = await self._fetch()
            except Exception as error:
                if self._keys:
                    return  # yesterday's keys still verify; a new one will be fetched later
                raise Unavailable from error
            self._keys = {
                item["kid"]: ECKey.import_key(item)
                for item in document.get("keys", ())
                if item.get("kty") == "EC" and item.get("crv") == "P-256" and "d" not in item
            }
            self._fetched_at = now


class TokenVerifier:
    """Turns a bearer token into a `Principal`, or raises `InvalidToken`."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        jwks: JwksCache,
        revocations: Revocations,
        introspect: Introspect | None = None,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._jwks = jwks
        self._revocations = revocations
        self._introspect = introspect
        self._registry = jws.JWSRegistry(algorithms=[ALGORITHM])
        self._cache: dict[bytes, tuple[Principal, float, str | None]] = {}

    async def verify(self, token: str) -> Principal:
        """Return the caller a token stands for.

        Raises:
            InvalidToken: anything at all is wrong with it.
            Unavailable: it cannot be checked because identity is out of reach.
        """
        principal = self.remembered(token)
        if principal is None:
            now = time.time()
            principal, kid = await self._check(token, now)
            if len(self._cache) >= CACHE_SIZE:
                self._cache.clear()
            until = min(now + CACHE_SECONDS, principal.expires_at)
            self._cache[_digest(token)] = (principal, until, kid)
            self._refuse_revoked(principal, kid)
        return principal

    def remembered(self, token: str) -> Principal | None:
        """Return the caller of a token verified a moment ago, without waiting; else None.

        Raises:
            InvalidToken: its session has been revoked since, or the key that signed it.
        """
        cached = self._cache.get(_digest(token))
        if cached is None or cached[1] <= time.time():
            return None
        self._refuse_revoked(cached[0], cached[2])
        return cached[0]

    def _refuse_revoked(self, principal: Principal, kid: str | None) -> None:
        if principal.session_id is not None and self._revocations.is_revoked(principal.session_id):
            raise InvalidToken
        if kid is not None and self._revocations.is_withdrawn(kid):
            raise InvalidToken

    async def _check(self, token: str, now: float) -> tuple[Principal, str | None]:
        if len(token) > MAX_TOKEN_LENGTH:
            raise InvalidToken
        if token.startswith(OPAQUE_PREFIX):
            if self._introspect is None:
                raise InvalidToken
            answer = await self._introspect(token)
            if not answer.get("active"):
                raise InvalidToken
            return _principal(answer, int(answer.get("exp") or now + CACHE_SECONDS)), None
        try:
            parsed = jws.extract_compact(token.encode("ascii"))
            header = parsed.headers()
            if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or "crit" in header:
                raise InvalidToken
            kid = header.get("kid")
            if not isinstance(kid, str):
                raise InvalidToken
            key = await self._jwks.key(kid)
            verified = jws.deserialize_compact(token, key, registry=self._registry)
            claims = orjson.loads(verified.payload)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise InvalidToken from error
        expires = claims.get("exp") if isinstance(claims, dict) else None
        if (
            not isinstance(expires, int)
            or expires + LEEWAY_SECONDS <= now
            or claims.get("iss") != self._issuer
            or claims.get("aud") != self._audience
            or claims.get("iat", 0) > now + LEEWAY_SECONDS
        ):
            raise InvalidToken
        return _principal(claims, expires), kid


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode(errors="replace"), digest_size=16).digest()


def _principal(claims: dict[str, Any], expires: int) -> Principal:
    try:
        session = claims.get("sid")
        return Principal(
            id=UUID(claims["sub"]),
            username=claims["username"],
            kind="service" if claims.get("kind") == "service" else "member",
            roles=frozenset(claims.get("roles") or ()),
            scopes=frozenset((claims.get("scope") or "").split()),
            verified=claims.get("verified") is True,
            boarded=claims.get("boarded") is True,
            language=claims.get("language"),
            session_id=UUID(session) if session else None,
            expires_at=expires,
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise InvalidToken from error
