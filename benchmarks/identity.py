"""What identity costs: checking tokens, signing in, and the way from signing up to the mail.

Starts a PostgreSQL, a Redis, identity's API and worker and a gateway as processes of their own.

* a token checked by the verifier that gateway and services use: known a moment ago, and new;
* what that check adds to a read of the running service, and through the running gateway;
* signing in, by as many at once as there are members, and meanwhile another route's answers,
  beside the same route's on the idle service: argon2 must not hold the event loop;
* from the call that signs up until the mail's file is there;
* asking for a password reset, for addresses that have an account and for those that have none.

    python benchmarks/identity.py [--logins 200] [--signups 50] [--clients 16]
"""

import argparse
import asyncio
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from email import message_from_bytes
from pathlib import Path

import aiohttp
from joserfc import jwt
from joserfc.jwk import ECKey
from rich.console import Console
from rich.table import Table
from uuid6 import uuid7

from marquee_shared import migrations
from marquee_shared.auth import JwksCache, Revocations, TokenVerifier
from marquee_shared.auth.tokens import ALGORITHM, TYPE
from marquee_shared.bootstrap import bootstrap_databases
from marquee_shared.embedded import start_postgres, start_redis

PASSWORD = "gannet-orbit-71-lanterns"  # noqa: S105 - of members made for this
MEMBERS = 8
TOKENS = 2_000
CHECKS = 300
WARM_UP = 100
PATIENCE = 90.0
READ = "/v1/users/member-0"


async def verification() -> list[tuple[str, float]]:
    """Return microseconds a check takes."""
    key = ECKey.generate_key("P-256", {"kid": "benchmark", "use": "sig", "alg": ALGORITHM})

    async def fetch() -> dict[str, object]:
        return {"keys": [key.as_dict(private=False)]}

    now = int(time.time())
    tokens = [
        jwt.encode(
            {"alg": ALGORITHM, "typ": TYPE, "kid": key.kid},
            {
                "sub": str(uuid7()), "username": f"m{n}", "roles": ["member"], "sid": str(uuid7()),
                "iss": "marquee", "aud": "marquee", "iat": now, "exp": now + 900,
            },
            key,
            algorithms=[ALGORITHM],
        )
        for n in range(TOKENS)
    ]  # fmt: skip
    verifier = TokenVerifier(
        issuer="marquee", audience="marquee", jwks=JwksCache(fetch), revocations=Revocations()
    )
    found = []
    for name in ("token not seen before", "token known a moment ago"):
        started = time.perf_counter()
        for token in tokens:
            await verifier.verify(token)
        found.append((name, (time.perf_counter() - started) / TOKENS * 1e6))
    return found


@asynccontextmanager
async def process(package: str, command: str, environment: Mapping[str, str]) -> AsyncIterator[str]:
    """Run a part of Marquee; give the address it serves."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", package, command,
        env={**os.environ, **environment, "PORT": str(port), "LOG_LEVEL": "WARNING"},
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        await running.wait()


async def until(check: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(PATIENCE):
        while not await check():
            await asyncio.sleep(0.05)


async def timed(call: Callable[[], Awaitable[None]]) -> float:
    """Return the milliseconds a call takes."""
    started = time.perf_counter()
    await call()
    return (time.perf_counter() - started) * 1000


def percentile(values: list[float], share: int) -> float:
    """Return the given percentile."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


class Identity:
    """Calls of the running service."""

    def __init__(self, http: aiohttp.ClientSession, health: str = "/health/ready") -> None:
        self._http = http
        self._health = health

    async def live(self) -> bool:
        """Whether it answers."""
        try:
            async with self._http.get(self._health) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def sign_up(self, name: str) -> None:
        """Make an account."""
        body = {"username": name, "email": f"{name}@mail.example", "password": PASSWORD}
        async with self._http.post("/v1/auth/signup", json=body) as answer:
            answer.raise_for_status()

    async def access_tokens(self, number: int) -> list[str]:
        """Return access tokens nobody has seen yet, of one session."""
        body = {"login": "member-0", "password": PASSWORD}
        async with self._http.post("/v1/auth/login", json=body) as answer:
            answer.raise_for_status()
            pair = await answer.json()
        tokens = []
        for _ in range(number):
            body = {"refresh_token": pair["refresh_token"]}
            async with self._http.post("/v1/auth/refresh", json=body) as answer:
                answer.raise_for_status()
                pair = await answer.json()
            tokens.append(pair["access_token"])
        return tokens

    async def ask_for_reset(self, name: str) -> None:
        """Ask for a code by which to reset a password."""
        body = {"email": f"{name}@mail.example"}
        async with self._http.post("/v1/auth/password-reset", json=body) as answer:
            answer.raise_for_status()

    async def log_in(self, number: int) -> None:
        """Sign one of the members in."""
        body = {"login": f"member-{number % MEMBERS}", "password": PASSWORD}
        async with self._http.post("/v1/auth/login", json=body) as answer:
            answer.raise_for_status()

    async def read(self, token: str | None = None) -> None:
        """Read a profile."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self._http.get(READ, headers=headers) as answer:
            answer.raise_for_status()


async def checks(http: aiohttp.ClientSession, tokens: list[str]) -> list[float]:
    """Return the milliseconds (medians) of a read without a token, with known and new ones."""
    at = Identity(http)
    for _ in range(WARM_UP):
        await at.read()
    taken: tuple[list[float], ...] = ([], [], [])
    for token in tokens:  # in turn, so that what else the machine does falls on all alike
        taken[0].append(await timed(at.read))
        taken[2].append(await timed(lambda token=token: at.read(token)))
        taken[1].append(await timed(lambda token=token: at.read(token)))
    return [statistics.median(each) for each in taken]


async def resets(identity: Identity, known: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of resets asked for in turn by members and by strangers."""
    members, strangers = [], []
    for number in range(known):
        members.append(await timed(lambda n=number: identity.ask_for_reset(f"newcomer-{n}")))
        strangers.append(await timed(lambda n=number: identity.ask_for_reset(f"stranger-{n}")))
    return members, strangers


