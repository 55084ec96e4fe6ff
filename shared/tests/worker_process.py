"""Starting the example service's worker as a real process, and awaiting what it does."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@asynccontextmanager
async def worker(settings: Any, *, crash: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m example worker`, dying where `crash` says; killed at the end."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "CRASH": crash,
        "CONSUMER_CLAIM_IDLE": "0.2",
        "LOG_LEVEL": "WARNING",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "example", "worker", env=environment, cwd=HERE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until(condition: Any, *, seconds: float = 30) -> None:
    """Poll an awaitable condition; the databases under test offer nothing to wait on."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.01)
