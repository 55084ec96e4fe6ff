"""Signed-in editors: a random cookie, and behind it the tokens that identity gave.

Redis holds them under the cookie's digest, sealed by a key that only the cookie gives: who reads
Redis has neither. The access token is verified at every request, so a revoked session, a lost
role or a suspension ends the panel's session as it ends every other.
"""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.fernet import Fernet
from cryptography.fernet import InvalidToken as BadSeal

from marquee_shared.auth.principals import Principal
from marquee_shared.auth.tokens import TokenVerifier
from marquee_shared.problems import InvalidToken
from marquee_shared.service import Context

ROLES: Final = ("editor", "administrator")
LIFETIME: Final = 12 * 3600
REFRESH_BEFORE: Final = 60
"""Seconds before its end at which an access token is renewed."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An editor with a session, and the token their calls are made with."""

    principal: Principal
    access_token: str


class SignInError(Exception):
    """Identity refused the credentials, or the member is no editor."""

    def __init__(self, status: int, words: str) -> None:
        self.status = status
        self.words = words
        super().__init__(words)


def may_edit(principal: Principal) -> bool:
    """Whether the panel is for this member."""
    return principal.kind == "member" and principal.verified and principal.has_role(*ROLES)


class PanelSessions:
    """Opens, finds and ends sessions."""

    def __init__(self, context: Context[Any], verifier: TokenVerifier) -> None:
        self._redis = context.redis
        self._identity = context.peer("identity")
        self._verifier = verifier

    async def open(self, login: str, password: str, address: str) -> str:
        """Sign in at identity and return the cookie of a new session.

        Raises:
            SignInError: wrong credentials, too many tries, or not an editor.
        """
        headers = {"X-Forwarded-For": address}
        status, answer = await self._identity.json(
            "POST", "/v1/auth/login", body={"login": login, "password": password}, headers=headers
        )
        if status != 200:  # noqa: PLR2004 - ok
            raise SignInError(status, answer["detail"])
        principal = await self._verifier.verify(answer["access_token"])
        if not may_edit(principal):
            await self._sign_out(answer["access_token"])
            raise SignInError(403, "This panel is for editors and administrators.")
        cookie = secrets.token_urlsafe(32)
        await self._keep(cookie, answer, time.time() + LIFETIME)
        return cookie

    async def find(self, cookie: str) -> SignedIn | None:
        """Return who a cookie stands for, with a fresh token; None where nobody is signed in."""
        kept = await self._read(cookie)
        if kept is None:
            return None
        token = kept["access"]
        if kept["renew_at"] <= time.time():
            renewed = await self._renew(cookie, kept)
            if renewed is None:
                return None
            token = renewed
        try:
            principal = await self._verifier.verify(token)
        except InvalidToken:
            await self._redis.delete(_key(cookie))
            return None
        if not may_edit(principal):
            await self.end(cookie)
            return None
        return SignedIn(principal, token)

    async def end(self, cookie: str) -> None:
        """End a session here and at identity."""
        kept = await self._read(cookie)
        await self._redis.delete(_key(cookie))
        if kept is not None:
            await self._sign_out(kept["access"])

    async def _renew(self, cookie: str, kept: dict[str, Any]) -> str | None:
        status, answer = await self._identity.json(
            "POST", "/v1/auth/refresh", body={"refresh_token": kept["refresh"]}
        )
        if status != 200:  # noqa: PLR2004 - ok
            await self._redis.delete(_key(cookie))
            return None
        await self._keep(cookie, answer, kept["until"])
        token: str = answer["access_token"]
        return token

    async def _keep(self, cookie: str, answer: dict[str, Any], until: float) -> None:
        content = {
            "access": answer["access_token"],
            "refresh": answer["refresh_token"],
            "renew_at": time.time() + answer["expires_in"] - REFRESH_BEFORE,
            "until": until,
        }
        sealed = _seal(cookie).encrypt(orjson.dumps(content))
        await self._redis.set(_key(cookie), sealed, exat=int(until))

    async def _read(self, cookie: str) -> dict[str, Any] | None:
        sealed = await self._redis.get(_key(cookie))
        if sealed is None:
            return None
        try:
            content: dict[str, Any] = orjson.loads(_seal(cookie).decrypt(sealed))
        except BadSeal:
            return None
        return content

    async def _sign_out(self, token: str) -> None:
        await self._identity.json("POST", "/v1/auth/logout", token=token)


def _key(cookie: str) -> str:
    return f"admin:session:{hashlib.sha256(cookie.encode()).hexdigest()}"


def _seal(cookie: str) -> Fernet:
    digest = hashlib.blake2b(cookie.encode(), digest_size=32, person=b"admin session").digest()
    return Fernet(base64.urlsafe_b64encode(digest))
