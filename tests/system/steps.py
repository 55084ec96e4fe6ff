"""What the system tests do over and over: start the house, sign up, wait for something."""

import asyncio
import email
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email import policy
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 180


@dataclass
class System:
    """A running system: where its door is and where it keeps its files."""

    url: str
    folder: Path

    @property
    def credentials(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "credentials.json").read_text())
        return found

    @property
    def run(self) -> dict[str, Any]:
        record: dict[str, Any] = json.loads((self.folder / "run.json").read_text())
        return record

    def mails_to(self, address: str) -> list[email.message.EmailMessage]:
        found = []
        for path in sorted((self.folder / "mail").glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            if address.lower() in str(message["to"]).lower():
                found.append(message)
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_system(folder: Path, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start `make up`'s supervisor on a folder; the caller waits and stops it."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "up"],
            cwd=ROOT,
            env={**os.environ, "DATA_DIR": str(folder), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def wait_until_up(process: subprocess.Popen[bytes], url: str, folder: Path, log: Path) -> None:
    """Return once the system is ready and has a model; fail with its log if it ends."""
    deadline = time.monotonic() + READY_SECONDS
    state = folder / "state.json"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the system ended:\n{log.read_text()[-4000:]}")
        trained = state.exists() and json.loads(state.read_text()).get("trained")
        if trained:
            try:
                if httpx.get(f"{url}/health/ready", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
        time.sleep(0.1)
    pytest.fail(f"the system was not ready in time:\n{log.read_text()[-4000:]}")


@dataclass
class Member:
    """A signed-up member and what they hold."""

    http: httpx.AsyncClient
    username: str
    email: str
    password: str
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("GET", path, **options)

    async def put(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("PUT", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("POST", path, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("DELETE", path, **options)

    async def rate(self, slug: str, value: float) -> httpx.Response:
        return await self.put(f"/v1/movies/{slug}/rating", json={"value": value})


async def eventually(
    condition: Callable[[], Awaitable[Any]], *, seconds: float = 20, what: str = "it"
) -> Any:
    """Return the condition's value once it is truthy."""
    try:
        async with asyncio.timeout(seconds):
            while not (value := await condition()):
                await asyncio.sleep(0.02)
            return value
    except TimeoutError:
        pytest.fail(f"{what} did not happen within {seconds} s")


async def code_from_mail(system: System, address: str) -> str:
    async def mailed() -> str | None:
        for message in reversed(system.mails_to(address)):
            body = message.get_body(("plain",))
            if body and (found := re.search(r"\b(\d{6})\b", body.get_content())):
                return found.group(1)
        return None

    code: str = await eventually(mailed, what="the verification mail")
    return code
