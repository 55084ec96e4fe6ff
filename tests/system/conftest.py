"""The whole of Marquee as `make up` runs it, once for all tests of this folder.

Everything goes through the gateway, as a client would. The folder's tests share one system and
so run in one process (see the root's `conftest.py`); each makes members of its own.
"""

import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))

from steps import Member, System, code_from_mail, free_port, start_system, wait_until_up

from marquee_shared.testing.browser import chromium

__all__ = ["chromium"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", action="store_true", help="Several rounds of every fault.")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("system")
    log = folder.parent / "system.log"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = start_system(folder, log, PORT=str(port), RATE_LIMIT_FACTOR="1000")
    try:
        wait_until_up(process, url, folder, log)
        yield System(url, folder)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest_asyncio.fixture
async def http(system: System) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=system.url, timeout=30) as client:
        yield client


SignUp = Callable[..., Awaitable[Member]]


@pytest.fixture
def sign_up(system: System, http: httpx.AsyncClient) -> SignUp:
    """Sign a new member up; verified by the mailed code unless `verified=False`."""

    async def make(*, verified: bool = True, **fields: Any) -> Member:
        name = f"m{uuid.uuid4().hex[:12]}"
        member = Member(http, name, f"{name}@example.org", "correct horse battery staple")
        body = {"username": name, "email": member.email, "password": member.password, **fields}
        answer = await http.post("/v1/auth/signup", json=body)
        assert answer.status_code == 201, answer.text
        member.tokens = answer.json()
        if verified:
            code = await code_from_mail(system, member.email)
            confirmed = await member.post("/v1/auth/verify-email", json={"code": code})
            assert confirmed.status_code == 200, confirmed.text
            refreshed = await http.post(
                "/v1/auth/refresh", json={"refresh_token": member.tokens["refresh_token"]}
            )
            assert refreshed.status_code == 200, refreshed.text
            member.tokens = refreshed.json()
        return member

    return make


@pytest.fixture
def data_team(system: System) -> dict[str, str]:
    return {"Authorization": f"Bearer {system.credentials['service_token']}"}
