"""Edge authentication: the verifier that services use too, reached without waiting when it knows.

Identity's keys and its word on opaque tokens come through the same client as every other call.
"""

from typing import Any

import orjson

from marquee_gateway.problems import InvalidToken, Unavailable
from marquee_gateway.upstream.calls import ServiceClient
from marquee_shared.auth import JwksCache, Principal, Revocations, TokenVerifier

JWKS_TIMEOUT = 3.0


class Tokens:
    """Turns an `Authorization` header into the caller."""

    def __init__(
        self, identity: ServiceClient, *, issuer: str, audience: str, revocations: Revocations
    ) -> None:
        self._identity = identity
        self._verifier = TokenVerifier(
            issuer=issuer,
            audience=audience,
            jwks=JwksCache(self._fetch_keys),
            revocations=revocations,
            introspect=self._introspect,
        )

    def remembered(self, authorization: bytes) -> Principal | None:
        """Return the caller if the token was verified a moment ago, else None.

        Raises:
            InvalidToken: not a bearer token, or revoked since.
        """
        return self._verifier.remembered(bearer(authorization))

    async def verify(self, authorization: bytes) -> Principal:
        """Return the caller.

        Raises:
            InvalidToken: anything is wrong with the token.
            Unavailable: identity cannot be asked.
        """
        return await self._verifier.verify(bearer(authorization))

    async def _fetch_keys(self) -> dict[str, Any]:
        answer = await self._identity.call(
            b"GET /v1/.well-known/jwks.json HTTP/1.1\r\naccept: application/json\r\n",
            b"",
            timeout=JWKS_TIMEOUT,
            idempotent=True,
        )
        return _json(answer.status, answer.complete, answer.body)

    async def _introspect(self, token: str) -> dict[str, Any]:
        answer = await self._identity.call(
            b"POST /internal/introspect HTTP/1.1\r\naccept: application/json\r\n"
            b"content-type: application/json\r\n",
            orjson.dumps({"token": token}),
            timeout=JWKS_TIMEOUT,
            idempotent=True,
        )
        return _json(answer.status, answer.complete, answer.body)


def bearer(authorization: bytes) -> str:
    """Return the token of an `Authorization` header.

    Raises:
        InvalidToken: another scheme, or nothing after it.
    """
    scheme, _, token = authorization.strip().partition(b" ")
    if scheme.lower() != b"bearer" or not token.strip():
        raise InvalidToken
    return token.strip().decode("latin-1")


def _json(status: int, complete: bool, body: bytes) -> dict[str, Any]:
    if status != 200 or not complete:  # noqa: PLR2004 - ok
        raise Unavailable
    parsed = orjson.loads(body)
    if not isinstance(parsed, dict):
        raise Unavailable
    return parsed
