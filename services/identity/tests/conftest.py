import sys
from collections.abc import Awaitable, Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from marquee_identity.app import SERVICE
from marquee_shared.jobs import run_job, unfinished_jobs
from marquee_shared.service import Context, Service

sys.path.insert(0, str(Path(__file__).parent))

PASSWORD = "gannet-orbit-71-lanterns"


@pytest.fixture(scope="session")
def service() -> Service[Any]:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides() -> dict[str, Any]:
    return {"rate_limit_factor": 1.0}


@pytest_asyncio.fixture
async def app(app: Any, jwks: dict[str, Any]) -> Any:
    """The application, trusting identity's own keys as well as the test key."""
    cache = app.state.verifier._jwks

    async def fetch() -> dict[str, Any]:
        own = await app.state.context.state["identity"].keys.published()
        return {"keys": [*jwks["keys"], *own["keys"]]}

    cache._fetch = fetch
    return app


@pytest.fixture
def client_at(app: Any) -> Callable[[str], httpx.AsyncClient]:
    """Make a client that calls from another address."""

    def make(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(
            app=app, raise_app_exceptions=False, client=(address, 40_000)
        )
        return httpx.AsyncClient(transport=transport, base_url="http://test")

    return make


@pytest.fixture
def password() -> str:
    """The password of whoever signs up in a test."""
    return PASSWORD


SignUp = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def sign_up(client: httpx.AsyncClient) -> SignUp:
    """Sign someone up and return the answer, with `headers` to call as them."""

    async def make(username: str = "ada", **fields: Any) -> dict[str, Any]:
        body = {
            "username": username,
            "email": f"{username}@mail.example",
            "password": PASSWORD,
            **fields,
        }
        answer = await client.post("/v1/auth/signup", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        made["headers"] = {"Authorization": f"Bearer {made['access_token']}"}
        return made

    return make


@pytest.fixture
def run_jobs(context: Context[Any]) -> Callable[[], Awaitable[None]]:
    """Run what a worker would run now."""

    async def run() -> None:
        for job_id in await unfinished_jobs(context):
            await run_job(context, SERVICE.jobs, job_id)

    return run


@pytest.fixture
def mails(settings: Any) -> Callable[[], list[EmailMessage]]:
    """Return the mails that were sent, oldest first."""

    def read() -> list[EmailMessage]:
        files = sorted(settings.mail_folder.glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=default) for file in files]

    return read


@pytest.fixture
def mailed_code(
    run_jobs: Callable[[], Awaitable[None]], mails: Callable[[], list[EmailMessage]]
) -> Callable[[], Awaitable[str]]:
    """Send what waits and return the code in the last mail."""

    async def read() -> str:
        await run_jobs()
        body = mails()[-1].get_body(("plain",))
        assert body is not None
        return next(
            word for word in body.get_content().split() if word.isdigit() and len(word) == 6
        )

    return read


@pytest.fixture
def verify(
    client: httpx.AsyncClient, mailed_code: Callable[[], Awaitable[str]]
) -> Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]:
    """Confirm the address of who has just signed up; return them with `headers` that say so."""

    async def confirm(made: dict[str, Any]) -> dict[str, Any]:
        code = {"code": await mailed_code()}
        await client.post("/v1/auth/verify-email", json=code, headers=made["headers"])
        spent = {"refresh_token": made["refresh_token"]}
        renewed = (await client.post("/v1/auth/refresh", json=spent)).json()
        return {
            **made,
            **renewed,
            "headers": {"Authorization": f"Bearer {renewed['access_token']}"},
        }

    return confirm


@pytest_asyncio.fixture
async def verified(sign_up: SignUp, verify: Any) -> dict[str, Any]:
    """Ada, whose address is confirmed, with `headers` to call as her."""
    return dict(await verify(await sign_up("ada")))
