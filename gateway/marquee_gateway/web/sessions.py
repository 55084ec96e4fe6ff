"""Members' sessions: the browser holds a random id, Redis the tokens, sealed under that id.

Redis knows neither id nor tokens: the key is a hash of the id, and the record is encrypted with a
key made from it. A guest's id opens nothing; it only makes the tokens in guests' forms.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from redis.asyncio import Redis

from marquee_gateway.redis_batch import RedisBatch
from marquee_gateway.web.api import Answer, Api

LIFETIME: Final = 30 * 86_400
"""Seconds a session may lie unused, as refresh tokens do."""

PATIENCE: Final = 2.0
"""Seconds Redis may take: nobody is to seem signed out because it was busy for a moment."""

EARLY: Final = 30.0
"""Seconds before its end that an access token counts as used up."""

MEMBER: Final = "m."
GUEST: Final = "g."
_ID: Final = re.compile(r"[mg]\.[A-Za-z0-9_-]{43}")


@dataclass(slots=True)
class Session:
    """What is kept of a signed-in member."""

    id: str
    access: str
    refresh: str
    expires_at: float
    user: dict[str, Any]

    @property
    def stale(self) -> bool:
        """Whether the access token is used up."""
        return time.time() > self.expires_at - EARLY


class Sessions:
    """Opens, finds, renews and ends sessions.

    Raises, wherever Redis is asked:
        RedisGone: it does not answer.
    """

    def __init__(self, redis: Redis, api: Api) -> None:
        self._redis = RedisBatch(redis, PATIENCE)
        self._api = api
        self._renewals: dict[str, asyncio.Task[Session | None]] = {}

    async def open(self, tokens: dict[str, Any]) -> Session:
        """Begin a session, under an id nobody has seen before, with what a sign-in answered."""
        session = _session(MEMBER + secrets.token_urlsafe(32), tokens)
        await self.save(session)
        return session

    async def find(self, key: str) -> Session | None:
        """Return the session of an id; None where it has ended or never was."""
        if not key.startswith(MEMBER):
            return None
        sealed = await self._redis.call("GET", _name(key))
        return None if sealed is None else _unseal(key, sealed)

    async def save(self, session: Session) -> None:
        """Keep a session."""
        await self._redis.call("SET", _name(session.id), _seal(session), "EX", LIFETIME)

    async def drop(self, key: str) -> None:
        """Forget a session."""
        await self._redis.call("DEL", _name(key))

    async def renew(
        self, session: Session, *, address: str, fields: dict[str, str]
    ) -> Session | None:
        """Exchange the tokens for new ones; None where the session has ended.

        In one process all who ask at once share one exchange. Another replica may spend the same
        refresh token at the same moment: identity gives both the same successor, and whoever
        comes too late for that finds the other's tokens in Redis.
        """
        task = self._renewals.get(session.id)
        if task is None:
            work = self._exchange(session, address, fields)
            task = asyncio.get_running_loop().create_task(work)
            self._renewals[session.id] = task
            task.add_done_callback(lambda _: self._renewals.pop(session.id, None))
        return await asyncio.shield(task)

    async def _exchange(
        self, session: Session, address: str, fields: dict[str, str]
    ) -> Session | None:
        latest = await self.find(session.id)
        if latest is None or latest.refresh != session.refresh:
            return latest
        answer = await self._api.call(
            "POST",
            "/v1/auth/refresh",
            address=address,
            fields={**fields, "content-type": "application/json"},
            body=orjson.dumps({"refresh_token": session.refresh}),
        )
        if answer.ok:
            renewed = _session(session.id, answer.data)
            await self.save(renewed)
            return renewed
        if answer.status not in {401, 403}:
            raise IdentityAway(answer)
        latest = await self.find(session.id)
        if latest is not None and latest.refresh != session.refresh:
            return latest
        await self.drop(session.id)
        return None


class IdentityAway(Exception):  # noqa: N818 - a state, told on the page
    """A session could not be renewed just now; it has not ended."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.code)


def known_id(text: str) -> str:
    """Return an id that we may have given, else none."""
    return text if _ID.fullmatch(text) else ""


def guest_id() -> str:
    """Return an id for someone not signed in."""
    return GUEST + secrets.token_urlsafe(32)


def derived(key: str, purpose: str) -> str:
    """Return a secret that only who knows the id can make, and that does not give it away."""
    return hmac.digest(key.encode(), purpose.encode(), "sha256").hex()


def form_token(key: str) -> str:
    """Return what a form must carry so that it can only come from a page given to this browser."""
    return derived(key, "form")


def is_form_token(key: str, given: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(form_token(key).encode(), given.encode())


def _session(key: str, tokens: dict[str, Any]) -> Session:
    return Session(
        id=key,
        access=tokens["access_token"],
        refresh=tokens["refresh_token"],
        expires_at=time.time() + tokens["expires_in"],
        user=tokens["user"],
    )


def _name(key: str) -> str:
    return f"web:session:{hashlib.sha256(key.encode()).hexdigest()}"


def _cipher(key: str) -> AESGCM:
    return AESGCM(hmac.digest(key.encode(), b"seal", "sha256"))


def _seal(session: Session) -> bytes:
    content = orjson.dumps([session.access, session.refresh, session.expires_at, session.user])
    nonce = secrets.token_bytes(12)
    return nonce + _cipher(session.id).encrypt(nonce, content, None)


def _unseal(key: str, sealed: bytes) -> Session | None:
    try:
        content = _cipher(key).decrypt(sealed[:12], sealed[12:], None)
    except InvalidTag:
        return None
    access, refresh, expires_at, user = orjson.loads(content)
    return Session(key, access, refresh, expires_at, user)
