"""What benchmarks of the social service stand on: members' tokens, identity's keys, processes."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey
from uuid6 import uuid7

from marquee_shared.auth.tokens import ALGORITHM, TYPE

KEY = ECKey.generate_key("P-256", {"kid": "benchmark", "use": "sig", "alg": ALGORITHM})


def new_member() -> UUID:
    """Return a member's id."""
    return UUID(int=uuid7().int)


def authorization(who: UUID | None = None, *roles: str) -> dict[str, str]:
    """Return the header of a member, a new one when none is given; `roles` beside `member`."""
    now = int(time.time())
    member = str(who or new_member())
    claims = {
        "sub": member, "username": f"m{member[-8:]}", "boarded": True, "verified": True,
        "language": "en", "roles": ["member", *roles], "scope": "", "sid": str(new_member()),
        "iss": "marquee", "aud": "marquee", "iat": now, "exp": now + 3600, "jti": member,
    }  # fmt: skip
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": "benchmark"}
    token = jwt.encode(header, claims, KEY, algorithms=[ALGORITHM])
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def key_server() -> AsyncIterator[str]:
    """Stand in identity's place for the one thing the service asks it: its keys."""

    async def keys(_request: web.Request) -> web.Response:
        return web.json_response({"keys": [KEY.as_dict(private=False)]})

    app = web.Application()
    app.router.add_get("/v1/.well-known/jwks.json", keys)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address: Any = runner.addresses[0]
    try:
        yield f"http://127.0.0.1:{address[1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def process(kind: str, environment: dict[str, str]) -> AsyncIterator[str]:
    """Run the service's `api` or `worker` as a process of its own; yield the API's address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        place = ("--fd", str(listener.fileno())) if kind == "api" else ()
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "marquee_social", kind, *place),
            pass_fds=[listener.fileno()],
            env={**os.environ, **environment, "LOG_LEVEL": "ERROR"},
        )
        try:
            yield url
        finally:
            running.terminate()
            await running.wait()