async def storm(identity: Identity, logins: int, clients: int) -> tuple[float, list[float]]:
    """Return sign-ins a second, and how long reads took meanwhile."""
    numbers = iter(range(logins))
    reads: list[float] = []

    async def work() -> None:
        for number in numbers:
            await identity.log_in(number)

    async def reading() -> None:
        while True:
            reads.append(await timed(identity.read))
            await asyncio.sleep(0.005)

    beside = asyncio.create_task(reading())
    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(clients)))
    rate = logins / (time.perf_counter() - started)
    beside.cancel()
    await asyncio.gather(beside, return_exceptions=True)
    return rate, reads


def recipients(folder: Path, seen: set[Path]) -> set[str]:
    """Return who the mails not seen before are for."""
    new = set(folder.glob("*.eml")) - seen
    seen |= new
    return {message_from_bytes(path.read_bytes())["To"] for path in new}


async def to_mail(identity: Identity, folder: Path, signups: int) -> list[float]:
    """Return the milliseconds from each call to its mail, one after the other."""
    seen: set[Path] = set()
    taken = []
    for number in range(signups):
        name = f"newcomer-{number}"
        started = time.perf_counter()
        await identity.sign_up(name)
        async with asyncio.timeout(PATIENCE):
            while f"{name}@mail.example" not in recipients(folder, seen):
                await asyncio.sleep(0.002)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


async def run(logins: int, signups: int, clients: int) -> None:
    """Measure and print."""
    table = Table(title="Identity", title_justify="left")
    table.add_column("what")
    table.add_column("figure", justify="right")
    for name, microseconds in await verification():
        table.add_row(name, f"{microseconds:,.1f} µs")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            start_postgres(folder / "postgres") as postgres,
            start_redis(folder / "redis") as redis,
        ):
            urls = await bootstrap_databases(postgres.url, ["identity"], {"identity": "benchmark"})
            await asyncio.to_thread(migrations.upgrade, "marquee_identity", urls["identity"])
            environment = {
                "DATABASE_URL": urls["identity"],
                "REDIS_URL": redis.url,
                "DATA_DIR": str(folder / "data"),
                "RATE_LIMIT_FACTOR": "1000",
            }
            async with (
                process("marquee_identity", "api", environment) as url,
                process("marquee_identity", "worker", environment),
                process("marquee_gateway", "api", {**environment, "IDENTITY_URL": url}) as door,
                aiohttp.ClientSession(url) as http,
                aiohttp.ClientSession(door) as outside,
            ):
                identity = Identity(http)
                await until(identity.live)
                await until(Identity(outside, "/health/live").live)
                for number in range(MEMBERS):
                    await identity.sign_up(f"member-{number}")
                tokens = await identity.access_tokens(CHECKS)
                inside = await checks(http, tokens)
                tokens = await identity.access_tokens(CHECKS)
                through = await checks(outside, tokens)
                idle = [await timed(identity.read) for _ in range(300)]
                rate, busy = await storm(identity, logins, clients)
                mailed = await to_mail(identity, folder / "data" / "mail", signups)
                members, strangers = await resets(identity, signups)
    for where, (none, known, new) in (("service", inside), ("gateway and service", through)):
        table.add_row(f"a read, no token: {where}, p50", f"{none:,.2f} ms")
        table.add_row("  with a token known a moment ago", f"{known - none:+,.2f} ms")
        table.add_row("  with a token not seen before", f"{new - none:+,.2f} ms")
    table.add_row(f"sign-ins, {clients} at once", f"{rate:,.0f} a second")
    table.add_row("a read, idle: p99", f"{percentile(idle, 99):,.1f} ms")
    table.add_row("a read during the sign-ins: p99", f"{percentile(busy, 99):,.1f} ms")
    table.add_row("signing up until the mail is there: p50", f"{percentile(mailed, 50):,.0f} ms")
    table.add_row("signing up until the mail is there: p95", f"{percentile(mailed, 95):,.0f} ms")
    for share in (50, 95):
        one, other = percentile(members, share), percentile(strangers, share)
        ratio = f"{one:,.1f} / {other:,.1f} ms = {one / other:.2f}"
        table.add_row(f"asking for a reset, a member / a stranger: p{share}", ratio)
    Console().print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logins", type=int, default=200)
    parser.add_argument("--signups", type=int, default=50)
    parser.add_argument("--clients", type=int, default=16)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.logins, arguments.signups, arguments.clients))
