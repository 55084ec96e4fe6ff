"""`Idempotency-Key` on POST: the same key and body replay the first answer for 24 hours.

The answer is stored in the same transaction as what it reports, so after a crash either both
are there or neither is. While the first is still running its advisory lock makes a repeat 409.
Answers may hold tokens: they are encrypted with a key made from the client's own
`Idempotency-Key`, which is stored only as a hash.
"""

import hashlib
import os
from dataclasses import dataclass
from typing import ClassVar

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Request, Response
from sqlalchemy import text

from marquee_shared.auth.principals import Principal
from marquee_shared.database import WriteSession
from marquee_shared.problems import Conflict, Invalid

MAX_KEY_LENGTH = 255
KEPT_HEADERS = ("content-type", "location", "content-language", "cache-purge", "marquee-events")


class IdempotencyKeyReused(Invalid):
    """422: the key was used with another request."""

    code = "idempotency_key_reused"
    words: ClassVar = {
        "en": "This Idempotency-Key was used with another request.",
        "es": "Esta Idempotency-Key ya se usó con otra solicitud.",
        "fr": "Cette Idempotency-Key a servi pour une autre requête.",
        "de": "Dieser Idempotency-Key gehört zu einer anderen Anfrage.",
    }


class IdempotencyInProgress(Conflict):
    """409: the first request with this key is still running."""

    code = "idempotency_in_progress"
    words: ClassVar = {
        "en": "The first request with this Idempotency-Key is still running.",
        "es": "La primera solicitud con esta Idempotency-Key sigue en curso.",
        "fr": "La première requête avec cette Idempotency-Key est encore en cours.",
        "de": "Die erste Anfrage mit diesem Idempotency-Key läuft noch.",
    }


class Replay(Exception):  # noqa: N818 - control flow, not an error
    """The first answer, to be sent again."""

    def __init__(self, response: Response) -> None:
        self.response = response


@dataclass(frozen=True, slots=True)
class Claim:
    """A key claimed by the running request."""

    key_hash: bytes
    request_hash: bytes
    secret: bytes

    async def store(self, session: WriteSession, response: Response) -> None:
        """Keep the answer, in the transaction whose effects it reports."""
        headers = {
            name: value
            for name in KEPT_HEADERS
            if (value := response.headers.get(name)) is not None
        }
        nonce = os.urandom(12)
        plain = orjson.dumps([headers, bytes(response.body).decode()])
        await session.execute(
            text(
                "INSERT INTO idempotency_keys (key_hash, request_hash, status, answer) "
                "VALUES (:key_hash, :request_hash, :status, :answer) "
                "ON CONFLICT (key_hash) DO UPDATE SET request_hash = excluded.request_hash, "
                "status = excluded.status, answer = excluded.answer, created_at = now()"
            ),
            {
                "key_hash": self.key_hash,
                "request_hash": self.request_hash,
                "status": response.status_code,
                "answer": nonce + AESGCM(self.secret).encrypt(nonce, plain, self.key_hash),
            },
        )


async def claim(request: Request, session: WriteSession) -> Claim | None:
    """Claim the request's key, if it has one.

    Raises:
        Replay: the key and body were answered before.
        IdempotencyKeyReused: the key was used with another request.
        IdempotencyInProgress: the first is still running.
    """
    key = request.headers.get("idempotency-key")
    if request.method != "POST" or key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise Invalid.at("/header/Idempotency-Key", "length", "1 to 255 characters.")
    principal: Principal | None = request.scope.get("principal")
    owner = str(principal.id) if principal else "anonymous"
    key_hash = hashlib.sha256(f"{owner}\x00{key}".encode()).digest()
    body = await request.body()
    target = f"{request.url.path}?{request.url.query}\x00".encode()
    request_hash = hashlib.sha256(target + body).digest()
    secret = hashlib.sha256(b"idempotency-answer\x00" + key.encode() + request_hash).digest()
    lock = int.from_bytes(key_hash[:8], "big", signed=True)
    if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": lock}):
        raise IdempotencyInProgress
    result = await session.execute(
        text(
            "SELECT request_hash, status, answer FROM idempotency_keys WHERE key_hash = :key_hash"
            " AND created_at > now() - interval '24 hours'"
        ),
        {"key_hash": key_hash},
    )
    row = result.one_or_none()
    if row is None:
        return Claim(key_hash, request_hash, secret)
    if bytes(row.request_hash) != request_hash:
        raise IdempotencyKeyReused
    answer = bytes(row.answer)
    headers, content = orjson.loads(AESGCM(secret).decrypt(answer[:12], answer[12:], key_hash))
    response = Response(content, status_code=row.status, headers=headers)
    response.headers["Idempotency-Replayed"] = "true"
    raise Replay(response)
